"""A course folder as nbgrader lays it out: who handed in what, where results go, and one grader at a time."""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from autograder.errors import UserError
from autograder.paths import straight

LOCK = "course.lock"
TIMESTAMP = "timestamp.txt"
DELIVERED = (TIMESTAMP, "submission_secret.txt")  # what `nbgrader release_feedback` looks for beside a page


class ClassroomError(UserError):
    """Grading cannot go on; the message is one line: what, where, what to do.

    ``status`` is the exit status: 2 for wrong usage, 3 where the environment cannot do it.
    """

    def __init__(self, message: str, status: int = 3) -> None:
        super().__init__(message)
        self.status = status


def unwritable(place: Path, error: OSError, then: str = "grade") -> ClassroomError:
    """Why nothing can be written to a place, and what to do, in one line."""
    do = "give yourself the right to write there" if isinstance(error, PermissionError) else "make room there"
    return ClassroomError(f"{place}: cannot be written ({error.strerror or error}); {do}, and {then} again")


@dataclass(frozen=True)
class Handed:
    """What one student handed in for one chapter; the notebook may be missing."""

    student: str
    folder: Path
    notebook: Path

    @property
    def is_there(self) -> bool:
        """Whether anything stands where the notebook belongs, were it a link, or what cannot be looked at."""
        return os.path.lexists(self.notebook) or bool(self.unreadable)

    @property
    def unreadable(self) -> str:
        """Why this computer cannot open the notebook, which is no fault of the student; nothing where it can."""
        try:
            if stat.S_ISREG(self.notebook.lstat().st_mode):
                with self.notebook.open("rb") as file:
                    file.read(1)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            return f"{self.notebook}: cannot be read ({error.strerror}); mend that, and grade again"
        return ""

    @property
    def has_time(self) -> bool:
        """Whether anything stands in ``timestamp.txt``, be it a date or not."""
        try:
            return (self.folder / TIMESTAMP).lstat().st_size > 0
        except OSError:
            return False

    @property
    def timestamp(self) -> datetime | None:
        """When it was handed in (UTC), as nbgrader's ``timestamp.txt`` says; None where that is missing or no date."""
        path = self.folder / TIMESTAMP
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return None
            with path.open(encoding="utf-8") as file:
                found: datetime | None = parse_utc(file.read(100).strip())
                return found
        except (OSError, ValueError, OverflowError, AttributeError):
            return None


class CourseFolder:
    """The folder that holds ``submitted/``, the gradebook and every result; ``nbgrader`` is its stock configuration."""

    def __init__(self, submitted: Path) -> None:
        """``submitted`` is nbgrader's folder of that name; ClassroomError when there is none."""
        self.submitted = straight(Path(submitted))
        if not self.submitted.is_dir():
            raise ClassroomError(
                f"{submitted}: no such folder; collect the submissions there, or name it: --submitted DIR", 2
            )
        self.root = self.submitted.parent
        app = NbGrader(log_level=logging.ERROR)
        app.initialize([], root=str(self.root))
        self.nbgrader: CourseDirectory = app.coursedir
        self.nbgrader.root = str(self.root)  # whatever the configuration of the current folder says
        self.config = app.config

    @property
    def db_url(self) -> str:
        """Where the gradebook is."""
        return db_url(self.nbgrader)

    @property
    def shown_db(self) -> str:
        """The same for people: a plain path for SQLite, and never a password."""
        url = make_url(self.db_url)
        return url.database if url.get_backend_name() == "sqlite" and url.database else url.render_as_string()

    @property
    def journals(self) -> Path:
        return self.root / "verdicts"

    def autograded(self, student: str, chapter: str) -> Path:
        """The folder of a student's graded notebook."""
        return Path(self.nbgrader.format_path(self.nbgrader.autograded_directory, student, chapter))

    def feedback(self, student: str, chapter: str) -> Path:
        """The folder of a student's feedback page."""
        return Path(self.nbgrader.format_path(self.nbgrader.feedback_directory, student, chapter))

    def handed_in(self, chapter: str) -> list[Handed]:
        """Every student with a folder for the chapter, by name; links are not followed, hidden folders not read."""
        left_out = set(self.nbgrader.student_id_exclude.split(","))
        found = []
        for student in sorted(_folders(self.submitted)):
            folder = student / chapter
            if student.name not in left_out and _is_folder(folder):
                if not student.name.isprintable():  # undecodable bytes, too: no database takes them
                    raise ClassroomError(f"{student.name!a} in {self.submitted}: rename this student's folder", 2)
                found.append(Handed(student.name, folder, folder / f"{chapter}.ipynb"))
        return found

    def students(self) -> list[str]:
        """Everybody with a folder in ``submitted``."""
        return sorted(path.name for path in _folders(self.submitted))

    def copy_files(self, source: Path, target: Path, only: tuple[str, ...] = ("*",)) -> None:
        """Copy what was handed in beside notebooks, as stock nbgrader does, but never a link, a pipe or a huge file."""
        for folder, folders, names in os.walk(source, followlinks=False):
            # a folder named like a notebook or a page would stand where the result is to be written
            folders[:] = [n for n in folders if not self._ignored(n) and Path(n).suffix not in (".ipynb", ".html")]
            for name in names:
                path = Path(folder, name)
                wanted = any(fnmatch(name, pattern) for pattern in only)
                if wanted and not self._ignored(name) and path.suffix != ".ipynb" and self._plain(path):
                    copy = target / path.relative_to(source)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, copy, follow_symlinks=False)

    def set_permissions(self, folder: Path, mode: int) -> None:
        """Give every file below ``folder`` the permissions that stock nbgrader gives."""
        for place, _, names in os.walk(folder):
            for name in names:
                Path(place, name).chmod(0o664 if self.nbgrader.groupshared else mode)

    def _ignored(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in self.nbgrader.ignore)

    def _plain(self, path: Path) -> bool:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size <= 1000 * self.nbgrader.max_file_size

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no second grader work in this folder meanwhile; ClassroomError when one does."""
        lock = FileLock(self.root / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ClassroomError(f"{self.root}: another grader is at work here; wait until it has finished") from None
        except OSError as error:
            raise unwritable(self.root, error) from error
        try:
            yield
        finally:
            lock.release()


def db_url(course: CourseDirectory) -> str:
    """Where a course's gradebook is; a relative SQLite file is taken from the course folder, as stock nbgrader does."""
    try:
        url = make_url(course.db_url)
    except ArgumentError as error:  # it may hold a password, and is not shown
        do = "begin it with sqlite:/// or postgresql://"
        raise ClassroomError(f"{course.root}: its c.CourseDirectory.db_url is no address; {do}", 2) from error
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(Path(course.root, url.database)))
    return url.render_as_string(hide_password=False)


def _is_folder(path: Path) -> bool:
    """Whether it is one, and no link; what cannot be looked at may be one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def _folders(path: Path) -> Iterator[Path]:
    for entry in path.iterdir():
        if not entry.name.startswith(".") and not entry.is_symlink() and entry.is_dir():
            yield entry
