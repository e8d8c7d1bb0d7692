"""What the gradebook holds of a chapter: points after a teacher's review, penalties, and who is in the class."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    InvalidEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom import database
from autograder.classroom.folder import ClassroomError, CourseFolder
from autograder.classroom.rebuild import CHECK


@dataclass
class Points:
    """Of one submission: points by exercise, without extra credit; all of them, with it; and the late penalty."""

    earned: dict[str, float] = field(default_factory=dict)
    total: float = 0.0
    penalty: float = 0.0

    @property
    def final(self) -> float:
        """What counts, as ``nbgrader export`` has it."""
        return max(0.0, self.total - self.penalty)


def read(folder: CourseFolder, chapter: str) -> tuple[dict[str, Points], set[str]]:
    """The points of every submission of a chapter, by student, and every student that the gradebook knows.

    ClassroomError when there is no gradebook, or it cannot be read; it is not changed.
    """
    url = make_url(folder.db_url)
    if url.get_backend_name() == "sqlite" and not os.path.isfile(url.database or ""):
        raise ClassroomError(f"{folder.shown_db}: there is no gradebook; grade first: it is made there", 2)
    query = (
        select(
            SubmittedAssignment.student_id,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(Assignment.name == chapter, Notebook.name == chapter)
    )
    try:
        book = database.opened(folder.db_url, folder.nbgrader.course_id)
        try:
            rows = book.db.execute(query).all()
            students = set(book.db.scalars(select(Student.id)))
        finally:
            book.close()
    except (SQLAlchemyError, InvalidEntry, OSError, ImportError) as error:
        raise database.problem(folder.db_url, error, "make the report") from error
    return _by_student([tuple(row) for row in rows]), students


def _by_student(rows: list[tuple[str, str, float | None, float | None, float | None, float | None]]) -> dict[
    str, Points
]:  # fmt: skip
    found: dict[str, Points] = {}
    for student, cell, auto, manual, extra, penalty in rows:
        points = found.setdefault(student, Points(penalty=penalty or 0.0))
        score = auto if manual is None else manual
        points.earned[cell.removeprefix(CHECK)] = score or 0.0
        points.total += (score or 0.0) + (extra or 0.0 if score is not None else 0.0)
    return found
