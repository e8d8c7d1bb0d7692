"""What a check calls: a name of some implementation, wherever that implementation runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograder.checks import CheckFailed
from autograder.errors import UserError
from autograder.judge import mishaps
from autograder.worker import calls, codec
from autograder.worker.calls import Failure, Reply

UNKNOWN = "Unknown"  # the type of a failure that is none: to this call no right answer is known here


class Link(Protocol):
    """Where calls go: this process, or a worker in its box."""

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call ``name`` on copies of the arguments."""


class LocalLink:
    """An implementation in this process: our own solutions and mutants, or a learner's function in a notebook."""

    def __init__(self, namespace: Mapping[str, Any], drivers: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.drivers = drivers

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call ``name`` on copies of the arguments."""
        try:
            function = calls.find(self.namespace, self.drivers, name)
        except LookupError as error:
            return Reply(failure=Failure("Missing", str(error.args[0])))
        args, kwargs = codec.copy((args, kwargs))
        return calls.call(function, args, kwargs, trace)


class Memo:
    """A link that remembers: expected answers are computed once per run, not once per submission."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.known: dict[bytes, Reply] = {}

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """The reply to ``name`` on these arguments, computed at most once; callers must not write into it."""
        key = fingerprint([name, args, kwargs])
        if key not in self.known:
            self.known[key] = self.link.call(name, args, kwargs, trace)
        return self.known[key]


def fingerprint(value: Any) -> bytes:
    """16 bytes that tell arguments apart: by type, shape and every entry; memory layouts are all the same."""
    parts: list[bytes] = []
    _take_apart(value, parts)
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def _take_apart(value: Any, parts: list[bytes]) -> None:
    kind = type(value)
    if kind is np.ndarray and value.dtype.kind in "biuf":
        parts += (f"{value.dtype.str}{value.shape}".encode(), value.tobytes())
    elif kind in (list, tuple):
        parts.append(f"{kind.__name__}{len(value)}".encode())
        for entry in value:
            _take_apart(entry, parts)
    elif kind is dict:
        parts.append(f"dict{[*value]}".encode())
        for entry in value.values():
            _take_apart(entry, parts)
    elif value is None or kind in (bool, int, float, str):
        parts.append(f"{kind.__name__} {value!r}".encode())
    else:
        parts.append(codec.encode(value))


class OnCpu:
    """A link that is asked on the CPU, whatever device a check names: for what is right, and for known mistakes.

    So answers on a GPU are compared with another implementation, and the judge itself never starts CUDA.
    """

    def __init__(self, link: Link) -> None:
        self.link = link

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through, with "cpu" for "cuda"."""
        args = tuple("cpu" if isinstance(value, str) and value == "cuda" else value for value in args)
        kwargs = {**kwargs, "device": "cpu"} if "device" in kwargs else kwargs
        return self.link.call(name, args, kwargs, trace)


@dataclass
class Call:
    """A call that a check made, and what came back."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    reply: Reply


class LearnerError(CheckFailed):
    """The learner's function raised, or returned something that is no array, number or tuple of them."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(mishaps.sentence(failure))
        self.failure = failure


class CallTimeout(CheckFailed):
    """A call took too long; what made the call has given up on it."""

    def __init__(self, seconds: float, at: Failure | None = None) -> None:
        where = f', and was in your line {at.line}: "{at.source}"' if at and at.source else ""
        super().__init__(f"took longer than {seconds:g} s{where}; does a loop never end?")
        self.seconds = seconds


class WorkerDied(CheckFailed):
    """The process that ran the learner's code is gone."""

    def __init__(self, reason: str = "os._exit or a crash") -> None:
        super().__init__(f"your code ended the process ({reason})")
        self.reason = reason


@dataclass
class Subject:
    """A function under judgement: call it like the function; of a class, call its driver's methods.

    ``changed`` names the arguments that the last call modified.
    """

    name: str
    link: Link
    trace: bool = False  # record the torch functions of each call
    calls: list[Call] = field(default_factory=list)

    @property
    def changed(self) -> tuple[str, ...]:
        return self.calls[-1].reply.changed

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self.name, args, kwargs)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *args, **kwargs: self._call(f"{self.name}.{method}", args, kwargs)

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        reply = self.link.call(name, args, kwargs, self.trace)
        self.calls.append(Call(name, args, kwargs, reply))
        if reply.failure:
            raise LearnerError(reply.failure)
        return reply.value


class Seen(Reply):
    """A reply of a design's as far as it counts: its value says what the design does, not what it is."""


class Unknown(UserError):
    """A check needs a right answer that is not known here: never a learner's fault, and no verdict follows from it."""

    status = 3


class Reference:
    """The reference solutions: ``reference.rnn_step(...)``, ``reference.RNNCell.forward(...)``.

    Raises Unknown where what stands in for them does not know the answer.
    """

    def __init__(self, link: Link) -> None:
        self._link = OnCpu(link)

    def __getattr__(self, name: str) -> Subject:
        if name.startswith("_"):
            raise AttributeError(name)
        return Subject(name, _Sure(self._link))


class _Sure:
    """A link that answers or raises Unknown."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        reply = self.link.call(name, args, kwargs, trace)
        if is_unknown(reply):
            raise Unknown(f"{name}: no right answer to a call of its check is recorded; get the course again")
        return reply


def is_unknown(reply: Reply) -> bool:
    """Is it no reply at all, but word that none is known?"""
    return bool(reply.failure and reply.failure.type == UNKNOWN)


def as_plain(value: Any) -> Any:
    """A 0-d array as a number: checks need not tell the two apart."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
