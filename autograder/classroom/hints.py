"""Which hints a student has reached: the next one opens when another try at an exercise was not right.

The journal says so: it holds every verdict on what a student handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from autograder.course.chapter import Exercise
from autograder.course.notebook import ASK
from autograder.course.prose import html
from autograder.judge.verdict import Verdict


@dataclass(frozen=True)
class Hint:
    """An opened hint: its name, such as "Hint 1: a question to start with", and its text as HTML of ours."""

    name: str
    text: str


def reached(history: Iterable[Verdict]) -> dict[str, int]:
    """How many hints of each exercise a student has reached, by its name, from the verdicts in their order.

    A submission in which the exercise is wrong opens one more; one without an answer to it opens the first at most.
    The same file counts once, however often it is judged; a file that could not be read does not count.
    So a verdict more never takes a hint away, and opens one at the most.
    """
    count: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for verdict in history:
        for one in verdict.exercises:
            submission = one.name, verdict.notebook_sha256
            if one.status == "passed" or verdict.message or submission in seen:
                continue
            seen.add(submission)
            before = count.get(one.name, 0)
            count[one.name] = max(before, 1) if one.status == "missing" else min(before + 1, len(ASK))
    return count


@cache
def opened(exercise: Exercise, number: int) -> tuple[Hint, ...]:
    """The first ``number`` hints of an exercise."""
    named = enumerate(zip(ASK, exercise.hints, strict=True), 1)
    return tuple(Hint(f"Hint {place}: {kind.lower()}", html(hint)) for place, (kind, hint) in named if place <= number)
