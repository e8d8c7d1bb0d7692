"""The slowest and the strangest submissions: where a look at the work itself may be worth the time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.classroom.rebuild import line
from autograder.classroom.report.gather import ClassResults, Result
from autograder.judge.verdict import ExerciseVerdict

SLOWEST = 5  # students
SHOWN = 160  # characters of a message
ENDED = "ended the process"
REFUSED = re.compile(r"PermissionError|Operation not permitted|Permission denied|BlockingIOError|Read-only file system")


@dataclass(frozen=True)
class Oddity:
    """One line: who, in which exercise ("" for the whole file), and what was said, which a learner may have written."""

    student: str
    exercise: str
    text: str


KINDS = {  # heading: what it means
    "Not readable": "The file is no notebook, or too large; nothing of it was judged.",
    "Out of time": "A call took longer than its limit; the exercise's other checks did not run.",
    "Ended their own process": "The code crashed or left; its other exercises were judged all the same.",
    "Used what the exercise forbids": "Such as the ready-made layer that is to be built; it earns nothing.",
    "Met a refusal": "The code was refused a file, the network or a program: often a leftover, sometimes an attempt.",
    "Notes on the notebooks": "Lines that were left out, lost metadata, cells that did not run.",
}


def slowest(found: ClassResults) -> list[tuple[str, float]]:
    """Students and the seconds that their verdicts took, the longest first."""
    taken = sorted(((one.student, one.verdict.seconds) for one in found.results), key=lambda each: (-each[1], each[0]))
    return taken[:SLOWEST]


def oddities(found: ClassResults) -> dict[str, list[Oddity]]:
    """By the headings of `KINDS`; those with nothing below them are left out."""
    made = {heading: [odd for one in found.results for odd in _of(one, heading)] for heading in KINDS}
    return {heading: odd for heading, odd in made.items() if odd}


def _of(one: Result, heading: str) -> Iterator[Oddity]:
    verdict = one.verdict
    if heading == "Not readable" and verdict.message:
        yield Oddity(one.student, "", line(verdict.message, SHOWN))
    if heading == "Notes on the notebooks":
        yield from (Oddity(one.student, "", line(note, SHOWN)) for note in verdict.notes)
    for exercise in verdict.exercises:
        if text := _said(exercise, heading):
            yield Oddity(one.student, exercise.name, line(text, SHOWN))
    if heading == "Ended their own process":
        yield from (Oddity(one.student, "", line(note, SHOWN)) for note in verdict.notes if ENDED in note)


def _said(exercise: ExerciseVerdict, heading: str) -> str:
    """What an exercise has under a heading; "" for nothing."""
    match heading:
        case "Out of time":
            return exercise.message if exercise.status == "timeout" else ""
        case "Used what the exercise forbids":
            return exercise.message if exercise.status == "forbidden" else ""
        case "Ended their own process":
            return exercise.message if ENDED in exercise.message else ""
        case "Met a refusal":
            said = [exercise.message, *(check.message for check in exercise.checks)]
            return next((text for text in said if REFUSED.search(text)), "")
    return ""
