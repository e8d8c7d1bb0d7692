"""What comes of a verdict: points in the gradebook, a feedback page, a graded notebook.

The order of writing makes a killed run safe: journal, gradebook, feedback page, graded notebook.
The notebook names the verdict that it shows; so where it stands, everything before it stands too.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import nbformat
from nbformat import NotebookNode

from autograder import course
from autograder.classroom.folder import DELIVERED, ClassroomError, CourseFolder, Handed, unwritable
from autograder.classroom.gradebook import Entry, Writer
from autograder.classroom.hints import reached
from autograder.classroom.pages import page
from autograder.classroom.rebuild import line, rebuild, stamp, write_verdict
from autograder.judge.submission import read
from autograder.judge.verdict import Verdict

ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # of the whole file system, and not of one submission
THREADS = 4  # that write files; where folders are on a server, most of the time is spent waiting for it
MARK = re.compile(rb"<!-- gradebook (\w+) -->")  # ends a page: which entry it shows
Work = tuple[Handed, Verdict, bool]  # what `Results.write` is asked for
PRIVATE = 0o600  # of files about a whole class: they are nobody else's on a shared computer
AHEAD = 16  # submissions in the gradebook whose files are not written yet: they are kept in memory

History = Callable[[str], Sequence[Verdict]]


class Results:
    """The thread that has the gradebook enters each verdict there; others write its files, several at a time.

    What cannot be written now, because no room is left or the gradebook is locked, is tried once more by `finish`.
    ``history`` gives all verdicts on a student's work of the chapter; ``problems`` are lines for the instructor.
    """

    def __init__(self, chapter: str, folder: CourseFolder, writer: Writer, history: History) -> None:
        self.chapter, self.folder, self.writer, self.history = chapter, folder, writer, history
        self.course, self.master, self.site = course.load(chapter), course.master(chapter), writer.settings.site
        self.entered = writer.complete()
        self.problems: list[str] = []
        self.locked_out = ""  # why nothing can be written at the moment
        self.later: list[Work] = []
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="files")
        self.begun: set[Future[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)  # nothing is written after the folder is free for another grader

    def write(self, handed: Handed, verdict: Verdict, page_only: bool = False) -> None:
        """Enter a verdict in the gradebook, and let its page and notebook be written.

        With ``page_only`` grades and notebook are right already: the late penalty is reckoned again, and shown.
        """
        if self.locked_out:
            self.later.append((handed, verdict, page_only))
            return
        with self._kept(handed, verdict, page_only):
            graded = rebuild(self.master, read(handed.notebook, self.chapter))
            write_verdict(graded, verdict)
            another = not page_only and self._is_another(handed.student, verdict)
            entry = self.writer.write(handed, None if page_only else graded, another)
            self._settle(AHEAD)
            self.begun.add(self.pool.submit(self._write_files, handed, verdict, graded, entry, page_only))

    def finish(self) -> None:
        """Try once more what could not be written; its verdicts are in the journal whatever happens."""
        self._settle()
        waiting, self.later, self.locked_out = self.later, [], ""
        for one in waiting:
            self.write(*one)
        self._settle()
        if self.later:
            kept = f"{len(self.later)} verdicts are kept, but their grades and pages are not all written"
            self.problems.append(f"{kept}: {self.locked_out}")

    def written(self, student: str, verdict: Verdict) -> bool:
        """Whether a run before has written everything of this verdict."""
        page = self.folder.feedback(student, self.chapter) / f"{self.chapter}.html"
        return student in self.entered and page.exists() and self._stamp(student) == stamp(verdict)

    def shown(self, handed: Handed) -> bool:
        """Whether the penalty is the right one, and the page shows the scores and comments that the gradebook has now.

        A page that is not ours, such as one of ``nbgrader generate_feedback``, shows what its maker wanted.
        """
        standing = self.entered[handed.student]
        path = self.folder.feedback(handed.student, self.chapter) / f"{self.chapter}.html"
        try:
            found = MARK.search(path.read_bytes()[-100:])
        except OSError:
            return False
        same = found is None or found[1].decode() == self._mark(standing.entry)
        try:
            return same and self.writer.agrees(standing, handed)
        except Exception:  # of a course's own plugin: it comes up again when its penalty is entered, and is noted there
            return False

    def _is_another(self, student: str, verdict: Verdict) -> bool:
        """Whether the results of another file are still there, since those of this one are not written yet."""
        before = self._stamp(student).get("notebook_sha256")
        return bool(before and verdict.notebook_sha256) and before != verdict.notebook_sha256

    def _stamp(self, student: str) -> dict[str, str]:
        """Which verdict the graded notebook shows; nothing where there is none, or one that is not ours."""
        shown = self.folder.autograded(student, self.chapter) / f"{self.chapter}.ipynb"
        try:
            return dict(json.loads(shown.read_bytes())["metadata"]["autograder"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def note(self, handed: Handed, error: Exception) -> None:
        """A line on what went wrong with one submission."""
        self.problems.append(line(f"{handed.student}: {type(error).__name__}: {error}", 300))

    def _mark(self, entry: Entry) -> str:
        """Another one when the entry, or the website that the page leads to, is another."""
        return hashlib.sha256(f"{entry.mark} {self.site}".encode()).hexdigest()[:16]

    def _write_files(
        self, handed: Handed, verdict: Verdict, graded: NotebookNode, entry: Entry, page_only: bool
    ) -> None:
        student, name = handed.student, self.chapter
        feedback, target = self.folder.feedback(student, name), self.folder.autograded(student, name)
        with self._kept(handed, verdict, page_only):
            text = page(self.course, graded, verdict, entry, reached(self.history(student)), self.site)
            replace(feedback / f"{name}.html", f"{text.rstrip()}\n<!-- gradebook {self._mark(entry)} -->\n")
            self.folder.copy_files(handed.folder, feedback, only=DELIVERED)
            self.folder.set_permissions(feedback, 0o644)
            if page_only:
                return
            if target.exists():
                shutil.rmtree(target)
            self.folder.copy_files(handed.folder, target)
            self.folder.set_permissions(target, 0o444)
            mode = 0o664 if self.folder.nbgrader.groupshared else 0o444
            replace(target / f"{name}.ipynb", nbformat.writes(graded, version=4) + "\n", mode)

    @contextmanager
    def _kept(self, *work: *Work) -> Iterator[None]:
        """Keep a verdict for `finish` if writing it fails for a reason that all of them share; else note the error."""
        try:
            yield
        except ClassroomError as error:
            self._keep(work, error)
        except Exception as error:  # one submission never stops another
            if isinstance(error, OSError) and error.errno in ROOM:
                self._keep(work, unwritable(self.folder.root, error))
            else:
                self.note(work[0], error)

    def _keep(self, work: Work, error: ClassroomError) -> None:
        self.later.append(work)
        self.locked_out = str(error)

    def _settle(self, most: int = 0) -> None:
        """Wait until the files of ``most`` submissions at most are still to be written."""
        while len(self.begun) > most:
            done, self.begun = wait(self.begun, return_when=FIRST_COMPLETED)
            for each in done:
                each.result()


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file in one step: whoever looks finds the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")  # one name: what a kill leaves is replaced by the next run
    part.unlink(missing_ok=True)
    part.touch(PRIVATE)  # at no moment can anybody read it who may not
    part.write_text(text, encoding="utf-8")
    part.chmod(mode)
    part.replace(path)
