"""Canvas: the CSV file of its Gradebook.

The format is what Canvas exports itself, and what its importer reads: ``lib/gradebook_exporter.rb`` and
``lib/gradebook_importer.rb`` in https://github.com/instructure/canvas-lms, and "How do I import grades in the
Gradebook?" of its guides. The first row names the columns, which begin with Student (or LastName, FirstName), ID, then
perhaps SIS User ID, SIS Login ID, Integration ID and Root Account, and Section; a row "Points Possible" follows. Canvas
finds a student by ID, else by SIS User ID, SIS Login ID, or the name, and an assignment by the number behind its title;
where it finds none, it offers to make a new one. Columns that are missing stay as they are. A byte order mark would
hide the first column's name from it, so there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.classroom.export.grades import Person
from autograder.classroom.export.table import Item, Row, Sheet, cell, columns, points
from autograder.classroom.folder import ClassroomError

POSSIBLE = "    Points Possible"  # four blanks keep it on top where Canvas sorts
EXCUSED = frozenset({"EX", "N/A"})  # excused, and not assigned


class Canvas:
    """`table.Platform` for Canvas."""

    name = "Canvas"

    def recognises(self, header: Sequence[str]) -> bool:
        """As Canvas's own importer does."""
        one = len(header) > 2 and "Student" in header[0] and "ID" in header[1]
        two = len(header) > 3 and list(header[:2]) == ["LastName", "FirstName"] and "ID" in header[2]
        return (one or two) and "Section" in header

    def taken(self, path: Path, rows: list[list[str]], items: list[Item]) -> Sheet:
        """The identifying columns as they were, in the same order, and of the assignments those that are exported."""
        header = rows[0]
        width = header.index("Section") + 1
        places = columns(path, header[width:], items, _title)
        at = [None if place is None else place + width for place in places]
        possible = next((row for row in rows[1:] if "Points Possible" in row[0]), [])
        titles = [item.name if n is None else header[n] for n, item in zip(at, items, strict=True)]
        worth = [cell(possible, n) or points(item.chapter.max_score) for n, item in zip(at, items, strict=True)]
        if read_only := [title for title, points in zip(titles, worth, strict=True) if "read only" in points]:
            raise ClassroomError(f"{path}: Canvas computes the column {read_only[0]!r} itself; name another: --item", 2)
        sheet = Sheet(header[:width], titles, [], [[POSSIBLE, *[""] * (width - 1), *worth]], kept=EXCUSED)
        sheet.new = [item for n, item in zip(at, items, strict=True) if n is None]
        sheet.most = [None if n is None else _number(cell(possible, n)) for n in at]
        for number, row in enumerate(rows[1:], 2):
            if row is not possible and not all(
                re.fullmatch(r"(?i)\s*(muted|manual posting.*)?\s*", one) for one in row
            ):
                sheet.rows.append(self._row(header, row, width, number, [cell(row, n) for n in at]))
        return sheet

    def made(self, people: Sequence[Person], items: list[Item]) -> Sheet:
        """Canvas's numbers are in ``lms_user_id``; the login is the student's id, where the class list has no other."""
        header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        worth = [points(item.chapter.max_score) for item in items]
        above = [[POSSIBLE, "", "", "", "", *worth]]
        sheet = Sheet(header, [item.name for item in items], [], above, keys=("ID",))
        for one in people:
            sis, login = one.known("sis_user_id", "sis user id"), one.known("sis_login_id", "sis login id", "username")
            name = ", ".join(filter(None, (one.last_name, one.first_name))) or one.name
            cells = [name, one.lms_user_id, sis, login or one.id, one.known("section")]
            sheet.rows.append(Row(cells, [""] * len(items), student=one.id))
        return sheet

    @staticmethod
    def _row(header: list[str], row: list[str], width: int, number: int, old: list[str]) -> Row:
        cells = [row[n] if n < len(row) else "" for n in range(width)]
        said = dict(zip(header, (one.strip() for one in cells), strict=False))
        name = said.get("Student") or f"{said.get('FirstName', '')} {said.get('LastName', '')}".strip()
        names = ("SIS Login ID", "SIS User ID", "ID", "Integration ID")
        return Row(cells, old, number, tuple(said[one] for one in names if said.get(one)), name)


def _title(header: str) -> str:
    """An assignment's title without the number that Canvas adds."""
    return re.sub(r"\s\(\d+\)\Z", "", header)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
