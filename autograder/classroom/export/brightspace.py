"""Brightspace: the CSV file of "Grades > Enter Grades > Import".

Documented in "Importing grades" (https://community.d2l.com/brightspace/kb/articles/3538-importing-grades): the columns
OrgDefinedId or Username, or both, one "<Item> Points Grade" for each item that is graded in points, and at the end
"End-of-Line Indicator", with # in each row. Its own exports put # before identifiers as well, so that a spreadsheet
leaves them alone (https://kb.wisc.edu/page.php?id=4330), and behind an item's name its points, as in
"<Numeric MaxPoints:10>"; the import knows both. An item that is not there yet is made by the import.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.classroom.export.grades import Person
from autograder.classroom.export.table import Item, Row, Sheet, cell, columns

GRADE = "Points Grade"
END = (["End-of-Line Indicator"], ["#"])
KEYS = ("OrgDefinedId", "Username")


class Brightspace:
    """`table.Platform` for Brightspace."""

    name = "Brightspace"

    def recognises(self, header: Sequence[str]) -> bool:
        """An export of grades, or a list of the class with the same identifiers."""
        titles = {title.strip().casefold() for title in header}
        return "orgdefinedid" in titles or {"username", "end-of-line indicator"} <= titles

    def taken(self, path: Path, rows: list[list[str]], items: list[Item]) -> Sheet:
        """The identifiers as they were, in the same order, and the columns of the items that are exported."""
        header = [title.strip() for title in rows[0]]
        place = {title.casefold(): n for n, title in enumerate(header)}
        keys = [place[key.casefold()] for key in KEYS if key.casefold() in place]
        at = columns(path, header, items, _title)
        titles = [f"{item.name} {GRADE}" if n is None else header[n] for n, item in zip(at, items, strict=True)]
        sheet = Sheet([header[n] for n in keys], titles, [], tail=END, called=header[keys[-1]])
        sheet.new = [item for n, item in zip(at, items, strict=True) if n is None]
        sheet.most = [None if n is None else _most(header[n]) for n in at]
        for number, row in enumerate(rows[1:], 2):
            name = " ".join(filter(None, (cell(row, place.get(part)) for part in ("first name", "last name"))))
            ids = [cell(row, n).removeprefix("#") for n in [*keys, *([place["email"]] if "email" in place else [])]]
            cells = [cell(row, n) for n in keys]
            sheet.rows.append(Row(cells, [cell(row, n) for n in at], number, tuple(filter(None, ids)), name))
        return sheet

    def made(self, people: Sequence[Person], items: list[Item]) -> Sheet:
        """The username is the student's id, where the class list has no column of that name."""
        titles = [f"{item.name} {GRADE}" for item in items]
        sheet = Sheet(list(KEYS), titles, [], tail=END, called="Username", no_empty_rows=True)
        for one in people:
            number = one.known("orgdefinedid", "org_defined_id") or one.lms_user_id
            keys = [number, one.known("username") or one.id]
            sheet.rows.append(Row([f"#{key}" if key else "" for key in keys], [""] * len(items), student=one.id))
        return sheet.without_empty()


def _title(header: str) -> str:
    """An item's name, without what Brightspace writes behind it."""
    return header.partition(f" {GRADE}")[0] if f" {GRADE}" in header else ""


def _most(header: str) -> float | None:
    found = re.search(r"MaxPoints:(\d+(?:\.\d+)?)", header)
    return float(found[1]) if found else None
