"""What our own solutions and drivers call things: arguments, results, signatures. Never read from a learner's code."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from autograder.judge.subject import Link
from autograder.worker import calls

RESULTS = re.compile(r"\s*(\w+)(?:\s*\([^()]*\))?\s*(,(?:\s*and\b)?|\band\b|$|[.;:])")  # `dx (B, D), dWx, db`


def arguments(link: Link, name: str, count: int) -> list[str]:
    """The names of the first ``count`` arguments of what ``link`` calls ``name``."""
    try:
        known = list(inspect.signature(_function(link, name)).parameters)
    except (AttributeError, LookupError, TypeError, ValueError):
        known = []
    return (known + [f"argument {n + 1}" for n in range(len(known), count)])[:count]


def results(link: Link, name: str) -> list[str]:
    """The names of several results: behind the arrow of the docstring, or as the function returns them; [] if none."""
    if recorded := _recorded(link).get(name):
        return recorded
    try:
        function = _function(link, name)
        documented = _after_arrow(inspect.getdoc(function) or "")
        return documented if len(documented) > 1 else _returned(inspect.getsource(function))
    except (AttributeError, LookupError, TypeError, ValueError, OSError, SyntaxError):
        return []


def signature(link: Link, name: str) -> str:
    """How a definition of ``name`` is to begin: of a function its first line, of a class its constructor's and more."""
    subject = name.partition(".")[0]
    try:
        answer = _bottom(link).namespace[subject]
        if not isinstance(answer, type):
            return f"`def {subject}({_parameters(answer)})`"
        methods = [method for method in ("__init__", "forward") if method in vars(answer)]
        lines = [f"`def {method}({_parameters(getattr(answer, method))})`" for method in methods]
        return f"`class {subject}` with " + " and ".join(lines)
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""


def driven(link: Link, name: str) -> str:
    """What a driver's method does, in a line: its docstring's first; "" for a function that is called by itself."""
    subject, _, method = name.partition(".")
    try:
        driver = _bottom(link).drivers[subject] if method else None
        lines = (inspect.getdoc(getattr(driver, method)) or "").splitlines() if driver else []
    except (AttributeError, LookupError):
        lines = []
    return lines[0].rstrip(".") if lines else ""


def _bottom(link: Any) -> Any:
    """What remembers or watches stands in front of what calls."""
    while hasattr(link, "link"):
        link = link.link
    return link


def _recorded(link: Any) -> Mapping[str, list[str]]:
    """The names of results that a link knows by itself, because what it stands for is not here."""
    while not hasattr(link, "results") and hasattr(link, "link"):
        link = link.link
    return getattr(link, "results", {})


def _function(link: Link, name: str) -> Callable[..., Any]:
    bottom = _bottom(link)
    drivers: Mapping[str, Any] = bottom.drivers
    return calls.find(bottom.namespace, drivers, name)


def _parameters(function: Callable[..., Any]) -> str:
    """The parameters without their types, defaults as they are."""
    parameters = inspect.signature(function).parameters.values()
    return ", ".join(str(parameter.replace(annotation=parameter.empty)) for parameter in parameters)


def _after_arrow(text: str) -> list[str]:
    names, rest = [], " ".join(text.rpartition("->")[2].split()) if "->" in text else ""
    while found := RESULTS.match(rest):
        names.append(found[1])
        if not found[2].startswith((",", "and")):
            return names
        rest = rest[found.end() :]
    return []


def _returned(source: str) -> list[str]:
    """The names in the last ``return`` of a function, where it returns a tuple of names."""
    tree = ast.parse(textwrap.dedent(source))
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    last = values[-1] if values else None
    entries = last.elts if isinstance(last, ast.Tuple) else []
    return [entry.id for entry in entries if isinstance(entry, ast.Name)] if _all_names(entries) else []


def _all_names(entries: list[ast.expr]) -> bool:
    return all(isinstance(entry, ast.Name) for entry in entries)
