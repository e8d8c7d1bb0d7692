"""Moodle: the grading worksheet of an assignment, filled in, and a table for the gradebook's import.

The worksheet is what "Download grading worksheet" gives and "Upload grading worksheet" takes
(``mod/assign/feedback/offline`` in https://github.com/moodle/moodle). Its importer reads the columns Identifier, Grade
and Last modified (grade), and passes over a row without a grade; it would take a column of feedback for new feedback,
so that one is left out. The names are those of Moodle in English.

The table is for "Import > CSV file" in the grades (https://docs.moodle.org/en/Grade_import and
``grade/import/csv/classes/load_data.php``): one column that identifies the user, be it the username, the ID number or
the email address, and one for each grade; which is which is chosen on the page. An empty cell there means that there
is no grade, and takes one away that there is: so whoever has none in all of the table has no row in it.
Both are read as UTF-8 with commas; a byte order mark is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.classroom.export.grades import Person
from autograder.classroom.export.table import Item, Row, Sheet, cell, columns
from autograder.classroom.folder import ClassroomError

WORKSHEET = ("Identifier", "Grade", "Last modified (grade)")
SHOWN = ("Identifier", "Full name", "ID number", "Email address", "Status")  # of a worksheet, where it has them
USERS = ("Username", "ID number", "Email address")
LAST = ("Last name", "Surname")


class Moodle:
    """`table.Platform` for Moodle."""

    name = "Moodle"

    def recognises(self, header: Sequence[str]) -> bool:
        """A grading worksheet, an export of grades, or a list of participants."""
        return set(WORKSHEET) <= set(header) or {"First name", "Email address"} <= set(header)

    def taken(self, path: Path, rows: list[list[str]], items: list[Item]) -> Sheet:
        """The worksheet with its grades, or of another table the columns that identify users, in the same order."""
        header = [title.strip() for title in rows[0]]
        if set(WORKSHEET) <= set(header):
            return self._worksheet(path, header, rows[1:], items)
        users = [n for n, title in enumerate(header) if title in USERS]
        at = columns(path, header, items, _title)
        titles = [item.name if n is None else header[n] for n, item in zip(at, items, strict=True)]
        sheet = Sheet([header[n] for n in users], titles, [], no_empty_rows=True)
        sheet.new = [item for n, item in zip(at, items, strict=True) if n is None]
        for number, row in enumerate(rows[1:], 2):
            old = [cell(row, n).removesuffix("-") for n in at]
            sheet.rows.append(self._row(header, row, users, number, old))
        return sheet

    def made(self, people: Sequence[Person], items: list[Item]) -> Sheet:
        """The username is the student's id, where the class list has no column of that name."""
        titles = [item.name for item in items]
        sheet = Sheet(list(USERS), titles, [], keys=("Email address",), no_empty_rows=True)
        for one in people:
            number = one.known("idnumber", "id_number", "id number") or one.lms_user_id
            cells = [one.known("username") or one.id, number, one.email]
            sheet.rows.append(Row(cells, [""] * len(items), student=one.id))
        return sheet.without_empty()

    def _worksheet(self, path: Path, header: list[str], rows: list[list[str]], items: list[Item]) -> Sheet:
        if len(items) > 1:
            raise ClassroomError(f"{path}: a grading worksheet is for one assignment; name one chapter", 2)
        shown = [n for n, title in enumerate(header) if title in SHOWN]
        most = header.index("Maximum Grade") if "Maximum Grade" in header else None
        modified = header.index("Last modified (grade)")
        sheet = Sheet([header[n] for n in [*shown, modified]], ["Grade"], [])
        sheet.called = "Full name" if "Full name" in sheet.header else "Identifier"
        for number, row in enumerate(rows, 2):
            old = [cell(row, header.index("Grade")).removesuffix("-")]  # a dash is no grade
            sheet.rows.append(self._row(header, row, [*shown, modified], number, old))
        found = {_number(cell(row, most)) for row in rows}
        sheet.most = [found.pop() if len(found) == 1 else None]
        return sheet

    @staticmethod
    def _row(header: list[str], row: list[str], columns: list[int], number: int, old: list[str]) -> Row:
        said = {title: cell(row, n) for n, title in enumerate(header)}
        last = next((said[title] for title in LAST if title in said), "")
        name = said.get("Full name") or f"{said.get('First name', '')} {last}".strip()
        ids = tuple(said[title] for title in (*USERS, "Identifier") if said.get(title))
        return Row([cell(row, n) for n in columns], old, number, ids, name)


def _title(header: str) -> str:
    """A grade item's name without what stands before and behind it, as in "Assignment: Recurrence (Real)"."""
    return re.sub(r"\s*\((?:Real|Percentage|Letter)\)\Z", "", header.partition(":")[2].strip() or header)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
