"""One writer that fills nbgrader's stock gradebook from verdicts.

Stock nbgrader opens the gradebook nine times and commits a dozen times a submission;
here one connection stays open, and each submission is one short transaction: all of it is written, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Grade,
    InvalidEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload
from traitlets.config import Config

from autograder.classroom import database
from autograder.classroom.assignment import Cells, make_known
from autograder.classroom.folder import ClassroomError

NO_RESPONSE = "No response."  # nbgrader's own words


@dataclass(frozen=True)
class Entry:
    """What the gradebook says of a submission: points after a teacher's review, penalty, comments."""

    score: float
    penalty: float = 0.0
    comments: Mapping[str, str] = field(default_factory=dict)  # by the answer's name


class Writer:
    """The open gradebook of one chapter; belongs to the thread that made it."""

    def __init__(
        self, db_url: str, master: NotebookNode, chapter: str, config: Config | None = None, course_id: str = ""
    ) -> None:
        """Open the gradebook and make the chapter known to it; ClassroomError when either is not possible."""
        self.chapter = chapter
        self.url = db_url
        self.late = AssignLatePenalties(config=config or Config())
        self.late.init_plugin()
        try:
            self.book = database.opened(db_url, course_id)
            make_known(self.book, db_url, chapter, master)
            self._read_assignment(self.book.find_assignment(chapter))
        except (SQLAlchemyError, InvalidEntry, OSError, ImportError) as error:
            raise self._problem(error) from error

    def write(self, student: str, graded: NotebookNode, timestamp: datetime | None, handed_in: bool = True) -> Entry:
        """Enter a graded notebook, as stock ``SaveAutoGrades`` and ``AssignLatePenalties`` would.

        A teacher's scores and comments stay.
        ``handed_in`` is false where the file was missing: that has no late penalty.
        ClassroomError when the gradebook is locked or broken; then nothing of this submission was entered.
        """
        try:
            submission = self._submission(student, timestamp)
            notebook = next(one for one in submission.notebooks if one.notebook_id == self.notebook_id)
            self._enter(notebook, graded)
            self._penalize(notebook, student, handed_in)
            entry = self._entry(notebook)
            self.book.db.commit()
            return entry
        except (SQLAlchemyError, InvalidEntry) as error:
            with suppress(SQLAlchemyError):  # a server that is gone has forgotten it by itself
                self.book.db.rollback()
            raise self._problem(error) from error

    def complete(self) -> set[str]:
        """The students whose grades for the chapter are all in the gradebook."""
        query = (
            select(SubmittedAssignment.student_id, Grade.auto_score)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .where(SubmittedNotebook.notebook_id == self.notebook_id)
        )
        try:
            rows = self.book.db.execute(query).all()
            self.book.db.rollback()
        except SQLAlchemyError as error:
            raise self._problem(error) from error
        return {student for student, _ in rows} - {student for student, score in rows if score is None}

    def close(self) -> None:
        self.book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_assignment(self, assignment: Assignment) -> None:
        """Keep what each submission needs of the assignment, so that it is asked for once."""
        self.assignment_id, self.due = assignment.id, assignment.duedate
        self.notebooks = [Cells.of(notebook) for notebook in assignment.notebooks]
        self.names = {id: name for notebook in self.notebooks for id, name in notebook.names.items()}
        self.notebook_id = self.book.find_notebook(self.chapter, self.chapter).id
        self.book.db.rollback()

    def _submission(self, student: str, timestamp: datetime | None) -> SubmittedAssignment:
        session = self.book.db
        if session.get(Student, student) is None:
            session.add(Student(id=student))
        query = select(SubmittedAssignment).where(
            SubmittedAssignment.assignment_id == self.assignment_id, SubmittedAssignment.student_id == student
        )
        submission = session.scalars(query.options(_WHOLE)).first()
        if submission is None:
            submission = SubmittedAssignment(assignment_id=self.assignment_id, student_id=student)
            for cells in self.notebooks:
                cells.add_blank(submission)
            session.add(submission)  # with everything that hangs on it
        if timestamp is not None:
            submission.timestamp = timestamp
        return submission

    def _enter(self, notebook: SubmittedNotebook, graded: NotebookNode) -> None:
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in graded.cells if "nbgrader" in cell.metadata}
        for grade in notebook.grades:
            cell = cells.get(self.names[grade.cell_id])
            if cell is not None:
                grade.auto_score, _ = utils.determine_grade(cell)
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        for comment in notebook.comments:
            cell = cells.get(self.names[comment.cell_id])
            if cell is not None:
                same = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comment.auto_comment = NO_RESPONSE if same and not utils.is_task(cell) else None

    def _penalize(self, notebook: SubmittedNotebook, student: str, handed_in: bool) -> None:
        """The penalty of the course's own late submission plugin, within 0 and the score."""
        notebook.late_submission_penalty = None
        seconds = self._seconds_late(notebook.assignment)
        if handed_in and seconds > 0:
            self.book.db.flush()
            self.book.db.refresh(notebook, ["score"])  # the database adds up the grades
            penalty = self.late.plugin_inst.late_submission_penalty(student, notebook.score, seconds)
            if penalty is not None:
                notebook.late_submission_penalty = self.late._check_late_penalty(notebook, penalty)

    def _seconds_late(self, submission: SubmittedAssignment) -> float:
        if self.due is None or submission.timestamp is None:
            return 0.0
        late: timedelta = submission.timestamp - self.due - (submission.extension or timedelta())
        return max(0.0, late.total_seconds())

    def _entry(self, notebook: SubmittedNotebook) -> Entry:
        score = 0.0
        for grade in notebook.grades:
            points = grade.auto_score if grade.manual_score is None else grade.manual_score
            score += (points or 0.0) + (grade.extra_credit or 0.0 if points is not None else 0.0)
        said = {self.names[one.cell_id]: one.manual_comment or one.auto_comment for one in notebook.comments}
        penalty = notebook.late_submission_penalty or 0.0
        return Entry(score, penalty, {name: comment for name, comment in said.items() if comment})

    def _problem(self, error: Exception) -> ClassroomError:
        return database.problem(self.url, error)


_WHOLE = selectinload(SubmittedAssignment.notebooks).options(
    selectinload(SubmittedNotebook.grades), selectinload(SubmittedNotebook.comments)
)
