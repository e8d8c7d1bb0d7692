"""Record an exercise: what its checks draw from one seed, the right replies, and those of the known mistakes.

The checks are gone through with the solution, as the judge does, and with every call that they make the mutants are
asked the same. Drawn numbers are rounded to float32, which takes half the room: so whether an answer rounds its inputs
cannot be seen on these.
"""

from __future__ import annotations

import contextlib
import io
import math
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import checks
from autograder.checks import CheckFailed
from autograder.course import CourseError, Exercise
from autograder.judge import draws, implementations, pack
from autograder.judge.bank import Calls
from autograder.judge.diagnosis import EVIDENCE
from autograder.judge.related import seen
from autograder.judge.sketch import Digest, distance, places
from autograder.judge.subject import Link, Reference, Subject, fingerprint
from autograder.judge.trial import alike, close, leaves
from autograder.worker import codec
from autograder.worker.calls import Reply

SAME = 1e-12  # what a mistake replies like the solution, but for rounding
TELLING = 2  # wrong results of the same shapes that are kept of each mutant
SINGLE = 1e-7  # what float32 loses of a number near 1
WHOLE = 16  # entries of an array that is kept whole


def record(exercise: Exercise, seed: int) -> bytes:
    """The recording, as a file; CourseError where the solution does not pass its checks."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):  # some mutants do
        return _recorded(exercise, seed)


def _recorded(exercise: Exercise, seed: int) -> bytes:
    taken = _Taken(implementations.solution(exercise.chapter))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)  # several make these small cases slower, and sums end in other bits
    drawn: dict[str, list[tuple[str, Any]]] = {}
    way: dict[str, list[int]] = {}
    for check in checks.load(exercise.chapter):
        if check.exercise == exercise.name:
            rng, taken.way = Rounded(seed, check.name), []
            subjects = {name: Subject(name, taken) for name in check.arguments if name not in checks.HELPERS}
            try:
                check.run(rng=rng, device="cpu", reference=Reference(taken), **subjects)
            except CheckFailed as failure:
                raise CourseError(f"{exercise.name}: its solution fails {check.name}: {failure.message}") from None
            drawn[check.name], way[check.name] = rng.drawn, taken.way
    return pack.dumps(
        {
            "seed": seed,
            "draws": drawn,
            "way": way,
            "replies": [_written(seen(name, reply)) for (name, _, _), reply in taken.made],
            "mutants": {
                mutant.id: _replies(mutant.link, taken, exercise, drawn, seed)
                for mutant in implementations.mutants(exercise.chapter)
                if mutant.of == exercise.name
            },
        }
    )


class Rounded:
    """A generator whose floating-point numbers are rounded to float32; ``drawn`` is what it gave, in order."""

    def __init__(self, seed: int, check: str) -> None:
        self._generator = np.random.default_rng([seed, zlib.crc32(check.encode())])
        self.drawn: list[tuple[str, Any]] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        draw = getattr(self._generator, method)

        def drawn(*args: Any, **kwargs: Any) -> Any:
            result = draw(*args, **kwargs)
            if isinstance(result, np.ndarray) and result.dtype.kind == "f":
                result = result.astype(np.float32).astype(float)
            elif isinstance(result, float):
                result = float(np.float32(result))
            self.drawn.append((method, codec.copy(result) if isinstance(result, np.ndarray) else result))
            return result

        return drawn


class _Taken:
    """A link that writes down each call, one like another but once, and the way that a check goes."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.made: list[tuple[tuple[str, Any, Any], Reply]] = []
        self.numbers: dict[bytes, int] = {}
        self.way: list[int] = []

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through."""
        key = fingerprint([name, args, kwargs])
        if key not in self.numbers:
            self.numbers[key] = len(self.made)
            self.made.append((codec.copy((name, args, kwargs)), self.link.call(name, args, kwargs)))
        self.way.append(self.numbers[key])
        return self.made[self.numbers[key]][1]


class _Mistaken:
    """A link to a mutant that writes down what it replies to the calls that were taken, and to no other."""

    def __init__(self, mutant: Link, taken: _Taken) -> None:
        self.mutant = mutant
        self.calls = Calls()
        for number, (call, _) in enumerate(taken.made):
            self.calls.add(number, *call)
        self.found: dict[int, Reply] = {}

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through."""
        number = self.calls.find(name, args, kwargs)
        reply = self.mutant.call(name, args, kwargs)
        if number is not None:
            self.found[number] = reply
        return reply


@np.errstate(all="ignore")
def _replies(mutant: Link, taken: _Taken, exercise: Exercise, drawn: dict[str, Any], seed: int) -> dict[str, Any]:
    """What a mutant replies otherwise than the solution does, by the number of the call.

    A mutant is asked what the checks ask it until they fail. Who has the same mistake is asked the same; of further
    calls, and, where results are large and many are telling, of some of these, it is not known what it would reply.
    """
    link = _Mistaken(mutant, taken)
    for check in checks.load(exercise.chapter):
        if check.exercise == exercise.name:
            subjects = {name: Subject(name, link) for name in check.arguments if name not in checks.HELPERS}
            rng = draws.Replayed(drawn[check.name], seed, check.name)
            with contextlib.suppress(CheckFailed):
                check.run(rng=rng, device="cpu", reference=Reference(taken), **subjects)
    found: dict[str, Any] = {}
    often: Counter[str] = Counter()
    for number, ((name, _, _), reply) in enumerate(taken.made):
        if name.partition(".")[0] != exercise.name:
            continue
        if number not in link.found:
            found[str(number)] = ("unknown", None)
            continue
        right, wrong = seen(name, reply), seen(name, link.found[number])
        if not alike(wrong, right, SAME):
            shapes = [np.shape(leaf) for _, leaf in leaves(right.value)]
            large = not wrong.failure and sum(math.prod(shape) for shape in shapes) > WHOLE
            often[str(shapes)] += large and not alike(wrong, right, max(EVIDENCE[0]))
            found[str(number)] = ("unknown", None) if often[str(shapes)] > TELLING else _otherwise(wrong, right)
    return found


def _otherwise(wrong: Reply, right: Reply) -> tuple[str, Any]:
    """A wrong reply by how far it is from the right one, where that can be said; else as it is."""
    if not wrong.failure and not right.failure:
        if isinstance(wrong.value, str):  # where tensors of two devices meet: a line of the mutant
            return "text", Digest.of(wrong.value).sha256
        with contextlib.suppress(_Unlike):
            return "apart", _apart(wrong.value, right.value)
    return _written(Reply(_single(wrong.value), failure=wrong.failure))


def _written(reply: Reply) -> tuple[str, Any]:
    """A reply as it is kept; the text of an exception may quote the solution, and nobody asks for it."""
    return ("raised", reply.failure.type) if reply.failure else ("value", reply.value)


class _Unlike(Exception):
    """Two values cannot be subtracted."""


def _apart(wrong: Any, right: Any) -> Any:
    """How far each array is from the right one, in float32, None where it is not; raises _Unlike."""
    if isinstance(right, dict) and isinstance(wrong, dict) and right.keys() == wrong.keys():
        return {name: _apart(wrong[name], entry) for name, entry in right.items()}
    if isinstance(right, (list, tuple)) and isinstance(wrong, (list, tuple)) and len(right) == len(wrong):
        return [_apart(*pair) for pair in zip(wrong, right, strict=True)]
    if isinstance(wrong, (dict, list, tuple)) or isinstance(right, (dict, list, tuple)):
        raise _Unlike
    if close(_leaf(wrong), _leaf(right), SAME):
        return None
    if not (_numbers(wrong) and _numbers(right) and np.shape(wrong) == np.shape(right)):
        raise _Unlike
    apart = np.subtract(wrong, right)
    single = apart.astype(np.float32)
    if not np.isfinite(single).all():
        raise _Unlike
    if (np.abs(single - apart) > SINGLE * (1 + np.abs(wrong))).any():  # small, and far from a large one that is right
        single = apart
    if not isinstance(right, np.ndarray):
        return float(apart)
    if single.size <= WHOLE:
        return single
    at = places(apart / (1 + np.abs(right)))
    return distance(wrong, right), at, single.ravel()[at]


def _leaf(value: Any) -> Any:
    """Numbers as arrays: a number of NumPy's is like one of Python's."""
    return dict(leaves(value))[""]


def _numbers(value: Any) -> bool:
    """Floating-point numbers, in an array or one by itself."""
    return isinstance(value, (np.ndarray, np.generic, float)) and np.asarray(value).dtype.kind == "f"


def _single(value: Any) -> Any:
    """The same value with its arrays in float32, where that holds them."""
    if isinstance(value, dict):
        return {name: _single(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_single(entry) for entry in value)
    if not (isinstance(value, np.ndarray) and _numbers(value)):
        return value
    single = value.astype(np.float32)
    return single if (np.isfinite(single) == np.isfinite(value)).all() else value
