"""Due dates and extensions of ``course.yml`` go into the gradebook, where nbgrader and formgrader look for them."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook, InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom import database, roster
from autograder.classroom.folder import ClassroomError, CourseFolder
from autograder.classroom.rebuild import line
from autograder.classroom.settings import NAME, Settings
from autograder.classroom.table import nearest


def enter(book: Gradebook, chapter: str, settings: Settings) -> None:
    """Let the open gradebook have what the settings say of a chapter that it knows.

    Where they say nothing, what a teacher has entered stays: a due date when ``due`` does not name the chapter,
    all extensions when there is no ``extensions``.
    """
    assignment = book.find_assignment(chapter)
    if chapter in settings.due:
        assignment.duedate = settings.due[chapter]
    if settings.extensions is not None:
        for one in assignment.submissions:
            one.extension = settings.longer(one.student_id, chapter, assignment.duedate)
    book.db.commit()


def note(db_url: str, course_id: str, chapter: str, settings: Settings) -> None:
    """The same where no gradebook is open; ClassroomError where it cannot be written."""
    if chapter not in settings.due and settings.extensions is None:
        return
    try:
        with database.opened(db_url, course_id) as book:
            enter(book, chapter, settings)
    except (SQLAlchemyError, InvalidEntry, OSError) as error:
        raise database.problem(db_url, error) from error


def doubts(book: Gradebook, chapter: str, settings: Settings, folder: CourseFolder) -> list[str]:
    """What the settings say of a chapter and probably do not mean: a line each, for the teacher."""
    due = book.find_assignment(chapter).duedate
    found = [] if due or not settings.late else [f"{chapter} has no due date, so nothing of it is late"]
    meant = {name: of for name, of in (settings.extensions or {}).items() if chapter in of or "" in of}
    here = set(folder.students())
    if strangers := sorted(meant.keys() - here):
        try:
            known = {*here, *(one.id for one in book.students), *_on_roster(folder.root)}
        except ClassroomError as error:  # of the roster, which grading can do without
            return [str(error)]
        said = "extensions: nobody in this course is called"
        found += [f"{said} {name!r}; {nearest(name, sorted(known))}" for name in strangers if name not in known]
    for name, of in sorted(meant.items()):
        if chapter in of and not settings.longer(name, chapter, due):
            when = f"is due at {due:%Y-%m-%d %H:%M} UTC" if due else "has no due date"
            found.append(f"extensions.{name}: it changes nothing, since {chapter} {when}")
    book.db.rollback()
    return [line(f"{folder.root / NAME}: {one}", 300) for one in found]


def _on_roster(root: Path) -> list[str]:
    path = root / "roster.csv"
    return [one.id for one in roster.read(path).students] if path.is_file() else []
