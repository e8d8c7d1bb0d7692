"""What a platform handed out becomes nbgrader's ``submitted/``; nothing is left out without a reason."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from autograder import course
from autograder.classroom import pyfile
from autograder.classroom.downloads import SYSTEM_FILE, Found, files
from autograder.classroom.folder import TIMESTAMP, Handed, unwritable
from autograder.classroom.platforms import METADATA, Platforms, Sender
from autograder.classroom.roster import Roster
from autograder.judge import submission

LIST = "collected.csv"


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
    order: tuple[datetime, int] = (datetime.min.replace(tzinfo=UTC), 0)
    data: bytes = b""


@dataclass(frozen=True)
class Collected:
    """All lines, in the order of the files, and who on the roster has handed in nothing of a chapter."""

    lines: list[Line]
    missing: dict[str, list[str]]

    @property
    def taken(self) -> list[Line]:
        return [line for line in self.lines if not line.left]

    @property
    def left(self) -> list[Line]:
        return [line for line in self.lines if line.left]


def collect(sources: Iterable[Path], submitted: Path, roster: Roster | None, chapter: str = "") -> Collected:
    """Put the latest work of each student and chapter where nbgrader looks for it, with the time beside it.

    ``chapter`` says of which chapter files are that do not tell it themselves; others are recognised by the exercises
    in them, whatever they are called. ClassroomError when a source cannot be opened, or nothing can be written.
    """
    if chapter:
        course.load(chapter)  # a CourseError names those that there are
    found = [one for source in sources for one in files(source)]
    lines = _latest([line for line in _recognised(found, roster, chapter)])
    try:
        lines = [line if line.left else _put(line, submitted) for line in lines]
        write_list(lines, submitted.parent / LIST)
    except OSError as error:
        raise unwritable(submitted, error) from error
    chapters = {line.chapter for line in lines if line.chapter}
    return Collected(lines, {name: _missing(name, submitted, roster) for name in sorted(chapters)} if roster else {})


def _recognised(found: list[Found], roster: Roster | None, chapter: str) -> Iterator[Line]:
    platforms = Platforms(roster.knows if roster else bool)
    wrong = {
        one.way: platforms.learn(one.way, one.data) for one in found if one.way[-1] == METADATA and not one.problem
    }
    for one in found:
        if one.way in wrong:
            yield Line(one.shown, left=wrong[one.way] or "read: who handed in what")
        elif one.problem or one.way[-1].endswith(".yml"):
            yield Line(one.shown, left=one.problem or "neither a notebook nor a Python file (.yml)")
        else:
            senders = platforms.senders(one.way)
            for sender in senders or [Sender("file")]:
                yield _line(one, sender, roster, chapter)


def _line(one: Found, sender: Sender, roster: Roster | None, chapter: str) -> Line:
    """One file as the work of one sender."""
    line = Line(one.shown, sent=sender.sent, platform=sender.platform, data=one.data)
    student, unknown = _student(sender, roster)
    if not student:
        return replace(line, left=unknown)
    name, problem = _chapter(one)
    name = name or chapter or next((slug for slug in course.chapters() if slug in one.way[-1]), "")
    if not name:
        return replace(line, student=student, left=f"of which chapter it is cannot be told ({problem}); say --chapter")
    if chapter and name != chapter:
        return replace(line, student=student, chapter=name, left=f"work of {name}, and not of {chapter}")
    when = sender.sent or one.modified or datetime.min.replace(tzinfo=UTC)
    return replace(line, student=student, chapter=name, order=(when, sender.attempt), note=problem or sender.note)


def _student(sender: Sender, roster: Roster | None) -> tuple[str, str]:
    """The student's id, or why it cannot be told; without a roster a name that fits a folder is taken as it is."""
    if roster:
        found = roster.find(sender.ids, sender.name)
        return ("", found) if isinstance(found, str) else (found.id, "")
    written = sender.name or next(iter(sender.ids), "")
    named = re.sub(r"[^\w.@-]+", "_", written.strip()).strip("._").casefold()
    return named, "no name tells whose it is; put it into a folder with the student's id"


def _chapter(one: Found) -> tuple[str, str]:
    """The chapter whose exercises are in a file, and what is wrong with it; either may be empty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"work{Path(one.way[-1]).suffix.lower()}"
        path.write_bytes(one.data)
        read = submission.read(path)
    return read.chapter or "", read.problem.partition(": ")[2]


def _latest(lines: list[Line]) -> list[Line]:
    """Of several files of one student for one chapter the last one counts; of equally late ones the last named."""
    best: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = line.student, line.chapter
        if not line.left and (key not in best or line.order >= best[key].order):
            best[key] = line
    return [line if line.left else _or_later(line, best[line.student, line.chapter]) for line in lines]


def _or_later(line: Line, best: Line) -> Line:
    if line is best:
        return line
    why = "is later" if best.order > line.order else "is as late, and was named later"
    return replace(line, left=f"{best.source} {why}")


def _put(line: Line, submitted: Path) -> Line:
    """Write a student's work, unless something later lies there already."""
    folder = submitted / line.student / line.chapter
    notebook = folder / f"{line.chapter}.ipynb"
    there = Handed(line.student, folder, notebook).timestamp if notebook.is_file() else None
    if there and line.sent and there > line.sent.replace(tzinfo=None if there.tzinfo is None else UTC):
        return replace(line, left=f"what was collected before is later ({there:%Y-%m-%d %H:%M} UTC)")
    data = line.data
    if line.source.lower().endswith(".py"):
        data, line = (
            pyfile.notebook(data, line.chapter),
            replace(line, note=line.note or "a Python file, made a notebook"),
        )
    folder.mkdir(parents=True, exist_ok=True)
    _write(notebook, data)
    if line.sent:
        _write(folder / TIMESTAMP, f"{line.sent:%Y-%m-%d %H:%M:%S} UTC\n".encode())
    else:
        (folder / TIMESTAMP).unlink(missing_ok=True)
    return line


def _write(path: Path, data: bytes) -> None:
    """All of a file or nothing: what was there stays until the new one is whole."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(path)


def _missing(chapter: str, submitted: Path, roster: Roster | None) -> list[str]:
    students = roster.students if roster else []
    return [one.id for one in students if not (submitted / one.id / chapter / f"{chapter}.ipynb").is_file()]


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
        yield f"taken  {name}: {count} student{'s' if count > 1 else ''}"
        if missing := done.missing.get(name):
            yield f"       nothing from {len(missing)} on the roster: {', '.join(missing)}"
    if not roster:
        yield "no roster: students are called what the platform calls them; name one with --roster"


def write_list(lines: Iterable[Line], path: Path) -> None:
    """Every file with what became of it, as CSV; ``what`` is taken or left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["what", "student", "chapter", "sent (UTC)", "platform", "file", "why or note"])
        for line in lines:
            sent = f"{line.sent:%Y-%m-%d %H:%M:%S}" if line.sent else ""
            what = "left" if line.left else "taken"
            cells = [what, line.student, line.chapter, sent, line.platform, line.source, line.left or line.note]
            writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell
