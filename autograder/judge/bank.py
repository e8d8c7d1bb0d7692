"""The answer bank: where there are no solutions, what they and the mutants reply is read from a recording.

One recording holds one exercise and one seed: what its checks draw, the right replies to all calls that they make, and
the known mistakes' replies where they differ. Last bits differ between computers, so a call is never looked up by its
exact bytes: the checks are gone through once with what was recorded, reply after reply, and the calls that they make
on the way, here and now, are the ones that the replies belong to. Afterwards a call is known by its nearness to one of
these. A call that is near none, such as one on a learner's own wrong results, has no right answer here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder import checks, paths
from autograder.checks import CheckFailed, behaviour
from autograder.course import Exercise, stored
from autograder.errors import UserError
from autograder.judge import draws, pack
from autograder.judge.sketch import Digest, Sketch
from autograder.judge.subject import UNKNOWN, Link, Reference, Seen, Subject, fingerprint
from autograder.worker.calls import Failure, Reply

NEAR = 1e-6  # of arguments that are the same but for rounding, float32's included, relative to 1 or to their size
STRANGE = {np.nan: 7e77, np.inf: 8e77, -np.inf: -8e77}  # what stands for numbers that cannot be subtracted
Array = np.ndarray
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class BankError(UserError):
    """The answer bank is not what it should be; one line."""

    status = 3


def fresh_seed() -> int:
    """One of the recorded seeds, by chance."""
    return secrets.choice(seeds())


def seeds() -> list[int]:
    """The recorded seeds."""
    try:
        first, *others = (int(seed) for seed in stored.read(stored.INDEX)["seeds"])
        return [first, *others]
    except (LookupError, TypeError, ValueError) as error:
        raise BankError(f"{paths.BANK / stored.INDEX}: no seeds in it ({error!r}); get the course again") from None


def file(exercise: str, seed: int, folder: Path = paths.BANK) -> Path:
    """Where the recording of an exercise and a seed is."""
    return folder / f"{exercise}.{seed}.zip"


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


@dataclass(frozen=True)
class Mistake:
    """A known mistake, as far as the bank knows it: how it is told, and what it replies."""

    of: str
    id: str
    believes: str
    link: MistakeLink


class Recording:
    """What was recorded of one exercise and one seed."""

    def __init__(self, exercise: Exercise, data: dict[str, Any]) -> None:
        self.exercise = exercise
        self.kind = Seen if behaviour.of(exercise.name) else Reply
        self.seed: int = data["seed"]
        self.draws: dict[str, list[draws.Recorded]] = data["draws"]
        self.way: dict[str, list[int]] = data["way"]  # by check, which reply each call gets
        self.replies = [_reply(how, value, self.kind) for how, value in data["replies"]]
        self.mutants: dict[str, dict[str, Any]] = data["mutants"]  # by id: replies that differ, by number
        self.calls = Calls()

    def go_through(self) -> None:
        """Find the calls that the replies belong to: by going through the checks with these replies.

        A check that looks for rounding may draw more here than where it was recorded, or less; then its calls are
        others, and not known.
        """
        for check in checks.load(self.exercise.chapter):
            if check.exercise == self.exercise.name:
                replay = _Replay(self, check.name)
                subjects = {name: Subject(name, replay) for name in check.arguments if name not in checks.HELPERS}
                rng = draws.Replayed(self.draws[check.name], self.seed, check.name)
                try:
                    check.run(rng=rng, device="cpu", reference=Reference(replay), **subjects)
                except CheckFailed as failure:
                    if self.kind is Reply and not rng.beyond:
                        what = f"{self.exercise.name}: its recorded answers fail {check.name} ({failure.message})"
                        raise BankError(f"{what}; get the course again") from None
                if rng.is_through() or self.kind is Seen:  # of a design what it does is recorded, not what it is
                    for number, call in replay.calls:
                        self.calls.add(number, *call)

    def mistaken(self, id: str, number: int) -> Reply:
        """What a known mistake replies to a call: the right reply, or one so far from it, or another one."""
        right, recorded = self.replies[number], self.mutants[id].get(str(number))
        if recorded is None:
            return right
        how, value = recorded
        return self.kind(_added(right.value, value)) if how == "apart" else _reply(how, value, self.kind)


class _Replay:
    """Answers the calls of one check with what was recorded, in this order, and writes down what they are."""

    def __init__(self, recording: Recording, check: str) -> None:
        self.recording = recording
        self.numbers: Iterator[int] = iter(recording.way[check])
        self.calls: list[tuple[int, tuple[str, tuple[Any, ...], dict[str, Any]]]] = []

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """The next reply."""
        number = next(self.numbers, None)
        if number is None:
            raise CheckFailed("the check makes more calls than when it was recorded")
        self.calls.append((number, (name, args, kwargs)))
        return self.recording.replies[number]


class Calls:
    """Calls by number, found again by their name, the structure of their arguments, and the nearness of all numbers."""

    def __init__(self) -> None:
        self.exact: dict[bytes, int | None] = {}
        self.alike: dict[str, tuple[list[int], list[Array]]] = {}

    def add(self, number: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Take in a call."""
        structure, numbers = _apart(name, args, kwargs)
        known, rows = self.alike.setdefault(structure, ([], []))
        known.append(number)
        rows.append(numbers)

    def find(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
        """The number of the nearest call, where it is near enough."""
        key = fingerprint([name, args, kwargs])
        if key not in self.exact:
            self.exact[key] = self._nearest(*_apart(name, args, kwargs))
        return self.exact[key]

    def _nearest(self, structure: str, numbers: Array) -> int | None:
        known, rows = self.alike.get(structure, ([], []))
        if not known:
            return None
        table = np.array(rows)
        apart = (np.abs(table - numbers) / (1 + np.abs(table))).max(axis=1, initial=0.0)
        nearest = int(apart.argmin())
        return known[nearest] if apart[nearest] <= NEAR else None


def _apart(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Array]:
    """A call in two parts: all that is no floating-point number, in words, and these numbers in one row."""
    words, numbers = [name], [np.zeros(0)]

    def take(value: Any) -> None:
        if isinstance(value, (np.ndarray, np.floating, float)):
            array = np.asarray(value)
            words.append(f"{array.dtype.kind}{array.itemsize}{array.shape}")
            numbers.append(array.astype(float).ravel())
        elif isinstance(value, (list, tuple)):
            words.append(f"{type(value).__name__}{len(value)}")
            for entry in value:
                take(entry)
        elif isinstance(value, dict):
            words.append(f"dict{list(value)}")
            take(list(value.values()))
        else:
            words.append(repr(value))

    take([args, dict(sorted(kwargs.items()))])
    row = np.concatenate(numbers)
    for strange, stands_for in STRANGE.items():
        row[np.isnan(row) if np.isnan(strange) else row == strange] = stands_for
    return "|".join(words), row


def mistakes(chapter: str) -> list[Mistake]:
    """The known mistakes of a chapter."""
    known = stored.part(f"{chapter}.json", "mistakes")
    return [
        Mistake(exercise, id, believes, MistakeLink(chapter, exercise, id))
        for exercise, mistakes in known.items()
        for id, believes in mistakes.items()
    ]


def solution(chapter: str, starter: Link) -> SolutionLink:
    """The recorded answers of a chapter; the starters say how things are called."""
    return SolutionLink(chapter, starter, stored.part(f"{chapter}.json", "results"))


class SolutionLink:
    """Answers as the solutions do, from the recordings of a chapter that are in use."""

    def __init__(self, chapter: str, link: Link, results: dict[str, list[str]]) -> None:
        self.chapter = chapter
        self.link = link  # the starters: how things are called is read from them
        self.results = results  # but for the names of several results, which only a solution's last line may tell

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """The right reply; a failure of the type `UNKNOWN` where none is recorded."""
        for recording in list(_in_use(self.chapter).values()):
            number = recording.calls.find(name, args, kwargs)
            if number is not None:
                return recording.replies[number]
        return Reply(failure=Failure(UNKNOWN, ""))


class MistakeLink:
    """Answers as a known mistake does."""

    def __init__(self, chapter: str, exercise: str, id: str) -> None:
        self.chapter, self.exercise, self.id = chapter, exercise, id

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """The mistake's reply; a failure of the type `UNKNOWN` where none is recorded."""
        for (exercise, _), recording in list(_in_use(self.chapter).items()):
            number = recording.calls.find(name, args, kwargs) if exercise == self.exercise else None
            if number is not None:
                return recording.mistaken(self.id, number)
        return Reply(failure=Failure(UNKNOWN, ""))


def _reply(how: str, value: Any, kind: type[Reply]) -> Reply:
    """A reply as it was written down: a value, a text's digest, the type of what was raised, or that it is unknown."""
    if how == "value":
        return kind(value)
    if how == "text":
        return kind(Digest(value))
    return Reply(failure=Failure(value if how == "raised" else UNKNOWN, ""))


def _added(right: Any, apart: Any) -> Any:
    """The right value with its arrays moved by what a mistake moves them; None: this one stays.

    Of a large array, a tuple says how far it is in all, and in which places how far.
    """
    if isinstance(apart, tuple):
        places = apart[1].astype(int)
        return Sketch(right, apart[0], places, right.ravel()[places] + apart[2].astype(float))
    if apart is None:
        return right
    if isinstance(right, (np.ndarray, np.generic, float)):
        return right + apart
    if isinstance(right, dict):
        return {name: _added(entry, apart[name]) for name, entry in right.items()}
    if isinstance(right, (list, tuple)):
        return type(right)(_added(*pair) for pair in zip(right, apart, strict=True))
    return right


def use(exercise: Exercise, seed: int, folder: Path = paths.BANK) -> None:
    """Have the recording of an exercise and a seed ready; BankError where there is none."""
    known = _in_use(exercise.chapter)
    if (exercise.name, seed) not in known:
        recording = load(exercise, seed, folder)
        for check, drawn in recording.draws.items():
            draws.record(seed, check, drawn)
        known[exercise.name, seed] = recording


def load(exercise: Exercise, seed: int, folder: Path = paths.BANK) -> Recording:
    """Read a recording, and find the calls that its replies belong to."""
    path = file(exercise.name, seed, folder)
    try:
        recording = Recording(exercise, pack.loads(path.read_bytes()))
        if recording.seed != seed or recording.way.keys() != _checks_of(exercise):
            raise ValueError("not the recording that its name says")
        recording.go_through()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BankError(f"{path}: {_why(error)}; get the course again") from None
    return recording


def _checks_of(exercise: Exercise) -> set[str]:
    return {check.name for check in checks.load(exercise.chapter) if check.exercise == exercise.name}


@lru_cache(None)
def _in_use(chapter: str) -> dict[tuple[str, int], Recording]:
    """The recordings of a chapter that have been asked for, by exercise and seed."""
    return {}
