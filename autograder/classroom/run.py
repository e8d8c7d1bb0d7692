"""One run over a class: what is known is not judged again, what is judged is kept, what is kept is written.

The order of writing makes a killed run safe: journal, gradebook, feedback page, graded notebook.
The notebook names the verdict that it shows; so where it stands, everything before it stands too.
"""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import nbformat

from autograder import course
from autograder.classroom.folder import DELIVERED, ClassroomError, CourseFolder, Handed, unwritable
from autograder.classroom.gradebook import Writer
from autograder.classroom.journal import Journal
from autograder.classroom.pages import page
from autograder.classroom.progress import Progress
from autograder.classroom.rebuild import line, rebuild, stamp, write_verdict
from autograder.judge import cores
from autograder.judge.session import JudgeError
from autograder.judge.submission import read
from autograder.judge.verdict import Verdict


class Judging(AbstractContextManager["Judging"], Protocol):
    """What grading needs of a judge: a context manager that judges files, from several threads."""

    isolation: str
    holes: list[str]
    warning: str

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        """Judge one file; never raises for anything in it."""

    def checks_sha256(self, chapter: str) -> str:
        """The fingerprint of the checks that a verdict carries; known before the judge is opened."""


OpenJudge = Callable[..., Judging]
ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # of the whole file system, and not of one submission


@dataclass
class GradeResult:
    """What a run came to; ``problems`` are lines for the instructor, and empty when every result is written."""

    chapter: str
    folder: Path
    verdicts: list[Verdict] = field(default_factory=list)
    judged: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status: 0 when every submission has a verdict and its results are written, else 3."""
        return 3 if self.problems else 0


class Run:
    """The state of one run: `judge` works in threads, everything else in the thread that has the gradebook."""

    def __init__(self, chapter: str, folder: CourseFolder, journal: Journal, writer: Writer, judge: Judging) -> None:
        self.chapter, self.folder, self.journal, self.writer, self.judging = chapter, folder, journal, writer, judge
        self.title, self.master = course.load(chapter).title, course.master(chapter)
        self.checks = judge.checks_sha256(chapter)
        self.entered = writer.complete()
        self.result = GradeResult(chapter, folder.root)
        self.locked_out = ""  # why no results can be written at the moment
        self.later: list[tuple[Handed, Verdict]] = []
        self.stopping = threading.Event()

    def take_known(self, handed: list[Handed], progress: Progress) -> list[Handed]:
        """Finish what the journal has a verdict on; return the rest, which is to be judged."""
        rest = []
        for one in handed:
            verdict = self.journal.known.get((one.student, read(one.notebook, self.chapter).sha256, self.checks))
            if verdict is None:
                rest.append(one)
                continue
            self._take(one, verdict, finished=self._finished(one.student, verdict))
            progress.advance()
        return rest

    def judge_all(self, handed: list[Handed], jobs: int, progress: Progress) -> None:
        """Judge in parallel and write meanwhile; whatever ends this early, no judgement that it spoilt is kept."""
        with self._pool(jobs) as pool:
            futures = {pool.submit(self.judge, one): one for one in handed}
            for future in as_completed(futures):
                try:
                    self._take(futures[future], future.result())
                    self.result.judged += 1
                except (ClassroomError, JudgeError):
                    raise
                except Exception as error:  # one submission never stops another
                    self._note(futures[future], error)
                progress.advance()

    def judge(self, handed: Handed) -> Verdict:
        """The verdict on one submission; it is in the journal when this returns."""
        verdict = self.judging.verdict(handed.notebook, self.chapter, handed.student)
        if self.stopping.is_set():
            raise InterruptedError("stopped")
        try:
            self.journal.append(verdict)
        except OSError as error:
            raise unwritable(self.journal.path, error) from error
        return verdict

    def finish(self) -> None:
        """Try once more what the gradebook did not take; its verdicts are in the journal whatever happens."""
        waiting, self.later, self.locked_out = self.later, [], ""
        for handed, verdict in waiting:
            self._write(handed, verdict)
        if self.later:
            kept = f"{len(self.later)} verdicts are kept, but their grades and pages are not all written"
            self.result.problems.append(f"{kept}: {self.locked_out}")
        self.result.verdicts.sort(key=lambda verdict: verdict.student or "")

    def write(self, handed: Handed, verdict: Verdict) -> None:
        """Gradebook, page and notebook of one verdict."""
        student, name = handed.student, self.chapter
        graded = rebuild(self.master, read(handed.notebook, name))
        write_verdict(graded, verdict)
        entry = self.writer.write(student, graded, handed.timestamp, handed.notebook.is_file())
        feedback, target = self.folder.feedback(student, name), self.folder.autograded(student, name)
        replace(feedback / f"{name}.html", page(self.title, graded, verdict, entry))
        self.folder.copy_files(handed.folder, feedback, only=DELIVERED)
        self.folder.set_permissions(feedback, 0o644)
        if target.exists():
            shutil.rmtree(target)
        self.folder.copy_files(handed.folder, target)
        self.folder.set_permissions(target, 0o444)
        mode = 0o664 if self.folder.nbgrader.groupshared else 0o444
        replace(target / f"{name}.ipynb", nbformat.writes(graded, version=4) + "\n", mode)

    def _take(self, handed: Handed, verdict: Verdict, finished: bool = False) -> None:
        self.result.verdicts.append(verdict)
        if not finished:
            self._write(handed, verdict)

    def _write(self, handed: Handed, verdict: Verdict) -> None:
        if self.locked_out:
            self.later.append((handed, verdict))
            return
        try:
            self.write(handed, verdict)
        except ClassroomError as error:
            self.locked_out = str(error)
            self.later.append((handed, verdict))
        except Exception as error:  # one submission never stops another
            if not isinstance(error, OSError) or error.errno not in ROOM:
                self._note(handed, error)
                return
            self.locked_out = str(unwritable(self.folder.root, error))
            self.later.append((handed, verdict))

    def _note(self, handed: Handed, error: Exception) -> None:
        self.result.problems.append(line(f"{handed.student}: {type(error).__name__}: {error}", 300))

    def _finished(self, student: str, verdict: Verdict) -> bool:
        """Whether a run before has written everything of this verdict."""
        page = self.folder.feedback(student, self.chapter) / f"{self.chapter}.html"
        shown = self.folder.autograded(student, self.chapter) / f"{self.chapter}.ipynb"
        if student not in self.entered or not page.exists():
            return False
        try:
            return bool(json.loads(shown.read_bytes())["metadata"]["autograder"] == stamp(verdict))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @contextmanager
    def _pool(self, jobs: int) -> Iterator[ThreadPoolExecutor]:
        pool = cores.pool(jobs)
        try:
            yield pool
        except BaseException:
            self.stopping.set()  # the judge closes now: what is under judgement would look as if it had crashed
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file in one step: whoever looks finds the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")  # one name: what a kill leaves is replaced by the next run
    part.unlink(missing_ok=True)
    part.write_text(text, encoding="utf-8")
    part.chmod(mode)
    part.replace(path)
