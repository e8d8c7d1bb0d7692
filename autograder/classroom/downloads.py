"""What a learning platform hands out: a folder or an archive, archives within it, and every file in them."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from autograder.classroom.folder import ClassroomError

WANTED = (".ipynb", ".py", ".yml")  # notebooks, answers in plain Python, and Gradescope's list of who handed in
FILE = 40 * 2**20  # bytes of one file once unpacked, and
ARCHIVE = 200 * 2**20  # of all in a student's archive: a bomb of zeros is left lying
DEPTH = 4
SYSTEM_FILE = "made by a computer, not by a student"
SYSTEM = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Found:
    """One file: the way to it, from the name that was given down to its own; what it holds, or why that is not read.

    The first ``named`` parts of the way were named by the platform or the instructor; what lies within an archive of
    the download was named by the student.
    """

    way: tuple[str, ...]
    named: int
    data: bytes = b""
    problem: str = ""
    modified: datetime | None = None


@dataclass
class Budget:
    """How many bytes may still be unpacked."""

    left: int

    def read(self, stream: IO[bytes], most: int) -> bytes | None:
        """All of a stream, or None where that is more than ``most``, or than is left; sizes in an archive may lie."""
        most = min(most, self.left)
        data = stream.read(most + 1)
        self.left -= min(len(data), most)
        return data if len(data) <= most else None


@dataclass
class Place:
    """Where the reader stands: how deep, what may still be unpacked, what of the way was named by the platform."""

    way: tuple[str, ...]
    depth: int = 1
    budget: Budget | None = None  # of a student's archive
    named: int = 0
    modified: datetime | None = None

    def found(self, data: bytes = b"", problem: str = "") -> Found:
        return Found(self.way, self.named or len(self.way), data, problem, self.modified)


def files(source: Path) -> Iterator[Found]:
    """Every file in a folder or a zip archive, one after another; ClassroomError where there is neither."""
    here = Place((source.name or source.resolve().name,))
    if source.is_dir():
        yield from _folder(source, here)
    elif zipfile.is_zipfile(source):
        with source.open("rb") as stream:
            yield from _archive(stream, here)
    elif source.suffix in WANTED and source.is_file():
        yield from _file(source, here)
    else:
        what = "neither a folder nor a zip archive that can be opened" if source.exists() else "no such file or folder"
        raise ClassroomError(f"{source}: {what}; name what the platform gave you", 2)


def _folder(folder: Path, place: Place) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield place.found(problem=f"it cannot be read ({error.strerror})")
        return
    for entry in entries:
        here = replace(place, way=(*place.way, entry.name))
        if entry.is_symlink():
            yield here.found(problem="a link; put the file itself there")
        elif entry.is_dir():
            yield from _folder(Path(entry.path), here)
        else:
            yield from _file(Path(entry.path), here)


def _file(path: Path, place: Place) -> Iterator[Found]:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            yield place.found(problem="not a regular file")
            return
        here = replace(place, modified=datetime.fromtimestamp(found.st_mtime, UTC))
        with path.open("rb") as stream:
            yield from _content(stream, here)
    except (OSError, OverflowError) as error:
        yield place.found(problem=f"it cannot be read ({getattr(error, 'strerror', error)})")


def _archive(stream: IO[bytes], place: Place) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\")) and info.filename]
            if not infos:
                yield place.found(problem="an empty archive")
            for info in infos:
                yield from _member(archive, info, place)
    except Exception as error:  # zipfile raises a dozen kinds for what is damaged, and its libraries more
        yield place.found(problem=f"a broken archive ({error}); download it again")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Place) -> Iterator[Found]:
    here = replace(place, way=(*place.way, *filter(None, _name(info).split("/"))), depth=place.depth + 1)
    if not place.named:  # a student's own archive has the dates that the student likes
        here.modified = _modified(info)
    try:
        with archive.open(info) as stream:
            yield from _content(stream, here)
    except NotImplementedError:
        yield here.found(problem="packed in a way that is not known here; ask for an ordinary zip")
    except RuntimeError:  # zipfile's word for a password
        yield here.found(problem="locked with a password; ask for it without one")
    except Exception as error:
        yield here.found(problem=f"damaged in the archive ({error}); download it again")


def _content(stream: IO[bytes], place: Place) -> Iterator[Found]:
    """A file's own content, or that of the archive that it is; never more of it than the limits."""
    suffix = Path(place.way[-1]).suffix.lower()
    budget = place.budget or Budget(ARCHIVE)
    if any(part in SYSTEM for part in place.way):
        yield place.found(problem=SYSTEM_FILE)
    elif suffix == ".zip" and place.depth > DEPTH:
        yield place.found(problem="too many archives within one another")
    elif suffix == ".zip":
        within = replace(place, depth=place.depth + 1)
        if place.depth > 1 and not place.named:  # one that lies in a folder may be a download as well
            within.named, within.budget = len(place.way), budget
        data = budget.read(stream, ARCHIVE)
        yield from _archive(io.BytesIO(data), within) if data is not None else [_large(place)]
    elif suffix in WANTED:
        data = budget.read(stream, FILE)
        yield place.found(data) if data is not None else _large(place)
    else:
        yield place.found(problem=f"neither a notebook nor a Python file ({suffix[:20] or 'no ending'})")


def _large(place: Place) -> Found:
    return place.found(problem="too large; ask for it without its outputs")


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time).astimezone(UTC)  # a zip has the clock of the machine that packed it
    except (ValueError, OverflowError):
        return None


def _name(info: zipfile.ZipInfo) -> str:
    """Some programs write UTF-8 without saying so, which zipfile reads as letters of an old PC; some write a\\b."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
