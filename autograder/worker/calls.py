"""One call of a learner's function, with everything that it can do wrong turned into a Reply.

The same code runs in the box, in a notebook and under pytest, so that all of them see the same answers.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from autograder.worker import codec, watch

CELL = "<cell"  # the file name of every learner's cell starts so: "<cell 3>"


class Refused(TypeError):
    """A function or class, or a result of its, that cannot be judged; the text is all that the learner reads of it."""


@dataclass
class Failure:
    """An exception in a learner's code: its type, its text, and the learner's own line."""

    type: str
    message: str
    line: int = 0  # 0: no line of the learner's
    source: str = ""


@dataclass
class Reply:
    """What came of a call: the value, or a failure; the arguments that changed; the names of `watch` that ran."""

    value: Any = None
    changed: tuple[str, ...] = ()
    failure: Failure | None = None
    operators: tuple[str, ...] = ()


def answer(reply: Reply) -> dict[str, Any]:
    """A reply as it is sent."""
    return {**vars(reply), "failure": reply.failure and vars(reply.failure)}


def find(namespace: Mapping[str, Any], drivers: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """The function called ``name``; of ``"RNNCell.forward"``, the driver's ``forward`` bound to the learner's class.

    Raises LookupError when the learner's namespace has no such function.
    """
    subject, _, method = name.partition(".")
    if not callable(namespace.get(subject)):
        raise LookupError(subject)
    if not method:
        return namespace[subject]  # type: ignore[no-any-return]
    drive = getattr(drivers[subject], method)

    def driven(*args: Any, **kwargs: Any) -> Any:
        return drive(namespace[subject], *args, **kwargs)

    driven.__signature__ = _signature(drive)  # type: ignore[attr-defined]
    return driven


@cache
def _signature(drive: Callable[..., Any]) -> inspect.Signature:
    """What is left of a driver's parameters when it has its class."""
    return inspect.Signature(list(inspect.signature(drive).parameters.values())[1:])


def call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False,
    form: Callable[[Any], Any] = codec.plain,
) -> Reply:  # fmt: skip
    """Call ``function`` on arguments that are its own to spoil; the value comes back as plain arrays and built-ins.

    ``form`` makes them of what the function returns, and raises CodecError where that cannot be.
    """
    given = [*args, *kwargs.values()]
    before = [_print(value) for value in given]
    used: set[str] = set()
    formed, failure = None, None
    try:
        with watch.watched() if trace else contextlib.nullcontext(used) as used:
            value = function(*args, **kwargs)
        formed = form(value)
    except codec.CodecError as error:
        failure = Failure("NotPlain", str(error))
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: a learner's exit is the learner's
        failure = describe(error)
    changed = [number for number, value in enumerate(given) if not _is(value, before[number])]
    names = [*_names(function, len(args)), *kwargs] if changed else []
    return Reply(formed, tuple(names[number] for number in changed), failure, watch.names(used))


def describe(error: BaseException) -> Failure:
    """Type, text and the innermost line of the learner's own code."""
    line, source = 0, ""
    try:
        for frame in traceback.extract_tb(error.__traceback__, limit=200):
            if is_learners(frame.filename):
                line = frame.lineno or 0
                source = linecache.getline(frame.filename, line).strip()
        message = _text(error)[:500]
    except BaseException:
        message = "(its text cannot be shown)"
    return Failure(type(error).__name__[:80], message, line, source[:200])


def is_learners(file: str) -> bool:
    """Is this the file name of a learner's cell, here or in a notebook?"""
    return file.startswith(CELL) or "ipykernel" in file


def _text(error: BaseException) -> str:
    """The exception's text; of a name that is not known, with the one that Python (3.12 on) thinks was meant."""
    if not isinstance(error, (NameError, AttributeError)):
        return str(error)
    shown = "".join(traceback.TracebackException.from_exception(error).format_exception_only()).strip()
    return shown.partition(": ")[2] or str(error)


def _names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
        known = [p.name[: watch.LENGTH] for p in parameters if p.kind < p.VAR_POSITIONAL]
    except BaseException:  # a learner's object may do anything when it is asked for its signature
        known = []
    return (known + [f"argument {n + 1}" for n in range(len(known), count)])[:count]


def _print(value: Any) -> tuple[Any, bytes]:
    """A fingerprint that any change of a value or an entry alters."""
    return (value.shape, value.tobytes()) if type(value) is np.ndarray else (None, codec.encode(value))


def _is(value: Any, before: tuple[Any, bytes]) -> bool:
    """Has a value the fingerprint that it had before?"""
    try:
        return _print(value) == before
    except codec.CodecError:
        return False
