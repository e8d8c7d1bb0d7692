"""Everything that a report is made of: verdicts from the journal, points from the gradebook, names from the roster."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder import course
from autograder.classroom import journal, roster
from autograder.classroom.folder import ClassroomError, CourseFolder
from autograder.classroom.report import points
from autograder.classroom.report.points import Points
from autograder.course import Chapter
from autograder.judge.submission import Submission, read
from autograder.judge.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """One student: the verdict that counts, and the points as the gradebook has them."""

    student: str
    verdict: Verdict
    points: Points


@dataclass(frozen=True)
class ClassResults:
    """A chapter's class; ``results`` are under the latest checks, by student.

    ``answers`` are the graded files that still lie in ``submitted/``, by student. The other names are of students too:
    ``outdated`` have a verdict under older checks only, ``changed`` another file than the one that was graded,
    ``ungraded`` a file and no verdict, ``unentered`` a verdict and no points in the gradebook; ``absent`` are those
    of the ``roster`` who handed in nothing.
    """

    chapter: Chapter
    results: list[Result]
    answers: dict[str, Submission]
    roster: set[str]
    absent: list[str]
    outdated: list[str]
    changed: list[str]
    ungraded: list[str]
    unentered: list[str]
    damaged: int  # lines of the journal
    graded: datetime  # when the journal was last written to
    everyone: set[str] = field(default_factory=set)  # every name that a page could hold

    @property
    def readable(self) -> list[Result]:
        """Those whose file could be read: the others say nothing about the exercises."""
        return [one for one in self.results if not one.verdict.message]


def gather(chapter: str, submitted: Path) -> ClassResults:
    """Read all of it; nothing is changed. CourseError or ClassroomError, one line each, when something is missing."""
    loaded = course.load(chapter)
    folder = CourseFolder(submitted)
    path = folder.journals / f"{chapter}.jsonl"
    verdicts, damaged = _verdicts(path, chapter)
    found, enrolled = points.read(folder, chapter)
    listed = folder.root / "roster.csv"
    if listed.is_file():
        enrolled |= {student.id for student in roster.read(listed).students}
    handed = {one.student: one for one in folder.handed_in(chapter)}
    answers = {student: read(one.notebook, chapter) for student, one in handed.items() if one.is_there}
    latest = verdicts[-1].checks_sha256
    counting = _counting(verdicts, answers, latest)
    current = {student: verdict for student, verdict in counting.items() if verdict.checks_sha256 == latest}
    graded = {name: one for name, one in answers.items() if name in current and _is_of(one, current[name])}
    own = {student: found.get(student) or _own_points(verdict) for student, verdict in sorted(current.items())}
    return ClassResults(
        loaded,
        [Result(student, current[student], own[student]) for student in own],
        graded,
        enrolled,
        sorted(enrolled - counting.keys() - answers.keys()),
        sorted(counting.keys() - current.keys()),
        sorted((answers.keys() & current.keys()) - graded.keys()),
        sorted(answers.keys() - counting.keys()),
        sorted(current.keys() - found.keys()),
        damaged,
        datetime.fromtimestamp(path.stat().st_mtime).astimezone(),
        enrolled | counting.keys() | handed.keys(),
    )


def _verdicts(path: Path, chapter: str) -> tuple[list[Verdict], int]:
    """The journal's verdicts on the chapter, and how many of its lines hold none."""
    then = f"python -m autograder grade {chapter} --submitted {path.parent.parent / 'submitted'}"
    try:
        lines = path.read_bytes().count(b"\n")
        verdicts = [verdict for verdict in journal.read(path) if _is_sound(verdict, chapter)]
    except FileNotFoundError:
        raise ClassroomError(f"{path}: {chapter} has not been graded here; run  {then}", 2) from None
    except OSError as error:
        raise ClassroomError(
            f"{path}: cannot be read ({error.strerror}); give yourself the right to read it"
        ) from error
    damaged = max(0, lines - len(verdicts))
    if not verdicts:
        raise ClassroomError(f"{path}: no verdict in it, and {damaged} damaged lines; run  {then}", 2)
    return verdicts, damaged


def _is_sound(verdict: Verdict, chapter: str) -> bool:
    """Is it a verdict on a student's chapter, with numbers where numbers belong? JSON says nothing of types."""
    numbers = [verdict.score, verdict.max_score, verdict.seconds]
    numbers += [number for one in verdict.exercises for number in (one.score, one.max_score)]
    return (
        verdict.chapter == chapter
        and bool(verdict.student)
        and isinstance(verdict.student, str)
        and all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
    )


def _counting(verdicts: list[Verdict], answers: dict[str, Submission], latest: str) -> dict[str, Verdict]:
    """Of each student the verdict on the file that lies there now, else the last one; latest checks first.

    That there was no file to judge is no verdict on one.
    """
    verdicts = [verdict for verdict in verdicts if verdict.notebook_sha256 or verdict.student in answers]
    last = {str(verdict.student): verdict for verdict in verdicts}
    last |= {str(verdict.student): verdict for verdict in verdicts if verdict.checks_sha256 == latest}
    for verdict in verdicts:
        there = answers.get(str(verdict.student))
        if there and verdict.checks_sha256 == latest and _is_of(there, verdict):
            last[str(verdict.student)] = verdict
    return last


def _is_of(answer: Submission, verdict: Verdict) -> bool:
    """Is it on this file that the verdict was reached?"""
    return answer.sha256 == verdict.notebook_sha256


def _own_points(verdict: Verdict) -> Points:
    """What the gradebook would hold if the verdict were entered."""
    return Points({one.name: one.score for one in verdict.exercises}, verdict.score)
