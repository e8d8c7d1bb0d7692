"""What the gradebook cannot know: who has handed in no file, and whose penalty would be another by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autograder import course
from autograder.classroom import database, settings
from autograder.classroom.export.grades import Chapter
from autograder.classroom.folder import CourseFolder
from autograder.classroom.late import Lateness


def handed_in(chapter: Chapter, folder: CourseFolder) -> Chapter:
    """Without the marks of those in whose folder lies no notebook: they have 0 there, since they were graded with all.

    Points from a teacher, or for a notebook that lay there before, stay.
    """
    empty = {one.student for one in folder.handed_in(chapter.name) if not one.is_there}
    marks = {id: mark for id, mark in chapter.marks.items() if id not in empty or mark.raw or mark.reviewed}
    return replace(chapter, marks=marks)


def outdated(chapter: Chapter, folder: CourseFolder) -> set[str]:
    """Whose penalty is not what ``course.yml``, their points and their time come to now; grading makes it so.

    ClassroomError where ``course.yml`` or the course's own plugin cannot be read.
    """
    return set(_outdated(chapter, folder)) if chapter.name in course.chapters() else set()


def _outdated(chapter: Chapter, folder: CourseFolder) -> Iterator[str]:
    terms = settings.read(folder.root)
    try:
        late = Lateness(folder)
    except ImportError as error:
        raise database.problem(folder.db_url, error, "export") from error
    late.due = terms.due.get(chapter.name, chapter.duedate)
    for one in folder.handed_in(chapter.name):
        if mark := chapter.marks.get(one.student):
            extension = terms.extension(one.student, chapter.name, late.due, mark.extension)
            try:
                if late.agrees(one, mark.raw, mark.penalty, one.timestamp or mark.timestamp, extension):
                    continue
            except Exception:  # of a course's own plugin: grading says what it is
                pass
            yield one.student
