"""What the gradebook says, after a teacher's review and minus penalties for lateness: nothing is computed anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder import course
from autograder.classroom.folder import ClassroomError
from autograder.classroom.gradebook import NO_RESPONSE
from autograder.classroom.rebuild import CHECK
from autograder.errors import UserError


@dataclass(frozen=True)
class Person:
    """A student of the gradebook or of the class list, whose columns are in ``listed``, by their names in small."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First name first; the id where the names are not known."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.listed.get("name") or self.id

    @property
    def line(self) -> dict[str, str]:
        """All that is known, as a line of a class list."""
        return {**self.listed, "id": self.id, **{key: getattr(self, key) for key in _COLUMNS}}

    def known(self, *columns: str) -> str:
        """What the class list has in the first of these columns that says anything of this student."""
        return next((self.listed[column] for column in columns if self.listed.get(column)), "")


@dataclass(frozen=True)
class Mark:
    """One submission, in points. ``score`` counts the penalty; ``points`` are by exercise, and none is negative."""

    raw: float
    penalty: float
    timestamp: datetime | None
    points: Mapping[str, float]
    graded: bool  # false where the gradebook waits for a part of it
    to_review: bool  # a teacher's points stand there, and the notebook has changed since
    reviewed: frozenset[str] = frozenset()  # the exercises whose points a teacher has put in
    comments: Mapping[str, str] = field(default_factory=dict)  # by exercise
    extension: timedelta | None = None

    @property
    def score(self) -> float:
        return max(0.0, self.raw - self.penalty)


@dataclass(frozen=True)
class Chapter:
    """An assignment with its marks by student; ``exercises`` are the points that each can earn."""

    name: str
    max_score: float
    duedate: datetime | None
    exercises: Mapping[str, float]
    marks: Mapping[str, Mark]


def chapters(book: Gradebook, names: Collection[str]) -> list[Chapter]:
    """The chapters of these names, or else all in which somebody has a mark, in the order of the gradebook.

    ClassroomError where there is nothing to export.
    """
    known = {assignment.name: assignment for assignment in book.assignments}
    for name in names:
        if name not in known:
            raise ClassroomError(f"the gradebook has no {name!r}; {_instead(name, known)}", 2)
    found = [_chapter(book, one) for name, one in known.items() if not names or name in names]
    for chapter in found:
        if names and not chapter.marks:
            raise ClassroomError(f"nobody has been graded in {chapter.name}; {_grade(chapter.name)}", 2)
    graded = [chapter for chapter in found if chapter.marks]
    if not graded:
        raise ClassroomError(f"nobody has been graded; {_grade('CHAPTER')}", 2)
    return graded


def people(book: Gradebook, class_list: Iterable[Mapping[str, str]]) -> dict[str, Person]:
    """Everybody in the gradebook, in its order, and then who is on the class list alone; what the list says counts."""
    lines = {line["id"]: line for line in class_list}
    found = {}
    for one in book.students:
        line = lines.pop(one.id, {})
        known = {key: line.get(key) or getattr(one, key) or "" for key in _COLUMNS}
        found[one.id] = Person(one.id, **known, listed=line)
    for id, line in lines.items():
        found[id] = Person(id, **{key: line.get(key, "") for key in _COLUMNS}, listed=line)
    return found


_COLUMNS = ("first_name", "last_name", "email", "lms_user_id")


def _instead(name: str, known: Collection[str]) -> str:
    if name in course.chapters():
        return _grade(name)
    near = get_close_matches(name, known, 1, 0.4)
    return f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known)) or 'no assignment yet'}"


def _grade(name: str) -> str:
    return f"grade it first:  python -m autograder grade {name}"


def _chapter(book: Gradebook, assignment: Assignment) -> Chapter:
    cells = dict(
        book.db.execute(
            select(GradeCell.name, GradeCell.max_score)
            .join(Notebook, Notebook.id == GradeCell.notebook_id)
            .where(Notebook.assignment_id == assignment.id)
        ).all()
    )
    exercises = {name.removeprefix(CHECK): points for name, points in cells.items()}
    order = {name: number for number, name in enumerate(_order(assignment.name))}
    return Chapter(
        assignment.name,
        assignment.max_score,
        assignment.duedate,
        {name: exercises[name] for name in sorted(exercises, key=lambda name: (order.get(name, len(order)), name))},
        _marks(book, assignment.id),
    )


def _order(chapter: str) -> list[str]:
    """The exercises as the notebook has them; none for an assignment that is not of this course."""
    with suppress(UserError):
        return [exercise.name for exercise in course.load(chapter).exercises]
    return []


def _marks(book: Gradebook, assignment_id: str) -> dict[str, Mark]:
    """Three questions to the database, however many students there are."""
    of_student = (
        select(SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.assignment_id == assignment_id)
    )
    grades: dict[str, list[Grade]] = {}
    named = of_student.add_columns(BaseCell.name, Grade)
    for student, name, grade in book.db.execute(
        named.join(Grade, Grade.notebook_id == SubmittedNotebook.id).join(BaseCell, BaseCell.id == Grade.cell_id)
    ):
        grades.setdefault(student, []).append((name.removeprefix(CHECK), grade))
    comments: dict[str, dict[str, str]] = {}
    named = of_student.add_columns(BaseCell.name, Comment.comment)
    for student, name, comment in book.db.execute(
        named.join(Comment, Comment.notebook_id == SubmittedNotebook.id).join(BaseCell, BaseCell.id == Comment.cell_id)
    ):
        if comment and comment != NO_RESPONSE:
            comments.setdefault(student, {})[name] = comment
    whole = select(
        SubmittedAssignment.student_id,
        SubmittedAssignment.score,
        SubmittedAssignment.late_submission_penalty,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    ).where(SubmittedAssignment.assignment_id == assignment_id)
    return {
        student: _mark(raw, penalty, timestamp, extension, grades.get(student, []), comments.get(student, {}))
        for student, raw, penalty, timestamp, extension in book.db.execute(whole)
    }


def _mark(
    raw: float,
    penalty: float,
    timestamp: datetime | None,
    extension: timedelta | None,
    grades: list[tuple[str, Grade]],
    comments: dict[str, str],
) -> Mark:
    waiting = [grade for _, grade in grades if grade.auto_score is None and grade.manual_score is None]
    return Mark(
        raw or 0.0,
        penalty or 0.0,
        timestamp,
        {name: grade.score for name, grade in grades},
        bool(grades) and not waiting,
        any(grade.needs_manual_grade for _, grade in grades),
        frozenset(name for name, grade in grades if grade.manual_score is not None),
        comments,
        extension,
    )
