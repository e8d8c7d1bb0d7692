"""nbgrader's own table, ``nbgrader export``: a line for each student and assignment; and behind its columns, ours.

The columns and their order are those of ``nbgrader.plugins.CsvExportPlugin`` (nbgrader 0.9); who has handed in nothing
has 0 there, as nbgrader has it. Unlike nbgrader's, cells are quoted where they hold a comma, and none is a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from autograder.classroom.cells import harmless
from autograder.classroom.export.grades import Chapter, Mark, Person
from autograder.classroom.export.table import points

COLUMNS = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
]
OURS = ["lms_user_id", "state", "exercises"]


def text(chapters: Iterable[Chapter], people: Iterable[Person], empty: bool, called: Mapping[str, str]) -> str:
    """The table; ``empty``: no numbers for who has handed in nothing. ``called`` are pseudonyms, or nothing.

    Under pseudonyms no name, address or number is told, nor the time, by which a platform knows the student.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([*COLUMNS, *OURS])
    students = sorted(people, key=lambda one: called[one.id]) if called else list(people)
    for chapter in chapters:
        for one in students:
            row = dict(_row(chapter, one, chapter.marks.get(one.id), empty))
            if called:
                row |= dict.fromkeys(("timestamp", "last_name", "first_name", "email", "lms_user_id"), "")
                row["student_id"] = called[one.id]
            writer.writerow([harmless(row[column]) for column in [*COLUMNS, *OURS]])
    return stream.getvalue()


def state(mark: Mark | None) -> str:
    """What a number stands for."""
    if mark is None:
        return "nothing handed in"
    if not mark.graded:
        return "not graded yet"
    return "to be reviewed" if mark.to_review else "graded"


def _row(chapter: Chapter, one: Person, mark: Mark | None, empty: bool) -> Iterator[tuple[str, str]]:
    yield "assignment", chapter.name
    yield "duedate", str(chapter.duedate or "")
    yield "timestamp", str(mark.timestamp or "") if mark else ""
    yield "student_id", one.id
    yield "last_name", one.last_name
    yield "first_name", one.first_name
    yield "email", one.email
    numbers = (mark.raw, mark.penalty, mark.score) if mark else (0.0, 0.0, 0.0)
    for column, number in zip(("raw_score", "late_submission_penalty", "score"), numbers, strict=True):
        yield column, "" if empty and mark is None else str(number)
    yield "max_score", str(chapter.max_score)
    yield "lms_user_id", one.lms_user_id
    yield "state", state(mark)
    earned = mark.points if mark else {}
    yield "exercises", "; ".join(f"{name} {points(earned[name])}" for name in chapter.exercises if name in earned)
