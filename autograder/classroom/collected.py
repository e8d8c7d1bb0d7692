"""What became of each file of a download: as lines for the terminal, and as a table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.classroom.cells import harmless
from autograder.classroom.downloads import SYSTEM_FILE
from autograder.classroom.platforms import CLOCKS

LIST = "collected.csv"
HEADER = ["what", "student", "chapter", "sent (UTC)", "platform", "file", "why or note", "collected (UTC)"]
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


def shown(done: Collected, roster: Path | None) -> Iterator[str]:
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
    if not roster:
        yield "no roster: students are called what the platform calls them; name one with --roster"


def write_list(lines: Iterable[Line], path: Path) -> None:
    """Every file with what became of it, as CSV, below those of earlier times; ``what`` is taken or left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        if not stream.tell():
            writer.writerow(HEADER)
        for line in lines:
            sent = f"{line.sent:%Y-%m-%d %H:%M:%S}" if line.sent else ""
            what = "left" if line.left else "taken"
            why = line.left or line.note
            cells = [what, line.student, line.chapter, sent, line.platform, line.source, why, now]
            writer.writerow([harmless(cell) for cell in cells])
