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
from pathlib import Path

from autograder.classroom.folder import ClassroomError

NAMES = ("first_name", "last_name")  # nbgrader's columns; any other column but these may identify a student
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Student:
    """One line of the roster; ``known_as`` holds what identifies this student alone, in small letters."""

    id: str
    name: str = ""
    known_as: frozenset[str] = frozenset()


class Roster:
    """All students of a class; ``find`` says who is meant, or why nobody can be."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = sorted(students, key=lambda student: student.id)
        self._by_id = {known: student for student in self.students for known in student.known_as}

    def knows(self, name: str) -> bool:
        """Whether it identifies a student."""
        return name.casefold() in self._by_id

    def find(self, ids: Sequence[str], name: str) -> Student | str:
        """The student with one of these identifiers, or else of this name; otherwise a sentence that says why not.

        Names are compared without accents, capitals and order: Canvas writes "mullerana" for Ana Müller.
        """
        for known in ids:
            if known.casefold() in self._by_id:
                return self._by_id[known.casefold()]
        found = [one for one in self.students if name and _same(one.name, name)]
        if len(found) == 1:
            return found[0]
        if found:
            return f"several on the roster are called {name!r}: {', '.join(one.id for one in found)}"
        forms = {form: one for one in self.students for form in _turned(one.name)}
        near = [forms[form] for form in get_close_matches(_letters(name), forms, 1)]
        hint = f"; the nearest is {near[0].name} ({near[0].id})" if near else ""
        return f"nobody on the roster is {name or next(iter(ids), '')!r}{hint}"


def read(path: Path) -> Roster:
    """A CSV file with a column ``id``, and those that the platform knows; ClassroomError in one line otherwise."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise ClassroomError(f"{path}: the roster cannot be read ({error.strerror})", 2) from error
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    columns = [(name or "").strip().casefold() for name in rows[0]] if rows else []
    if "id" not in columns:
        near = get_close_matches("id", columns, 1, 0.4) or columns[:1]
        do = f"rename the column {near[0]!r}" if near else "its first line has to name the columns"
        raise ClassroomError(f"{path}: no column of the roster is called 'id'; {do}", 2)
    lines = [dict(zip(columns, [(value or "").strip() for value in row.values()], strict=False)) for row in rows]
    return Roster(_students(path, [line for line in lines if any(line.values())]))


def _students(path: Path, lines: list[dict[str, str]]) -> list[Student]:
    counts = Counter(line["id"].casefold() for line in lines)
    for number, line in enumerate(lines, 2):
        if not line["id"] or "/" in line["id"] or line["id"].startswith(".") or not line["id"].isprintable():
            raise ClassroomError(
                f"{path}, line {number}: {line['id']!r} is no id for a folder; give this student one", 2
            )
        if counts[line["id"].casefold()] > 1:
            raise ClassroomError(
                f"{path}: {line['id']!r} stands there {counts[line['id'].casefold()]} times; keep one", 2
            )
    values = [{value.casefold() for key, value in line.items() if key not in NAMES and value} for line in lines]
    shared = {value for value, count in Counter(value for each in values for value in each).items() if count > 1}
    return [
        Student(
            line["id"], " ".join(filter(None, map(line.get, NAMES))) or line.get("name", ""), frozenset(each - shared)
        )
        for line, each in zip(lines, values, strict=True)
    ]


def _decoded(raw: bytes) -> str:
    """Excel writes UTF-8 with a mark, UTF-16, or the code page of a Western computer."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter)).split()


def _letters(name: str) -> str:
    return "".join(_words(name))


def _same(name: str, written: str) -> bool:
    """The same words in any order; or all in one, cut anywhere: "delacruzana" is Ana de la Cruz."""
    return sorted(_words(name)) == sorted(_words(written)) or _letters(written) in _turned(name)


def _turned(name: str) -> list[str]:
    words = _words(name)
    return ["".join(words[cut:] + words[:cut]) for cut in range(len(words))]
