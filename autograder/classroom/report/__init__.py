"""The report on a class: one page of HTML, and a table for a spreadsheet beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.classroom import pseudonyms, settings
from autograder.classroom.folder import ClassroomError, unwritable
from autograder.classroom.report import answers, similar, table
from autograder.classroom.report.gather import gather
from autograder.classroom.report.page import page
from autograder.classroom.results import PRIVATE, replace
from autograder.paths import straight

__all__ = ["Report", "report"]
FOLDER = "reports"


@dataclass(frozen=True)
class Report:
    """Where a report lies; how many students it is about, and pairs or groups with similar answers."""

    page: Path
    table: Path
    students: int
    alike: int


def report(chapter: str, submitted: Path, anonymise: bool = False) -> Report:
    """Write ``reports/CHAPTER.html`` and ``.csv`` beside ``submitted``; ``anonymise``: without names, elsewhere.

    CourseError or ClassroomError, one line each, when there is nothing to report on or no place to write to; then
    nothing is changed.
    """
    found = gather(chapter, submitted)
    root = straight(Path(submitted)).parent
    sources = answers.sources(found.answers)
    likeness = similar.compare(sources, answers.known(chapter))
    other = pseudonyms.names(root, found.everyone) if anonymise else {}

    def named(student: str) -> str:
        return other[student] if anonymise else student

    name = f"{chapter}-anonymous" if anonymise else chapter
    made = Report(
        root / FOLDER / f"{name}.html",
        root / FOLDER / f"{name}.csv",
        len(found.results),
        len(likeness.pairs) + len(likeness.same),
    )
    site = settings.read(root).site
    texts = page(found, likeness, sources, named, site, anonymise), table.text(found, named, anonymise)
    _look_for_room(made)
    try:
        for path, text in zip((made.page, made.table), texts, strict=True):
            replace(path, text, PRIVATE)
    except OSError as error:
        raise unwritable(made.page, error, "make the report") from error
    return made


def _look_for_room(made: Report) -> None:
    """ClassroomError where something stands in the place of the report, before any part of it is written."""
    folder = made.page.parent
    in_the_way = [folder] * (folder.exists() and not folder.is_dir())
    for path in in_the_way or [path for path in (made.page, made.table) if path.is_dir()]:
        raise ClassroomError(f"{path}: is in the way of the report; move it elsewhere, and make the report again")
