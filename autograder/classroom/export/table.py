"""A table of grades as a platform takes it: columns that identify students, columns of grades, and what is in a cell.

What platforms read are identifiers and numbers; names are for people, who open the file in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autograder import course
from autograder.classroom.cells import harmless
from autograder.classroom.export.grades import Chapter, Person
from autograder.classroom.folder import ClassroomError

PLAIN = re.compile(r"[\w.@+-]*")  # nothing with these letters alone calls a function, a program or a page


@dataclass(frozen=True)
class Item:
    """A column of grades: a chapter, and what it is called on the platform."""

    chapter: Chapter
    name: str

    def matches(self, title: str) -> bool:
        """Whether a platform's column of this title is meant: by the name asked for, or by the chapter."""
        if self.name != self.chapter.name:
            return title.strip().casefold() == self.name.strip().casefold()
        slug = self.chapter.name
        names = {slug} | ({course.load(slug).title} if slug in course.chapters() else set())
        return title.strip().casefold() in {name.casefold() for name in names} or slug in re.findall(r"\w+", title)


@dataclass
class Row:
    """One student's row; ``old`` is what the platform had in the columns of grades."""

    cells: list[str]
    old: list[str]
    number: int = 0  # in the file that the platform gave
    ids: tuple[str, ...] = ()
    name: str = ""
    student: str = ""  # of the gradebook; "" where nobody there is meant


@dataclass
class Sheet:
    """A whole table. ``header`` and ``Row.cells`` identify students; the columns of ``items`` stand behind them."""

    header: list[str]
    items: list[str]
    rows: list[Row]
    above: list[list[str]] = field(default_factory=list)  # whole rows below the header that are no student's
    tail: tuple[list[str], list[str]] = ([], [])  # columns behind the grades: names, and the same value for everybody
    new: list[Item] = field(default_factory=list)  # what the platform's own file has no column for
    most: list[float | None] = field(default_factory=list)  # the points that the platform gives, where it says so
    called: str = ""  # the column that a pseudonym goes to; the first, where none is named
    kept: frozenset[str] = frozenset()  # cells of the platform that are no grades and stay
    keys: tuple[str, ...] = ()  # of the header: what the platform finds students by
    no_empty_rows: bool = False  # where an empty cell takes a grade away

    def text(self, grades: Sequence[Sequence[str]], anonymous: bool) -> str:
        """The table as CSV: UTF-8, commas, lines that end as RFC 4180 has them, and no cell that calls anything."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow([*self.header, *self.items, *self.tail[0]])
        writer.writerows(self.above)
        for row, found in zip(self.rows, grades, strict=True):
            cells = map(harmless, row.cells) if anonymous else self._identifying(row.cells)
            writer.writerow([*cells, *map(harmless, found), *self.tail[1]])
        return stream.getvalue()

    def without_empty(self) -> Sheet:
        """Without the identifying columns in which nobody has anything."""
        full = [n for n in range(len(self.header)) if any(row.cells[n] for row in self.rows)]
        self.header = [self.header[n] for n in full]
        for row in self.rows:
            row.cells = [row.cells[n] for n in full]
        return self

    def _identifying(self, cells: Iterable[str]) -> Iterator[str]:
        """As the platform has them, where they cannot be a call: an apostrophe would make them somebody else's."""
        for title, cell in zip(self.header, cells, strict=True):
            yield harmless(cell) if title in NAMES or not PLAIN.fullmatch(cell) else cell


NAMES = ("Student", "LastName", "FirstName", "Full name", "Section")  # read by people, and not by platforms


class Platform(Protocol):
    """How one learning platform writes and reads a table of grades."""

    name: str

    def recognises(self, header: Sequence[str]) -> bool:
        """Whether a table with these columns is its own."""

    def taken(self, path: Path, rows: list[list[str]], items: list[Item]) -> Sheet:
        """The table that the platform gave, with columns for these items; ClassroomError where that cannot be."""

    def made(self, people: Sequence[Person], items: list[Item]) -> Sheet:
        """A table of our own making, for the same import."""


def points(score: float) -> str:
    """Two decimals, as the platforms show them, and no more of them than are needed."""
    return f"{score:.2f}".rstrip("0").rstrip(".")


def columns(path: Path, header: Sequence[str], items: list[Item], bare: Callable[[str], str]) -> list[int | None]:
    """Of each item, which column of the platform's table is its own; ``bare`` takes off what the platform adds."""
    found: list[int | None] = []
    for item in items:
        places = [n for n, title in enumerate(header) if item.matches(bare(title)) or title.strip() == item.name]
        if len(places) > 1:
            named = " and ".join(repr(header[n]) for n in places)
            raise ClassroomError(f"{path}: {named} may both be {item.name}; say which with  --item NAME", 2)
        found.append(places[0] if places else None)
    return found


def cell(row: Sequence[str], place: int | None) -> str:
    """A cell of a row that may be short, or of a column that is not there."""
    return row[place].strip() if place is not None and place < len(row) else ""
