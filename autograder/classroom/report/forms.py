"""Code with names and layout removed: what is left are its forms, short runs of its syntax tree.

The tree is written as a row of tokens in the order of the text: kinds of nodes, operators, constants, and names that
come from outside. Every name that the code itself binds becomes the same sign; comments, docstrings, annotations and
the texts of errors are gone. A form is a run of `RUN` tokens, so that what was moved or put in between changes few of
them (shingles: Schleimer, Wilkerson & Aiken 2003, "Winnowing", without the sampling, which so little code can spare).
"""

from __future__ import annotations

import ast
import warnings
from functools import cache, lru_cache
from typing import Any

RUN = 8  # tokens of a form: about a call with two arguments
LIMIT = 20_000  # characters of an answer; more is no answer to an exercise
NAME = "name"  # any name that is bound in the code itself
IGNORED = ("annotation", "returns", "type_comment", "ctx", "kind", "type_params", "simple", "conversion")
BINDS: dict[type[ast.AST], str] = {  # where a node that binds a name has it; the first two, unless they only read it
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
}


@lru_cache(maxsize=20_000)  # many hand in the same text
def forms(source: str, limit: int = LIMIT) -> frozenset[int] | None:
    """The forms of a piece of code, hashed; None where it is no Python, or longer than ``limit``. It is not run."""
    tokens = tokens_of(source, limit)
    if tokens is None:
        return None
    return frozenset(hash(tokens[start : start + RUN]) for start in range(max(1, len(tokens) - RUN + 1)))


def tokens_of(source: str, limit: int = LIMIT) -> tuple[str, ...] | None:
    """The tree of ``source`` as a row of tokens; None where there is none."""
    if len(source) > limit:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a learner's odd string
            return tuple(_tokens(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # ValueError: a number too large to be printed
        return None


def _tokens(tree: ast.AST) -> list[str]:
    """Without recursion: a learner's code may be nested as deeply as the parser takes it."""
    tokens: list[str] = []
    names: list[int] = []  # the places in `tokens` that hold a name
    bound, imported = set[str](), set[str]()
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is str:  # a name in a field of its parent
            names.append(len(tokens))
            tokens.append(node)
        elif kind is ast.Import or kind is ast.ImportFrom:
            imported.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif kind is ast.Constant:
            tokens.append(repr(node.value)[:80])
        elif kind is ast.JoinedStr:
            tokens.append("text")
        elif not _says_nothing(node, kind):
            if kind in BINDS and type(getattr(node, "ctx", None)) is not ast.Load:
                bound.add(getattr(node, BINDS[kind]))
            if kind not in (ast.Name, ast.arg):
                tokens.append("Assign" if kind is ast.AnnAssign else kind.__name__)
            stack += _parts(node, _fields(kind.__name__))
    own = bound - imported
    for place in names:
        if tokens[place] in own:
            tokens[place] = NAME
    return tokens


def _says_nothing(node: Any, kind: type[ast.AST]) -> bool:
    """Docstrings, types of variables, and what only fills a line."""
    if kind is ast.Expr:
        return type(node.value) is ast.Constant
    return kind is ast.Pass or (kind is ast.AnnAssign and node.value is None)


def _parts(node: Any, fields: tuple[str, ...]) -> list[Any]:
    """The fields of a node that say something, the last one first, as a stack wants them."""
    if type(node) is ast.Raise and type(node.exc) is ast.Call:
        return [node.exc.func]  # and not its text
    parts: list[Any] = []
    for name in fields:
        value = getattr(node, name)
        if type(value) is list:
            parts += [part for part in value if part is not None]
        elif isinstance(value, ast.AST | str):
            parts.append(value)
    return parts[::-1]


@cache
def _fields(kind: str) -> tuple[str, ...]:
    return tuple(name for name in getattr(ast, kind)._fields if name not in IGNORED)
