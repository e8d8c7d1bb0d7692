"""What a platform handed out becomes nbgrader's ``submitted/``; nothing is left out without a reason."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from pathlib import Path

from autograder import course, paths
from autograder.classroom import pyfile, settings
from autograder.classroom.collected import LIST, NEVER, Collected, Line, attempts, printable, write_list
from autograder.classroom.downloads import Found, files
from autograder.classroom.folder import TIMESTAMP, Handed, unwritable
from autograder.classroom.platforms import METADATA, Platforms, Sender
from autograder.classroom.roster import Roster
from autograder.judge import submission

NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # the next student would fare no better


def collect(sources: Iterable[Path], submitted: Path, roster: Roster | None, chapter: str = "") -> Collected:
    """Put the latest work of each student and chapter where nbgrader looks for it, with the time beside it.

    ``chapter`` says of which chapter files are that do not tell it themselves; others are recognised by the exercises
    in them, whatever they are called. Times without a zone are in that of ``course.yml`` beside ``submitted``.
    ClassroomError when a source cannot be opened, or nothing can be written.
    """
    if chapter:
        course.load(chapter)  # a CourseError names those that there are
    zone = settings.read(submitted.parent).zone
    known = attempts(submitted.parent / LIST)
    lines = _latest(line for source in sources for line in _recognised(source, roster, chapter, zone))
    try:
        try:
            for number, line in enumerate(lines):
                if not line.left:
                    lines[number] = _put(line, submitted, known)
        finally:
            write_list(lines, submitted.parent / LIST)
    except OSError as error:
        raise unwritable(submitted, error, "collect") from error
    chapters = {line.chapter for line in lines if line.chapter}
    missing = {name: _missing(name, submitted, roster) for name in sorted(chapters)} if roster else {}
    own = f"{datetime.now().astimezone():%Z}, this computer's zone; {settings.NAME} may name yours, as timezone"
    return Collected(lines, missing, str(zone or own))


def _recognised(source: Path, roster: Roster | None, chapter: str, zone: tzinfo | None) -> Iterator[Line]:
    platforms, wrong = Platforms(roster.knows if roster else lambda name: False, zone), {}
    for one in files(source):
        if one.way[-1] == METADATA and len(one.way) <= 3 and one.named == len(one.way) and not one.problem:
            wrong[one.way] = platforms.learn(one.way, one.data)
    for one in files(source):
        shown = printable("/".join(one.way))
        if one.way in wrong:
            yield Line(shown, left=wrong[one.way] or "read: who handed in what")
        elif one.problem or one.way[-1].endswith(".yml"):
            yield Line(shown, left=printable(one.problem) or "neither a notebook nor a Python file (.yml)")
        else:
            senders = platforms.senders(one.way, one.named)
            for sender in senders or [Sender("folder", one.way[1] if len(one.way) > 1 else one.way[0])]:
                yield _line(one, Line(shown), sender, roster, chapter)


def _line(one: Found, line: Line, sender: Sender, roster: Roster | None, chapter: str) -> Line:
    """One file as the work of one sender."""
    line = replace(line, sent=sender.sent, platform=sender.platform, ids=sender.ids)
    student, unknown = _student(sender, roster)
    if not student:
        return replace(line, left=printable(unknown))
    read = _read(one)
    problem = read.problem.partition(": ")[2]
    name = read.chapter or chapter or next((slug for slug in course.chapters() if slug in one.way[-1]), "")
    line = replace(line, student=student, chapter=name, note=problem or sender.note, data=one.data)
    if not name:
        return replace(line, left=f"of which chapter it is cannot be told ({problem}); say --chapter")
    if chapter and name != chapter:
        return replace(line, left=f"work of {name}, and not of {chapter}")
    if one.data.strip() == (paths.SOLUTIONS / f"{name}.py").read_bytes().strip():
        return replace(line, left="the course's own solutions")
    answers = sum(cell.role == "answer" for cell in read.cells)
    notebook = one.way[-1].lower().endswith(".ipynb")
    return replace(line, order=(sender.sent or one.modified or NEVER, sender.attempt, not problem, notebook, answers))


def _student(sender: Sender, roster: Roster | None) -> tuple[str, str]:
    """The student's id, or why it cannot be told."""
    if roster:
        found = roster.find(sender.ids, sender.name)
        return ("", found) if isinstance(found, str) else (found.id, "")
    if sender.platform == "folder":
        return "", "whose it is cannot be told without a roster; name one: --roster CSV"
    written = sender.name or next(iter(sender.ids), "")
    named = re.sub(r"[^\w.@-]+", "_", written.strip()).strip("._").casefold()[:80]
    return named, "it bears no name; put it into a folder with the student's id"


def _read(one: Found) -> submission.Submission:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"work{Path(one.way[-1]).suffix.lower()}"
        path.write_bytes(one.data)
        return submission.read(path)


def _latest(lines: Iterable[Line]) -> list[Line]:
    """Of several files of one student for one chapter the last counts, and of one attempt that with the most answers.

    What does not count is kept without its data.
    """
    kept: list[Line] = []
    best: dict[tuple[str, str], int] = {}
    for line in lines:
        before = best.get((line.student, line.chapter))
        kept.append(line)
        if line.left:
            kept[-1] = replace(line, data=b"")
        elif before is None:
            best[line.student, line.chapter] = len(kept) - 1
        else:
            worse, better = sorted((before, len(kept) - 1), key=lambda n: kept[n].order)  # of equals the last named
            best[line.student, line.chapter] = better
            kept[worse] = replace(kept[worse], left=_instead(kept[worse], kept[better]), data=b"")
    return kept


def _instead(line: Line, best: Line) -> str:
    if line.ids != best.ids and line.platform == best.platform:
        return f"it is called {line.student} like the sender of {best.source}; tell them apart with --roster CSV"
    later = best.order[:2] > line.order[:2]
    return f"{best.source} {'is later' if later else 'is of the same time, and has more in it, or was named later'}"


def _put(line: Line, submitted: Path, known: Mapping[str, int]) -> Line:
    """Write a student's work, unless something later lies there; a student's own trouble is a reason to leave it.

    ``known`` are the attempts of what was collected before, by the SHA-256 of the notebook.
    """
    folder = submitted / line.student / line.chapter
    notebook = folder / f"{line.chapter}.ipynb"
    try:
        data = line.data
        if line.source.lower().endswith(".py"):
            data = pyfile.notebook(data, line.chapter)
            line = replace(line, note=line.note or "a Python file, made a notebook")
        line = replace(line, sha256=sha256(data).hexdigest())
        if why := _blocked(line, folder, notebook, known):
            return replace(line, left=why, data=b"", sha256="")
        if notebook.exists() and notebook.read_bytes() != data:
            line = replace(line, note=line.note or "in place of what was collected before")
        folder.mkdir(parents=True, exist_ok=True)
        _write(notebook, data)
        if line.sent:
            _write(folder / TIMESTAMP, f"{line.sent:%Y-%m-%d %H:%M:%S} UTC\n".encode())
    except OSError as error:
        if error.errno in NO_PLACE:
            raise
        why = f"{folder}: cannot be written ({error.strerror}); clear it, and collect again"
        line = replace(line, left=why, sha256="")
    return replace(line, data=b"")


def _blocked(line: Line, folder: Path, notebook: Path, known: Mapping[str, int]) -> str:
    """Why a student's work cannot be put there, or nothing."""
    if any(place.is_symlink() for place in (folder.parent, folder, notebook, folder / TIMESTAMP)):
        return f"a link stands in {folder}; remove it, and collect again"
    if any(place.is_dir() for place in (notebook, folder / TIMESTAMP)):
        return f"a folder stands in {folder} where a file belongs; remove it, and collect again"
    if not notebook.is_file():
        return ""
    digest, time = sha256(notebook.read_bytes()).hexdigest(), Handed(line.student, folder, notebook).timestamp
    there = time.replace(tzinfo=UTC) if time else None
    if there and not line.sent:
        return f"what was collected before has a time, and this has none; move {folder} away to take it"
    if there and line.sent and there > line.sent:
        return f"what was collected before is later ({there:%Y-%m-%d %H:%M} UTC)"
    if line.attempt < known.get(digest, 0):
        return f"what was collected before is a later attempt ({known[digest]})"
    if known and digest not in {*known, line.sha256} and (there is None or there == line.sent):
        return f"what lies there is not from here, and may be later; move {folder} away to take this"
    return ""


def _write(path: Path, data: bytes) -> None:
    """All of a file or nothing: what was there stays until the new one is whole."""
    handle, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(half).chmod(0o644)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def _missing(chapter: str, submitted: Path, roster: Roster | None) -> list[str]:
    students = roster.students if roster else []
    return [one.id for one in students if not (submitted / one.id / chapter / f"{chapter}.ipynb").is_file()]
