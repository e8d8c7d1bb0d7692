"""A sample class: 24 made-up students whose notebooks are right, mistaken, broken or hostile, and what each deserves.

The students of a chapter are data, in ``<chapter>/*.toml``: what each one does, the answers, and what they deserve.
The grade is written down beside the answer, never computed by the judge: so the judge can be held against it.
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder import checks, course, paths
from autograder.classroom.sample.notebooks import notebook_text
from autograder.errors import UserError
from autograder.judge.verdict import Status

__all__ = ["Deserved", "SampleError", "Student", "students", "write_class"]

GROUPS = ("right", "mistaken", "broken", "hostile")
MARKER = ".unrolled-sample-class"
CONFIG = "nbgrader_config.py"


class SampleError(UserError):
    """The sample class cannot be written; the message is one line: what, where, what to do."""


@dataclass(frozen=True)
class Deserved:
    """What one answer deserves: the status, the score in points, and the names of the checks that do not hold.

    ``fails`` is empty where no check runs to its end: the answer is missing, forbidden, or timed out at its first call.
    ``diagnosis`` is an id that the feedback must name, ``says`` a part of its message; "" where none is asked for.
    """

    status: Status
    score: float
    max_score: float
    fails: tuple[str, ...] = ()
    diagnosis: str = ""
    says: str = ""


@dataclass(frozen=True)
class Student:
    """One made-up student: the folder's name, what the notebook is like, and what each exercise deserves."""

    name: str
    group: str  # one of GROUPS
    does: str
    deserves: dict[str, Deserved]

    @property
    def score(self) -> float:
        """The points that the whole notebook deserves."""
        return sum(deserved.score for deserved in self.deserves.values())


@lru_cache
def students(chapter: str = "ch02_recurrence") -> tuple[Student, ...]:
    """The sample class of a chapter; SampleError when it has none, or when its data name an unknown check."""
    return tuple(_student(chapter, name, record) for name, record in _records(chapter).items())


def write_class(course_folder: Path, chapter: str = "ch02_recurrence") -> list[Student]:
    """Make ``course_folder`` a course folder with one submission per student, the same bytes every time.

    A folder that holds anything else is left as it is: SampleError.
    What a sample class of before was graded with (gradebook, feedback) stays.
    """
    folder, found = Path(course_folder), students(chapter)
    try:
        _claim(folder)
        (folder / CONFIG).write_text(f"load_subconfig({str(paths.ROOT / CONFIG)!r})\n", encoding="utf-8")
        shutil.rmtree(folder / "submitted", ignore_errors=True)
        for name, record in _records(chapter).items():
            path = folder / "submitted" / name / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(notebook_text(chapter, record), encoding="utf-8", newline="\n")
    except OSError as error:
        raise SampleError(f"{folder}: {error.strerror}; name a folder where you may write") from error
    return list(found)


def _claim(folder: Path) -> None:
    """Mark the folder as ours, unless it is somebody else's."""
    advice = "name an empty folder or one that is not there yet"
    if folder.exists() and not folder.is_dir():
        raise SampleError(f"{folder} is a file; {advice}")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise SampleError(f"{folder} is not empty and is not a sample class; {advice}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(
        "This folder is a sample class: everything in it may be overwritten.\n", encoding="utf-8"
    )


@lru_cache
def _records(chapter: str) -> dict[str, dict[str, Any]]:
    """The students as they stand in the TOML files, in order, each with its group."""
    folder = Path(__file__).with_name(chapter)
    if not folder.is_dir():
        raise SampleError(
            f"{chapter}: no sample class is written for it; add {folder.name}/right.toml beside the others"
        )
    records = {}
    for group in GROUPS:
        for name, record in tomllib.loads((folder / f"{group}.toml").read_text(encoding="utf-8")).items():
            records[name] = {**record, "group": group}
    return records


def _student(chapter: str, name: str, record: dict[str, Any]) -> Student:
    exercises = course.load(chapter).exercises
    deserves = {exercise.name: _deserved(exercise, name, record.get(exercise.name, {})) for exercise in exercises}
    return Student(name, record["group"], record["does"], deserves)


def _deserved(exercise: course.Exercise, student: str, answer: dict[str, Any]) -> Deserved:
    """The score follows from the checks that fail: points x weight of the others / weight of all."""
    status, fails = answer.get("status", "passed"), tuple(answer.get("fails", ()))
    if status in ("missing", "forbidden", "timeout"):
        return Deserved(status, 0.0, exercise.points, says=answer.get("says", ""))
    weights = {check.name: check.weight for check in checks.load(exercise.chapter) if check.exercise == exercise.name}
    fails = tuple(weights) if fails == ("all",) else fails
    if unknown := set(fails) - set(weights):
        known = ", ".join(weights)
        raise SampleError(f"{student}, {exercise.name}: no check is called {min(unknown)}; there are: {known}")
    if (status == "passed") == bool(fails):
        raise SampleError(
            f'{student}, {exercise.name}: status "{status}" and fails = {list(fails)} contradict each other'
        )
    passed = sum(weight for name, weight in weights.items() if name not in fails)
    score = exercise.points * passed / sum(weights.values())
    return Deserved(status, score, exercise.points, fails, answer.get("diagnosis", ""), answer.get("says", ""))
