"""Staging folders: what a box is made from lies in the system's temporary folder, for as long as the box lives.

Each folder is locked while it is in use. The kernel lets go of the lock however its process ends, so that the next
grader can tell what a killed one has left behind from what is in use, and removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import UserError

PREFIX = "unrolled-box-"  # of folders that are locked: others may be in use
EMPTY = 3600.0  # seconds after which an empty folder is no longer about to be locked


class StageError(UserError):
    """There is no room for a staging folder, or no right to make one; one line."""

    status = 3


class Stage:
    """A new, locked folder at ``path``; making it removes those that killed processes of this user have left.

    StageError where the temporary folder takes none.
    """

    def __init__(self) -> None:
        with staging():
            sweep()
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock = os.open(self.path, os.O_RDONLY)  # the folder itself: there is no moment between file and lock
            with contextlib.suppress(OSError):  # a file system without locks: then nobody can sweep it either
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder; nothing when it has been removed."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


@contextlib.contextmanager
def staging() -> Iterator[None]:
    """Whatever the file system refuses inside of it becomes a StageError."""
    try:
        yield
    except shutil.Error as error:  # of a whole tree: the first of its reasons, "[Errno 28] No space left: 'a' -> 'b'"
        raise _error(str(error.args[0][0][2]).partition("] ")[2].partition(":")[0]) from error
    except OSError as error:
        raise _error(error.strerror or str(error)) from error


def sweep() -> list[Path]:
    """Remove the folders of this user that nobody holds; returns them."""
    place = Path(tempfile.gettempdir())
    return [path for path in sorted(place.glob(f"{PREFIX}*")) if _left_behind(path)]


def _left_behind(path: Path) -> bool:
    """Was it nobody's, and is it gone? What is put into a folder is put there under its lock."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return False
        if not any(path.iterdir()):
            if time.time() - found.st_mtime > EMPTY:
                path.rmdir()
            return not path.exists()
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
            return not path.exists()
        finally:
            os.close(handle)
    return False


def _error(reason: str) -> StageError:
    where = f"the temporary folder {tempfile.tempdir or ''}".strip()  # None where none was found
    return StageError(
        f"{where} takes no files ({reason}); make room there, or name another one with TMPDIR, and start again"
    )
