"""The journal: every verdict on disk the moment it is reached, one JSON line each.

The gradebook, the notebooks and the pages can be made again from it; nothing in it is ever changed.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.judge.verdict import Verdict

Key = tuple[str | None, str, str]


def key(verdict: Verdict) -> Key:
    """What a verdict is about: this student's notebook, under these checks."""
    return verdict.student, verdict.notebook_sha256, verdict.checks_sha256


def read(path: Path) -> list[Verdict]:
    """All verdicts of a journal in the order in which they were reached; lines that are none are passed over.

    An absent journal has none. The file is not changed.
    """
    try:
        return list(_verdicts(path.read_bytes()))
    except FileNotFoundError:
        return []


class Journal:
    """An open journal; `append` may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open or begin the journal at ``path``; a last line that a killed run left unfinished is cut off."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        data = path.read_bytes()
        self._size = data.rfind(b"\n") + 1
        os.ftruncate(self._file, self._size)
        self.known: dict[Key, Verdict] = {}
        self._of: dict[str | None, list[Verdict]] = {}
        for verdict in _verdicts(data):
            self._know(verdict)
        _sync_folder(path.parent)

    def append(self, verdict: Verdict) -> None:
        """Write one verdict and wait until it is on the disk; OSError when it has no room, with the journal intact."""
        data = line(verdict)
        with self._lock:
            if self._file < 0:
                raise OSError(errno.EBADF, "the journal is closed")
            os.lseek(self._file, self._size, os.SEEK_SET)
            try:
                _write_all(self._file, data)
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
            self._size += len(data)
            self._know(verdict)

    def of(self, student: str) -> list[Verdict]:
        """All verdicts on what a student handed in, in the order in which they were reached."""
        with self._lock:
            return list(self._of.get(student, ()))

    def _know(self, verdict: Verdict) -> None:
        self.known[key(verdict)] = verdict
        self._of.setdefault(verdict.student, []).append(verdict)

    def close(self) -> None:
        with self._lock:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def line(verdict: Verdict) -> bytes:
    """One line; half a surrogate pair, which UTF-8 cannot hold, becomes the JSON escape of the same character."""
    return verdict.to_json().encode("utf-8", "backslashreplace") + b"\n"


def _verdicts(data: bytes) -> Iterator[Verdict]:
    for line in data.split(b"\n")[:-1]:
        try:
            yield Verdict.from_json(line.decode("utf-8"))
        except ValueError:
            continue


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    """Make a new file's name itself survive a power cut, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
