"""One writer that fills nbgrader's stock gradebook from verdicts.

Stock nbgrader opens the gradebook nine times and commits a dozen times a submission;
here one connection stays open, and each submission is one short transaction: all of it is written, or nothing.
"""

from __future__ import annotations

import hashlib
import json
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
    InvalidEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload

from autograder.classroom import database, due
from autograder.classroom.assignment import Cells, make_known
from autograder.classroom.folder import ClassroomError, CourseFolder, Handed
from autograder.classroom.late import Lateness
from autograder.classroom.rebuild import CHECK
from autograder.classroom.settings import Settings

NO_RESPONSE = "No response."  # nbgrader's own words


@dataclass(frozen=True)
class Entry:
    """What the gradebook says of a submission: points after a teacher's review, penalty, comments."""

    score: float
    penalty: float = 0.0
    comments: Mapping[str, str] = field(default_factory=dict)  # by the answer's name
    late: str = ""  # why there is a penalty, in a sentence
    changed: Mapping[str, float] = field(default_factory=dict)  # points that a teacher put in, by exercise

    @property
    def mark(self) -> str:
        """Another one when anything of it is another: a page that bears it shows this entry."""
        said = json.dumps(
            [self.score, self.penalty, sorted(self.comments.items()), self.late, sorted(self.changed.items())]
        )
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Standing:
    """What the gradebook had of a whole submission when it was opened."""

    entry: Entry
    timestamp: datetime | None
    extension: timedelta | None


class Writer:
    """The open gradebook of one chapter; belongs to the thread that made it."""

    def __init__(self, folder: CourseFolder, master: NotebookNode, chapter: str, settings: Settings) -> None:
        """Open the folder's gradebook and make the chapter and its due dates known to it.

        ClassroomError when that is not possible.
        """
        self.chapter, self.settings = chapter, settings
        self.url = folder.db_url
        self.late = Lateness(folder)
        try:
            self.book = database.opened(self.url, folder.nbgrader.course_id)
            make_known(self.book, self.url, chapter, master)
            due.enter(self.book, chapter, settings)
            self.doubts = due.doubts(self.book, chapter, settings, folder)
            self._read_assignment(self.book.find_assignment(chapter))
        except (SQLAlchemyError, InvalidEntry, OSError, ImportError) as error:
            raise self._problem(error) from error

    def write(self, handed: Handed, graded: NotebookNode | None, another: bool = False) -> Entry:
        """Enter a graded notebook, as stock ``SaveAutoGrades`` and ``AssignLatePenalties`` would.

        A teacher's scores and comments stay. Without ``graded`` all grades stay: only the penalty is reckoned again.
        Where the file was missing there is none. ``another`` file than before has its own time, or none.
        ClassroomError when the gradebook is locked or broken; then nothing of this submission was entered.
        """
        try:
            submission = self._submission(handed.student)
            submission.timestamp = handed.timestamp or (None if another else submission.timestamp)
            notebook = next(one for one in submission.notebooks if one.notebook_id == self.notebook_id)
            if graded is not None:
                self._enter(notebook, graded)
            self._penalize(notebook, handed)
            entry = self._entry(notebook)
            self.book.db.commit()
            return entry
        except (SQLAlchemyError, InvalidEntry) as error:
            with suppress(SQLAlchemyError):  # a server that is gone has forgotten it by itself
                self.book.db.rollback()
            raise self._problem(error) from error

    def complete(self) -> dict[str, Standing]:
        """By student, the submissions of the chapter whose grades are all in the gradebook."""
        query = select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == self.assignment_id)
        try:
            found = {
                one.student_id: Standing(self._entry(notebook), one.timestamp, one.extension)
                for one in self.book.db.scalars(query.options(_WHOLE))
                for notebook in one.notebooks
                if notebook.notebook_id == self.notebook_id
                and notebook.grades
                and all(grade.auto_score is not None for grade in notebook.grades)
            }
            self.book.db.rollback()
        except SQLAlchemyError as error:
            raise self._problem(error) from error
        return found

    def agrees(self, standing: Standing, handed: Handed) -> bool:
        """Whether what stood in the gradebook is what due date, extension and rule make of the submission now."""
        timestamp = handed.timestamp or standing.timestamp
        entry = standing.entry
        agrees = self.late.agrees(handed, entry.score, entry.penalty, timestamp, standing.extension)
        return timestamp == standing.timestamp and agrees

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
        self.assignment_id, self.late.due = assignment.id, assignment.duedate
        self.notebooks = [Cells.of(notebook) for notebook in assignment.notebooks]
        self.names = {id: name for notebook in self.notebooks for id, name in notebook.names.items()}
        self.notebook_id = self.book.find_notebook(self.chapter, self.chapter).id
        self.book.db.rollback()

    def _submission(self, student: str) -> SubmittedAssignment:
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
            submission.extension = self.settings.longer(student, self.chapter, self.late.due)
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

    def _penalize(self, notebook: SubmittedNotebook, handed: Handed) -> None:
        notebook.late_submission_penalty = None
        seconds = self.late.seconds(notebook.assignment.timestamp, notebook.assignment.extension)
        if handed.notebook.is_file() and seconds > 0:
            self.book.db.flush()
            self.book.db.refresh(notebook, ["score"])  # the database adds up the grades
            notebook.late_submission_penalty = self.late.penalty(handed.student, notebook.score, seconds)

    def _entry(self, notebook: SubmittedNotebook) -> Entry:
        score, changed = 0.0, {}
        for grade in notebook.grades:
            points = grade.auto_score if grade.manual_score is None else grade.manual_score
            counts = (points or 0.0) + (grade.extra_credit or 0.0 if points is not None else 0.0)
            if counts != (grade.auto_score or 0.0):
                changed[self.names[grade.cell_id].removeprefix(CHECK)] = counts
            score += counts
        said = {self.names.get(one.cell_id): one.manual_comment or one.auto_comment for one in notebook.comments}
        comments = {name: comment for name, comment in said.items() if name and comment}
        penalty = float(notebook.late_submission_penalty or 0.0)
        seconds = self.late.seconds(notebook.assignment.timestamp, notebook.assignment.extension)
        return Entry(score, penalty, comments, self.late.sentence(seconds) if penalty else "", changed)

    def _problem(self, error: Exception) -> ClassroomError:
        return database.problem(self.url, error)


_WHOLE = selectinload(SubmittedAssignment.notebooks).options(
    selectinload(SubmittedNotebook.grades), selectinload(SubmittedNotebook.comments)
)
