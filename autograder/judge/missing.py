"""Where an exercise has no answer: is it untouched, did its cell fail, or was the name changed?"""

from __future__ import annotations

import difflib
import re
from typing import Protocol

from autograder import course
from autograder.judge import submission
from autograder.judge.submission import Submission
from autograder.judge.verdict import ExerciseVerdict


class Ran(Protocol):
    """A submission whose cells have run, somewhere."""

    submission: Submission
    chapter: course.Chapter
    cells: list[tuple[str, str]]  # what each is called, and its source
    problems: dict[int, str]  # what is wrong with a cell, by its place in `cells`; -1: with all


def untouched(exercise: course.Exercise, handed_in: Submission) -> ExerciseVerdict | None:
    """The verdict on an exercise whose starter is as it was handed out; None where there is something to judge."""
    roles = {cell.role for cell in handed_in.cells if cell.exercise == exercise.name}
    if roles != {"untouched"} or exercise.name in handed_in.defined():
        return None
    message = f"{exercise.name} is not written yet"
    return ExerciseVerdict(exercise.name, "missing", 0.0, exercise.points, message)


def why_missing(name: str, sitting: Ran) -> str:
    """Why there is no function of that name: its cell failed, or the name was changed; "" when neither is known."""
    handed_in = sitting.submission
    for number, (_, source) in enumerate(sitting.cells):
        if number in sitting.problems and name in submission.names_in(source):
            return f"{name} is not defined, because its code did not run: {sitting.problems[number]}"
    if -1 in sitting.problems:
        return sitting.problems[-1]
    if name in handed_in.defined():
        return ""
    inside = re.compile(rf"^[ \t]+(?:def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)
    if any(inside.search(source) for _, source in sitting.cells):
        return f"{name} is defined inside something else: move its first line, and what belongs to it, to the left"
    own = [n for cell in handed_in.cells if cell.exercise == name for n in submission.names_in(cell.source)]
    others = handed_in.defined() - {exercise.name for exercise in sitting.chapter.exercises}
    near = own[:1] or difflib.get_close_matches(name, others, 1, 0.75)
    hint = f"; {near[0]} looks like it: give it its name back" if near else ""
    return f"{name} is not defined{hint}"
