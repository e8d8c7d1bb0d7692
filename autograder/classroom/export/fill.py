"""A platform's table with the gradebook's grades in it: whose each row is, what each cell becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import roster
from autograder.classroom.collected import printable
from autograder.classroom.export.grades import Chapter, Person
from autograder.classroom.export.table import Item, Platform, Row, Sheet, points
from autograder.classroom.folder import ClassroomError


@dataclass
class Filled:
    """A table that can be written, with lines for the instructor; ``complete``: no grade is left out of it."""

    sheet: Sheet
    lines: list[str] = field(default_factory=list)
    complete: bool = True


def taken(
    platform: Platform,
    path: Path,
    rows: list[list[str]],
    items: list[Item],
    people: Sequence[Person],
    only: Collection[str],
) -> Filled:
    """The platform's own table in ``path``; ClassroomError where it is not to be read, or two rows are one student's.

    A row of nobody in the gradebook stays without a grade, and a line says so; so does one on each student, or of
    ``only`` these, who has no row.
    """
    filled = Filled(platform.taken(path, rows, items))
    by_row = _match(filled, path, people)
    for one in people:
        if one.id not in by_row and (not only or one.id in only):
            marks = {item.chapter.name: item.chapter.marks.get(one.id) for item in items}
            lost = ", ".join(f"{points(mark.score)} points in {name}" for name, mark in marks.items() if mark)
            filled.lines.append(printable(f"not in {path}: {one.id} ({one.name}), {lost or 'nothing handed in'}"))
            filled.complete &= not lost
    for row in filled.sheet.rows:
        if row.student and not any(row.cells):
            where = f"row {row.number} of {path} has none of {', '.join(filled.sheet.header) or 'its columns'}"
            filled.lines.append(printable(f"{where}: {platform.name} cannot find {row.student} by it"))
            filled.complete = False
    filled.lines += _warnings(filled.sheet, items, f"{path}", platform.name, rows[0])
    return filled


def made(platform: Platform, items: list[Item], people: Sequence[Person]) -> Filled:
    """A table of our own making, where the platform gave none."""
    filled = Filled(platform.made(people, items))
    for n, title in enumerate(filled.sheet.header):
        without = [row.student for row in filled.sheet.rows if not row.cells[n]]
        if without and title in filled.sheet.keys:
            whom = some(without) if len(without) < len(people) else "anybody"
            filled.lines.append(f"{title} is not known of {whom}; the class list can have it")
    return filled


def fill(filled: Filled, items: list[Item], zero: bool, anonymous: Mapping[str, str], only: Collection[str]) -> str:
    """The table as text. ``zero``: who handed in nothing gets 0, and else what the platform has there stays.

    ``anonymous`` are pseudonyms, or nothing; ``only`` are the students who are wanted, or nothing for all.
    """
    sheet = filled.sheet
    grades = {id(row): [_cell(item.chapter, row, n, sheet, zero) for n, item in enumerate(items)] for row in sheet.rows}
    if sheet.no_empty_rows:
        sheet.rows = [row for row in sheet.rows if any(grades[id(row)])]
    if only:
        sheet.rows = [row for row in sheet.rows if row.student in only]
    for row in sheet.rows:
        for item, old in zip(items, row.old, strict=True):
            if old in sheet.kept and row.student in item.chapter.marks:
                filled.lines.append(printable(f"{row.student}: {old} in {item.chapter.name} stays, and is no grade"))
    if anonymous:
        sheet.rows = sorted((row for row in sheet.rows if row.student), key=lambda row: anonymous[row.student])
        place = sheet.header.index(sheet.called or sheet.header[0])
        for row in sheet.rows:
            row.cells = [anonymous[row.student] if n == place else "" for n in range(len(row.cells))]
    return sheet.text([grades[id(row)] for row in sheet.rows], bool(anonymous))


def some(students: Sequence[str], most: int = 20) -> str:
    """How many and who, in one line."""
    rest = f" and {len(students) - most} more" if len(students) > most else ""
    return printable(f"{len(students)}: {', '.join(students[:most])}")[:400] + rest


def _match(filled: Filled, path: Path, people: Sequence[Person]) -> dict[str, int]:
    """Whose each row is: the number of the row, by student."""
    columns = dict.fromkeys(column for one in people for column in one.line)
    known = roster.of([{column: one.line.get(column, "") for column in columns} for one in people])
    filled.lines += map(printable, known.doubts)
    found: dict[str, int] = {}
    for row in filled.sheet.rows:
        student = known.find(row.ids, row.name)
        if isinstance(student, str):
            why = student.replace("on the roster", "in the gradebook", 1)
            filled.lines.append(printable(f"row {row.number} of {path} gets no grade: {why}"))
        elif student.id in found:
            both = f"rows {found[student.id]} and {row.number} are both {student.id}"
            raise ClassroomError(printable(f"{path}: {both}; keep the right one"), 2)
        else:
            found[student.id], row.student = row.number, student.id
    if not found:
        why = f"is it of this course? {filled.lines[-1] if filled.sheet.rows else 'it has none'}"
        raise ClassroomError(printable(f"{path}: no row of it is a student in the gradebook; {why}"), 2)
    return found


def _warnings(sheet: Sheet, items: list[Item], path: str, platform: str, header: list[str]) -> Iterator[str]:
    """What a teacher should know before the import: new columns, and other maxima than ours."""
    for item in sheet.new:
        others = [title for title in header if title not in sheet.header][:8]
        there = f"; it has {', '.join(map(repr, others))}, and --item NAME names one of them" if others else ""
        yield printable(f"{path} has no column for {item.name}: to {platform} it is a new one{there}")
    for item, most in zip(items, sheet.most, strict=False):
        if most is not None and most != item.chapter.max_score:
            ours = f"{points(most)} points and the gradebook {points(item.chapter.max_score)}"
            yield f"{platform} gives {item.chapter.name} {ours}: the points are exported as they are, and not scaled"


def _cell(chapter: Chapter, row: Row, place: int, sheet: Sheet, zero: bool) -> str:
    mark, old = chapter.marks.get(row.student), row.old[place]
    if old in sheet.kept:
        return old
    if mark is not None:
        return points(mark.score) if mark.graded else old
    return "0" if row.student and zero else old
