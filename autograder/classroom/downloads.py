"""What a learning platform hands out: a folder or an archive, archives within it, and every file in them."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from autograder.classroom.folder import ClassroomError

WANTED = (".ipynb", ".py", ".yml")  # notebooks, answers in plain Python, and Gradescope's list of who handed in
FILE = 40 * 2**20  # bytes of one file once unpacked, and
ARCHIVE = 500 * 2**20  # of an archive within another: a bomb of zeros is left lying
DEPTH = 4
SYSTEM_FILE = "made by a computer, not by a student"
SYSTEM = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Found:
    """One file: the way to it, from the name that was given down to its own; what it holds, or why that is not read."""

    way: tuple[str, ...]
    data: bytes = b""
    problem: str = ""
    modified: datetime | None = None

    @property
    def shown(self) -> str:
        """The way as one line that any terminal can show."""
        return ascii("/".join(self.way))[1:-1] if not "/".join(self.way).isprintable() else "/".join(self.way)


def files(source: Path) -> Iterator[Found]:
    """Every file in a folder or a zip archive, one after another; ClassroomError where there is neither."""
    if source.is_dir():
        yield from _folder(source, (source.name,))
    elif zipfile.is_zipfile(source):
        with source.open("rb") as stream:
            yield from _archive(stream, (source.name,), 1)
    elif source.suffix in WANTED and source.is_file():
        yield from _file(source, (source.name,))
    else:
        what = "neither a folder nor a zip archive that can be opened" if source.exists() else "no such file or folder"
        raise ClassroomError(f"{source}: {what}; name what the platform gave you", 2)


def _folder(folder: Path, way: tuple[str, ...]) -> Iterator[Found]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        here = (*way, entry.name)
        if entry.is_symlink():
            yield Found(here, problem="a link; put the file itself there")
        elif entry.is_dir():
            yield from _folder(Path(entry.path), here)
        else:
            yield from _file(Path(entry.path), here)


def _file(path: Path, way: tuple[str, ...]) -> Iterator[Found]:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            yield Found(way, problem="not a regular file")
            return
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        with path.open("rb") as stream:
            yield from _content(stream, way, found.st_size, modified, 1)
    except OSError as error:
        yield Found(way, problem=f"it cannot be read ({error.strerror})")


def _archive(stream: IO[bytes], way: tuple[str, ...], depth: int) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if not infos:
                yield Found(way, problem="an empty archive")
            for info in infos:
                yield from _member(archive, info, (*way, *filter(None, _name(info).split("/"))), depth)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        yield Found(way, problem=f"a broken archive ({error}); download it again")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, way: tuple[str, ...], depth: int) -> Iterator[Found]:
    try:
        modified = datetime(*info.date_time).astimezone(UTC)  # a zip has the clock of the machine that packed it
    except (ValueError, OverflowError):
        modified = None
    try:
        with archive.open(info) as stream:
            yield from _content(stream, way, info.file_size, modified, depth + 1)
    except RuntimeError:  # zipfile's word for a password
        yield Found(way, problem="locked with a password; ask for it without one")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        yield Found(way, problem=f"damaged in the archive ({error}); download it again")


def _content(
    stream: IO[bytes],
    way: tuple[str, ...],
    size: int,
    modified: datetime | None,
    depth: int,
) -> Iterator[Found]:
    """A file's own content, or that of the archive that it is; never more of it than the limits."""
    suffix = Path(way[-1]).suffix.lower()
    if any(part in SYSTEM for part in way):
        yield Found(way, problem=SYSTEM_FILE)
    elif suffix == ".zip" and depth <= DEPTH and size <= ARCHIVE:
        data = stream.read(ARCHIVE + 1)  # what the archive says of its size need not be true
        yield from _archive(io.BytesIO(data), way, depth) if len(data) <= ARCHIVE else [_large(way)]
    elif suffix == ".zip":
        yield Found(way, problem="too many archives within one another") if depth > DEPTH else _large(way)
    elif suffix in WANTED:
        data = stream.read(FILE + 1)
        yield Found(way, data, modified=modified) if len(data) <= FILE else _large(way)
    else:
        yield Found(way, problem=f"neither a notebook nor a Python file ({suffix or 'no ending'})")


def _name(info: zipfile.ZipInfo) -> str:
    """Some programs write UTF-8 without saying so; zipfile then reads it as the letters of an old PC."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _large(way: tuple[str, ...]) -> Found:
    return Found(way, problem="too large; ask for it without its outputs")
