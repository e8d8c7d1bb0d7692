"""A reader's code as a guest in the page's Python: what it prints is kept, and what it changes ends with its press."""

from __future__ import annotations

import builtins
import contextlib
import linecache
import math
import sys
import traceback
import warnings
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from autograder.timed import Printed, nobody_answers
from autograder.worker import calls

LIBRARIES = ("torch", "scipy", "matplotlib")  # that the course has elsewhere
ABSENT = "{0} is not part of Python in this page, which has NumPy; the chapter's notebook has {0}"
TRIED = "<cell tried>"
SHARED = (builtins, math, np, np.linalg, np.random, sys)  # modules that a press finds as they were
RECURSION = sys.getrecursionlimit()


def namespace() -> dict[str, Any]:
    """A fresh ``__main__``: dataclasses and others look their module up there. It has what a notebook's cells call."""
    module = sys.modules["__main__"] = ModuleType("__main__")
    vars(module).update(check=_check, display=print)
    return vars(module)


def _check(*_: object) -> None:
    """In place of a notebook's ``check``."""
    print("In this page the button Check does what check(...) does in a notebook.")


def compiled(text: str, name: str) -> CodeType:
    """Code whose lines a traceback can show."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")


@contextlib.contextmanager
def printing_to(printed: Printed) -> Iterator[None]:
    """For code of a learner's: prints are kept, nobody answers input(), and what it sets for warnings ends with it."""
    with contextlib.ExitStack() as stack:
        for each in (contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), nobody_answers()):
            stack.enter_context(each)
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(np.errstate())
        yield


@contextlib.contextmanager
def lent() -> Iterator[None]:
    """What a learner's code puts into the modules that all share, such as another ``np.tanh``, ends with its press."""
    before = [(namespace, dict(namespace)) for namespace in map(vars, SHARED)]
    try:
        yield
    finally:
        for namespace, was in before:
            namespace.update(was)
        sys.setrecursionlimit(RECURSION)


def absent(error: BaseException) -> str:
    """What is said of a library that a page does not have; "" where none was asked for."""
    library = ((isinstance(error, ModuleNotFoundError) and error.name) or "").partition(".")[0]
    return ABSENT.format(library) if library in LIBRARIES else ""


def told(error: BaseException) -> str:
    """An exception as a learner needs it: their own lines, and what it says."""
    if reason := absent(error):
        return reason
    told = traceback.TracebackException.from_exception(error, compact=True)
    lines = []
    for frame in (frame for frame in told.stack if frame.filename.startswith(calls.CELL)):
        inside = "" if frame.name == "<module>" else f", in {frame.name}"
        lines += [f"line {frame.lineno}{inside}", f"    {frame.line}"]
    lines = [*lines[:10], "...", *lines[-10:]] if len(lines) > 20 else lines  # a function that calls itself for ever
    says = "".join(told.format_exception_only()).rstrip().replace(f'File "{TRIED}", ', "")
    return "\n".join([*lines, says])


def _limited(limit: int) -> None:
    """In place of ``sys.setrecursionlimit``: a browser's stack ends early, and Python with it."""
    _set_limit(min(limit, RECURSION))


_set_limit = sys.setrecursionlimit
if sys.platform == "emscripten":
    sys.setrecursionlimit = _limited
