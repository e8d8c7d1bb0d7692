"""What a check is, and how it says that an answer is wrong.

A check is a pytest function in ``test_<chapter>.py``.
Its argument names are the functions that it judges, besides ``rng`` (a fresh generator), ``device`` and ``reference``;
its docstring is the sentence that the learner reads; ``@weight(2)`` makes it count double.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

HELPERS = {"rng", "device", "reference"}
LAST = {"is_correct_backward"}  # is handed right functions, which would answer other exercises: judged after these
WIDTH = 80  # of a line in nbgrader's Validate
Function = TypeVar("Function", bound=Callable[..., None])


class CheckFailed(Exception):
    """A check does not hold; ``expected`` and ``returned`` are the values that differ, where there are such.

    ``what`` names them, and ``axes`` what their axes count.
    """

    def __init__(
        self, message: str, expected: Any = None, returned: Any = None, what: str = "", axes: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.returned = returned
        self.what = what
        self.axes = tuple(axes)

    def _render_traceback_(self) -> list[str]:
        """IPython shows one line in place of a traceback through the grader; nbgrader's Validate cuts long lines."""
        line = f"CheckFailed: {self.message}"
        return textwrap.wrap(line, WIDTH) if os.environ.get("NBGRADER_EXECUTION") == "validate" else [line]


@dataclass(frozen=True)
class Check:
    """One check: the exercise that it judges, the sentence that the learner reads, its weight, and the function."""

    name: str
    exercise: str
    sentence: str
    weight: float
    function: Callable[..., None]

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names of what the check is called with."""
        return tuple(inspect.signature(self.function).parameters)

    def run(self, **fixtures: Any) -> None:
        """Call the check with what its arguments name; raises CheckFailed."""
        self.function(**{name: fixtures[name] for name in self.arguments})


def weight(value: float) -> Callable[[Function], Function]:
    """Let a check count ``value`` times as much as one without this mark."""

    def mark(function: Function) -> Function:
        function.weight = value  # type: ignore[attr-defined]
        return function

    return mark


@cache
def load(chapter: str) -> tuple[Check, ...]:
    """The checks of a chapter, in the order of the file."""
    path = Path(__file__).with_name(f"test_{chapter}.py")
    spec = importlib.util.spec_from_file_location(f"autograder.checks.{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(_check(f) for name, f in vars(module).items() if name.startswith("test_") and callable(f))


def _check(function: Callable[..., None]) -> Check:
    subjects = [name for name in inspect.signature(function).parameters if name not in HELPERS]
    sentence = " ".join((inspect.getdoc(function) or "").split())
    return Check(function.__name__, subjects[0], sentence, getattr(function, "weight", 1.0), function)
