"""One export: the grades of some chapters, in the format of a platform, with a line on whoever is not in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom import database, pseudonyms, roster
from autograder.classroom.collected import printable
from autograder.classroom.export import current, fill, grades, gradescope, plain
from autograder.classroom.export.brightspace import Brightspace
from autograder.classroom.export.canvas import Canvas
from autograder.classroom.export.grades import Chapter, Person
from autograder.classroom.export.moodle import Moodle
from autograder.classroom.export.table import Item, Platform
from autograder.classroom.folder import ClassroomError, CourseFolder, unwritable
from autograder.classroom.results import PRIVATE, replace

PLATFORMS: dict[str, Platform] = {"canvas": Canvas(), "moodle": Moodle(), "brightspace": Brightspace()}
FORMATS = (*PLATFORMS, "gradescope", "csv")


@dataclass(frozen=True)
class Wanted:
    """What to export. ``missing`` is what who handed in nothing gets: empty, zero, or "", what the format has."""

    format: str = "csv"
    chapters: Sequence[str] = ()  # all in which somebody is graded, where none is named
    students: Sequence[str] = ()  # all, where none is named
    roster: Path | None = None
    output: Path | None = None
    missing: str = ""
    item: str = ""
    anonymise: bool = False

    @property
    def zero(self) -> bool:
        return (self.missing or ("zero" if self.format == "csv" else "empty")) == "zero"

    def check(self) -> None:
        """ClassroomError, one line, for a word that is not known; the nearest one is named."""
        for option, word, known in (("format", self.format, FORMATS), ("missing", self.missing, ("", "empty", "zero"))):
            if word not in known:
                near = get_close_matches(word.casefold(), known, 1, 0.4)
                do = f"did you mean {near[0]}?" if near else f"there are {', '.join(filter(None, known))}"
                raise ClassroomError(f"--{option} {printable(word)!r} is not known; {do}", 2)
        if self.item and len(self.chapters) != 1:
            raise ClassroomError("--item names the platform's column of one chapter; name that chapter, too", 2)


@dataclass
class Exported:
    """Where it was written, and lines for the instructor; ``complete`` is false where a grade was left out."""

    path: Path
    lines: list[str] = field(default_factory=list)
    complete: bool = True


def export(wanted: Wanted, folder: CourseFolder, book: Gradebook | None = None) -> Exported:
    """Write what is wanted; ``book`` is the gradebook, where it is open already.

    ClassroomError, one line, where that cannot be; whatever is wrong is found before the first file is written.
    """
    wanted.check()
    given, rows, class_list = _lists(wanted, folder)
    done = Exported(_output(wanted, folder, given))
    found, everybody = _read(wanted, folder, book, class_list)
    found = [current.handed_in(chapter, folder) for chapter in found]
    if class_list and not rows:
        _check_class(class_list, found, given)
    only = set(wanted.students)
    people = [one for one in everybody.values() if not only or one.id in only]
    called = pseudonyms.names(folder.root, (one.id for one in people)) if wanted.anonymise else {}
    if wanted.format == "csv":
        texts = {"": plain.text(found, people, not wanted.zero, called)}
    elif wanted.format == "gradescope":
        texts = gradescope.files(folder, found, people, wanted.zero, called)
    else:
        platform, items = PLATFORMS[wanted.format], [Item(one, wanted.item or one.name) for one in found]
        if given and rows:
            filled = fill.taken(platform, given, rows, items, list(everybody.values()), only)
        else:
            filled = fill.made(platform, items, people)
        texts = {"": fill.fill(filled, items, wanted.zero, called, only)}
        done.lines, done.complete = filled.lines, filled.complete
    for chapter in found:
        done.lines += _told(chapter, people, wanted, folder, done)
    _write(texts, done.path)
    if wanted.format == "gradescope":
        gradescope.remove_others(done.path, found, texts)
    return done


def _check_class(class_list: list[dict[str, str]], found: list[Chapter], given: Path | None) -> None:
    """ClassroomError where the list is another class's: then everybody would have handed in nothing."""
    graded = [student for chapter in found for student in chapter.marks]
    if not {line["id"] for line in class_list} & set(graded):
        say = f"{given}: none of its ids has a grade, but {graded[0]!r} has; is it the list of this class?"
        raise ClassroomError(printable(say), 2)


def _lists(wanted: Wanted, folder: CourseFolder) -> tuple[Path | None, list[list[str]], list[dict[str, str]]]:
    """The list that was given, its rows if it is the platform's own table, and the class list.

    A platform's table is given with ``--roster``, and the class list lies beside ``submitted``; or that is given.
    ClassroomError where it is another platform's.
    """
    usual = folder.root / "roster.csv"
    beside = usual if usual.is_file() else None
    given = wanted.roster or beside
    if given is None:
        return None, [], []
    rows = roster.table(given)
    whose = next((name for name, one in PLATFORMS.items() if rows and one.recognises(rows[0])), "")
    if not whose or (whose != "canvas" and "id" in (title.strip().casefold() for title in rows[0])):
        return given, [], roster.lines(given)
    if whose != wanted.format:
        do = f"its own, or your class list, is what  --format {wanted.format}  needs"
        raise ClassroomError(f"{given}: this is a table of {PLATFORMS[whose].name}; {do}", 2)
    return given, rows, roster.lines(usual) if beside and not usual.samefile(given) else []


def _output(wanted: Wanted, folder: CourseFolder, given: Path | None) -> Path:
    """Where it goes; ClassroomError where something stands there that is not to be lost."""
    many = wanted.format == "gradescope"
    name = {"csv": "grades", "gradescope": "gradescope"}.get(wanted.format, f"grades-{wanted.format}")
    name += ("-anonymous" if wanted.anonymise else "") + ("" if many else ".csv")
    path = wanted.output or folder.root / name
    if many and path.exists() and not path.is_dir():
        raise ClassroomError(f"{path}: a file stands where a folder is to be made; name another: --output DIR", 2)
    if not many and (path.is_dir() or path.suffix.casefold() != ".csv"):
        raise ClassroomError(f"{path}: this becomes a file whose name ends with .csv; name one: --output FILE.csv", 2)
    kept = [one for one in (given, folder.root / "roster.csv", folder.root / pseudonyms.FILE) if one and one.exists()]
    if path.exists() and any(path.samefile(one) for one in kept):
        raise ClassroomError(f"{path}: this is a list that is read; name another file: --output FILE.csv", 2)
    return path


def _read(
    wanted: Wanted, folder: CourseFolder, book: Gradebook | None, class_list: list[dict[str, str]]
) -> tuple[list[Chapter], dict[str, Person]]:
    """The chapters that are wanted, and everybody; the gradebook is left as it was."""
    if book is None:
        where = make_url(folder.db_url)
        if where.get_backend_name() == "sqlite" and not Path(where.database or "").is_file():
            do = "grade first, or name the folder of the submissions beside it: --submitted DIR"
            raise ClassroomError(f"{folder.shown_db}: no gradebook there; {do}", 2)
    try:
        opened = book or database.opened(folder.db_url, folder.nbgrader.course_id)
        try:
            found, everybody = grades.chapters(opened, wanted.chapters), grades.people(opened, class_list)
        finally:
            opened.db.rollback()
            if book is None:
                opened.close()
    except (SQLAlchemyError, ImportError) as error:
        raise database.problem(folder.db_url, error, "export") from error
    for student in wanted.students:
        if student not in everybody:
            near = get_close_matches(student, everybody, 1)
            do = f"did you mean {near[0]}?" if near else "look at the class list"
            raise ClassroomError(f"nobody in the gradebook or on the class list is {printable(student)!r}; {do}", 2)
    return found, everybody


def _told(
    chapter: Chapter, people: list[Person], wanted: Wanted, folder: CourseFolder, done: Exported
) -> Iterator[str]:
    """What became of everybody in a chapter, in a few lines."""
    ids = [one.id for one in people]
    marks = {id: chapter.marks[id] for id in ids if id in chapter.marks}
    asked = [one for one in folder.handed_in(chapter.name) if not wanted.students or one.student in ids]
    handed = [one.student for one in asked if one.is_there]
    waiting = [id for id in handed if id not in marks] + [id for id, mark in marks.items() if not mark.graded]
    yield f"{chapter.name}: {sum(mark.graded for mark in marks.values())} graded"
    if nothing := [id for id in ids if id not in marks and id not in handed]:
        yield f"  handed in nothing ({'0' if wanted.zero else 'no grade is written'}) {fill.some(nothing)}"
    if waiting:
        done.complete = False
        yield f"  not graded yet, grade again and export again: {fill.some(waiting)}"
    outdated = current.outdated(chapter, folder)
    if late := [id for id in handed if id in outdated]:
        done.complete = False
        yield f"  another penalty now than was exported, grade again and export again: {fill.some(late)}"
    if review := [id for id, mark in marks.items() if mark.to_review]:
        yield f"  to be reviewed in formgrader, and exported as they stand: {fill.some(review)}"


def _write(texts: dict[str, str], path: Path) -> None:
    for place, text in texts.items():
        try:
            replace(path / place, text, PRIVATE)
        except OSError as error:
            raise unwritable(path / place, error, "export") from error
