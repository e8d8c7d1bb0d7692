"""What became of each file of a download: as lines for the terminal, and as a table."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.classroom import roster
from autograder.classroom.cells import harmless
from autograder.classroom.downloads import SYSTEM_FILE
from autograder.classroom.folder import ClassroomError
from autograder.classroom.platforms import CLOCKS

LIST = "collected.csv"
HEADER = ["what", "student", "chapter", "sent (UTC)", "platform", "file", "why or note", "collected (UTC)"]
HEADER += ["attempt", "sha256"]  # by which the next time knows what it finds
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND  # nobody else's to read, as all lists of a class
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """What became of one file for one student: taken as their work of a chapter, or left, and why."""

    source: str
    student: str = ""
    chapter: str = ""
    sent: datetime | None = None
    left: str = ""
    note: str = ""
    platform: str = ""
    ids: tuple[str, ...] = ()
    order: tuple[datetime, int, bool, bool, int] = (NEVER, 0, False, False, 0)
    data: bytes = b""
    sha256: str = ""  # of the notebook that was written

    @property
    def attempt(self) -> int:
        """Canvas's number of the submission: a later one has a greater one; 0 elsewhere."""
        return self.order[1]


@dataclass(frozen=True)
class Collected:
    """All lines, in the order of the files, and who on the roster has handed in nothing of a chapter.

    ``zone`` says how times were read that name no zone.
    """

    lines: list[Line]
    missing: dict[str, list[str]]
    zone: str = ""

    @property
    def taken(self) -> list[Line]:
        return [line for line in self.lines if not line.left]

    @property
    def left(self) -> list[Line]:
        return [line for line in self.lines if line.left]


def printable(text: str) -> str:
    """What any terminal can show: nothing in a file's name moves the cursor or forges a line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[:400])


def shown(done: Collected, class_list: Path | None) -> Iterator[str]:
    """For the terminal: each file that was left and why, what was taken, and who is missing."""
    by_computer = sum(line.left == SYSTEM_FILE for line in done.left)
    for line in done.left:
        if line.left != SYSTEM_FILE:
            yield f"left   {line.source}: {line.left}"
    for line in done.taken:
        if line.note:
            yield f"note   {line.source}: {line.note}"
    if by_computer:
        yield f"left   {by_computer} files that were {SYSTEM_FILE}"
    chapters = Counter(line.chapter for line in done.taken)
    for name, count in sorted(chapters.items()):
        clocks = {line.platform for line in done.taken if line.chapter == name and line.platform in CLOCKS}
        read = f"; {' and '.join(sorted(clocks))} times are read as {done.zone}" if clocks else ""
        yield f"taken  {name}: {count} student{'s' if count > 1 else ''}{read}"
        if missing := done.missing.get(name):
            yield f"       nothing from {len(missing)} on the roster: {', '.join(missing)}"
    if any(line.platform and not line.student for line in done.left):
        yield "       whose work was not told apart: put it into a folder named with the student's id, and collect that"
    if not class_list:
        yield "no roster: students are called what the platform calls them; name one with --roster"


def attempts(path: Path) -> dict[str, int]:
    """The attempts that a list has of the notebooks that were written, by their SHA-256; none without a list."""
    try:
        head, *rows = roster.table(path)
        attempt, digest = head.index("attempt"), head.index("sha256")
    except (ClassroomError, ValueError):
        return {}
    whole = [row for row in rows if len(row) == len(head) and row[digest]]
    return {row[digest]: int(row[attempt]) if row[attempt].isdecimal() else 0 for row in whole}


def write_list(lines: Iterable[Line], path: Path) -> None:
    """Every file with what became of it, as CSV, below those of earlier times; ``what`` is taken or left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with os.fdopen(os.open(path, FLAGS, 0o600), "a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        if not stream.tell():
            writer.writerow(HEADER)
        for line in lines:
            sent = f"{line.sent:%Y-%m-%d %H:%M:%S}" if line.sent else ""
            what = "left" if line.left else "taken"
            why = line.left or line.note
            cells = [what, line.student, line.chapter, sent, line.platform, line.source, why, now]
            cells += [str(line.attempt or ""), line.sha256]
            writer.writerow([harmless(cell) for cell in cells])
