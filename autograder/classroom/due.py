"""Due dates and extensions of ``course.yml`` go into the gradebook, where nbgrader and formgrader look for them."""

from __future__ import annotations

from collections.abc import Iterator
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
    assignment.duedate = settings.due.get(chapter, assignment.duedate)
    for one in assignment.submissions:
        one.extension = settings.extension(one.student_id, chapter, assignment.duedate, one.extension)
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
    if not (folder.root / NAME).exists():
        return []
    due = book.find_assignment(chapter).duedate
    found = [] if due or not settings.late else [f"{chapter} has no due date, so nothing of it is late"]
    found += _of_the_gradebook(book, chapter, settings)
    found += _without_time(book, chapter, folder) if due and settings.late else []
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


def _of_the_gradebook(book: Gradebook, chapter: str, settings: Settings) -> Iterator[str]:
    """What counts although the settings do not say it: they may have said it before, or nbgrader's own tools."""
    assignment = book.find_assignment(chapter)
    if assignment.duedate and chapter not in settings.due:
        counts = f"the gradebook's due date counts, {assignment.duedate:%Y-%m-%d %H:%M} UTC"
        yield f"due: {chapter} is not there, so {counts}; to have none, write  {chapter}: none"
    longer = sorted(one.student_id for one in assignment.submissions if one.extension)
    if longer and settings.extensions is None:
        counts = f"those of the gradebook count, of {', '.join(longer)}"
        yield f"extensions: not there, so {counts}; to have none, write  extensions: {{}}"


def _without_time(book: Gradebook, chapter: str, folder: CourseFolder) -> Iterator[str]:
    """Who cannot be late, since nothing says when they handed in."""
    known = {one.student_id for one in book.find_assignment(chapter).submissions if one.timestamp}
    handed = [one for one in folder.handed_in(chapter) if one.is_there]
    untimed = [one.student for one in handed if one.timestamp is None and one.student not in known]
    if untimed:
        count = f"{len(untimed)} of {len(handed)}"
        yield f"late: {count} have no time of handing in, so they are not late: {', '.join(untimed)}"


def _on_roster(root: Path) -> list[str]:
    path = root / "roster.csv"
    return [one.id for one in roster.read(path).students] if path.is_file() else []
