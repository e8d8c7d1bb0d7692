"""Other names for students, for whatever leaves the course: drawn by chance, and the same for the whole term.

They are kept in the course folder in ``pseudonyms.csv``, which only its owner may read: whoever has that file knows
who is who, and nobody can work it out without. Delete it after term, and no export can be traced back.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from autograder.classroom.folder import ClassroomError, unwritable

FILE = "pseudonyms.csv"
COLUMNS = ["student", "pseudonym"]
LETTERS = "23456789bcdfghjkmnpqrstvwxz"  # no two that look alike, and no vowels: chance writes no words
LENGTH = 4
PATIENCE = 10.0  # seconds that another command, which draws names as well, is waited for


def names(root: Path, students: Iterable[str]) -> dict[str, str]:
    """A pseudonym, such as ``student-7f3k``, for each of these students of the course in ``root``.

    Whoever has one keeps it, and the others get one now. ClassroomError, in one line, when the list of them cannot
    be read or written; then nothing is changed.
    """
    path = root / FILE
    try:
        with FileLock(root / f".{FILE}.lock", timeout=PATIENCE):
            known = _read(path)
            wanted = dict.fromkeys(students)
            if new := [student for student in wanted if student not in known]:
                known |= _drawn(new, set(known.values()))
                _write(path, known)
    except Timeout:
        raise ClassroomError(f"{path}: another command has it open; wait until it has finished") from None
    except OSError as error:
        raise unwritable(path, error, "export") from error
    return {student: known[student] for student in wanted}


def _drawn(students: list[str], taken: set[str]) -> dict[str, str]:
    """Names that nobody has; longer ones where so many are taken that drawing would take long."""
    length = LENGTH
    while len(LETTERS) ** length < 4 * (len(taken) + len(students)):
        length += 1
    drawn = {}
    for student in students:
        while (name := f"student-{''.join(secrets.choice(LETTERS) for _ in range(length))}") in taken:
            pass
        taken.add(name)
        drawn[student] = name
    return drawn


def _read(path: Path) -> dict[str, str]:
    """The list as `_write` wrote it: a changed or cut one might give one student's name to another."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return {}
    wrong = ClassroomError(f"{path}: not the list of pseudonyms that was written; put it back, or delete it", 2)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise wrong from error
    if rows[:1] != [COLUMNS] or any(len(row) != 2 or not all(row) for row in rows):
        raise wrong
    known = {_original(student): pseudonym for student, pseudonym in rows[1:]}
    if len({*known.values()}) < len(rows) - 1 or len(known) < len(rows) - 1:
        raise wrong
    return known


def _write(path: Path, known: dict[str, str]) -> None:
    """All of it or nothing, and at no moment can anybody else read it."""
    part = path.with_name(f".{FILE}.part")  # one name: what a kill leaves is replaced by the next command
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8"
    ) as file:
        csv.writer(file).writerows([COLUMNS, *([_harmless(student), known[student]] for student in sorted(known))])
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _harmless(student: str) -> str:
    """A name that a spreadsheet would take for a formula, behind an apostrophe, as `_original` undoes it."""
    return f"'{student}" if student.lstrip().startswith(("'", "=", "+", "-", "@")) else student


def _original(cell: str) -> str:
    return cell.removeprefix("'")
