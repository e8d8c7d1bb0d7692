"""The class list: a CSV file in, and of each name on a submission the student who is meant."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from autograder.classroom.folder import ClassroomError

NAMES = ("first_name", "last_name")  # nbgrader's columns; any other column but these may identify a student,
NUMBERS = ("email", "lms_user_id")  # and these are there for it, even if two have the same by mistake
DELIMITERS = ",;\t|"
LARGEST = 50_000_000  # bytes


@dataclass(frozen=True)
class Student:
    """One line of the roster; ``known_as`` holds what identifies this student, in small letters."""

    id: str
    name: str = ""
    known_as: frozenset[str] = frozenset()


class Roster:
    """All students of a class; ``find`` says who is meant, or why nobody can be.

    What several are known as is nobody's; ``doubts`` has a line on it, for the instructor.
    """

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = sorted(students, key=lambda student: student.id)
        holders: dict[str, list[Student]] = {}
        for student in self.students:
            for known in sorted(student.known_as - {_key(student.id)}):
                holders.setdefault(known, []).append(student)
        ids = {_key(student.id): student for student in self.students}  # nobody else's nickname
        self._by_id = {known: students[0] for known, students in holders.items() if len(students) == 1} | ids
        self.doubts = [
            f"{known!r} finds {ids[known].id if known in ids else 'nobody'}: it stands in the "
            f"line{'s' * (len(students) > 1)} of {', '.join(one.id for one in students)}{' as well' * (known in ids)}"
            for known, students in holders.items()
            if len(students) > 1 or known in ids
        ]

    def knows(self, name: str) -> bool:
        """Whether it identifies a student."""
        return _key(name) in self._by_id

    def find(self, ids: Sequence[str], name: str) -> Student | str:
        """The student with these identifiers, or else of this name; otherwise a sentence that says why not.

        Names are compared without accents, capitals and order: Canvas writes "mullerana" for Ana Müller.
        """
        named = [one for one in self.students if _same(one.name, name)]
        by_id = {student.id: student for student in map(self._by_id.get, map(_key, ids)) if student}
        if len(by_id) == 1 and (not named or next(iter(by_id.values())) in named):
            return next(iter(by_id.values()))
        if by_id:  # somebody may have typed another's number
            meant = ", ".join(sorted({*by_id, *(one.id for one in named)}))
            return f"its name {name!r} and its numbers are those of several: {meant}"
        if len(named) == 1:
            return named[0]
        if named:
            return f"several on the roster are called {name!r}: {', '.join(one.id for one in named)}"
        forms = {form: one for one in self.students for form in _turned(one.name)}
        near = [forms[form] for form in get_close_matches(_letters(name), forms, 1)]
        hint = f"; the nearest is {near[0].name} ({near[0].id})" if near else ""
        return f"nobody on the roster is {name or next(iter(ids), '')!r}{hint}"


def read(path: Path) -> Roster:
    """A CSV file with a column ``id``, and those that the platform knows; ClassroomError in one line otherwise."""
    return of(lines(path))


def of(lines: list[dict[str, str]]) -> Roster:
    """The students of these lines, which have one value for each column, and in ``id`` one that nobody else has."""
    telling = [key for key in (lines[0] if lines else {}) if key not in NAMES and _identifies(lines, key)]
    return Roster(
        Student(
            line["id"],
            " ".join(filter(None, map(line.get, NAMES))) or line.get("name", ""),
            frozenset(_key(line[key]) for key in telling if line[key]),
        )
        for line in lines
    )


def lines(path: Path) -> list[dict[str, str]]:
    """What a class list says of each student, by the names of its columns in small letters; errors as `read`."""
    rows = table(path)
    columns = [name.strip().casefold() for name in rows[0]] if rows else []
    if columns.count("id") != 1:
        near = get_close_matches("id", columns, 1, 0.4) or columns[:1]
        do = f"rename the column {near[0]!r}" if near else "its first line has to name the columns"
        raise ClassroomError(f"{path}: no column of the roster, or more than one, is called 'id'; {do}", 2)
    found = [_line(columns, row) for row in rows[1:]]
    _check_ids(path, found)
    return found


def table(path: Path) -> list[list[str]]:
    """The rows of a CSV file in any usual encoding and with any usual delimiter; empty ones are passed over."""
    if path.exists() and (not path.is_file() or path.stat().st_size > LARGEST):
        raise ClassroomError(f"{path}: no file of a class list; name a CSV file of 50 MB at most", 2)
    try:
        text = io.StringIO(_decoded(path.read_bytes()).replace("\0", ""), newline=None).read()
    except OSError as error:
        raise ClassroomError(f"{path}: the roster cannot be read ({error.strerror})", 2) from error
    begins = 1  # the line of the row that is read
    if text.startswith("sep="):  # Excel's own first line
        text, begins = text.partition("\n")[2], 2
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(DELIMITERS, key=first.count), strict=True)
    rows, above = [], begins
    try:
        for row in reader:
            begins = above + reader.line_num
            if any(row):
                rows.append(row)
    except csv.Error as error:  # what is not closed swallows all that follows
        odd = "a quotation mark is never closed, or stands alone within a cell"
        raise ClassroomError(f"{path}, line {begins}: {odd} ({error}); close it, or write it twice", 2) from error
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row[len(rows[0]) :]):
            raise ClassroomError(
                f"{path}: row {number} has more cells than the first; put quotation marks around commas", 2
            )
    return rows


def _line(columns: list[str], row: list[str]) -> dict[str, str]:
    return {column: row[n].strip() if n < len(row) else "" for n, column in enumerate(columns)}


def _check_ids(path: Path, lines: list[dict[str, str]]) -> None:
    counts = Counter(_key(line["id"]) for line in lines)
    for number, line in enumerate(lines, 2):
        name = line["id"]
        if not name or "/" in name or name.startswith(".") or not name.isprintable() or len(name.encode()) > 200:
            raise ClassroomError(f"{path}, row {number}: {name[:40]!r} is no id for a folder; give this student one", 2)
        if counts[_key(name)] > 1:
            raise ClassroomError(f"{path}: {name!r} stands there {counts[_key(name)]} times; keep one", 2)


def _identifies(lines: list[dict[str, str]], key: str) -> bool:
    """A column such as the section identifies nobody."""
    values = [_key(line[key]) for line in lines if line[key]]
    return key in NUMBERS or len(values) == len(set(values))


def _key(written: str) -> str:
    return unicodedata.normalize("NFC", written.strip()).casefold()


def _decoded(raw: bytes) -> str:
    """Excel writes UTF-8 with a mark, UTF-16, or the code page of a Western computer."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


@lru_cache(maxsize=10_000)  # each name of a class is compared with each other
def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter)).split()


def _letters(name: str) -> str:
    return "".join(_words(name))


def _same(name: str, written: str) -> bool:
    """The same words in any order; or all in one, cut anywhere: "delacruzana" is Ana de la Cruz."""
    words = _words(written)
    return bool(words) and (sorted(_words(name)) == sorted(words) or "".join(words) in _turned(name))


@lru_cache(maxsize=10_000)
def _turned(name: str) -> list[str]:
    words = _words(name)
    return ["".join(words[cut:] + words[:cut]) for cut in range(len(words))]
