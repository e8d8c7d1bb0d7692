"""One run over a class: what is known is not judged again, what is judged is kept, what is kept is written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autograder.classroom.folder import ClassroomError, Handed, unwritable
from autograder.classroom.journal import Journal
from autograder.classroom.progress import Progress
from autograder.classroom.rebuild import line
from autograder.classroom.results import Results
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


@dataclass
class GradeResult:
    """What a run came to; ``problems`` are lines for the instructor, and empty when every result is written."""

    chapter: str
    folder: Path
    verdicts: list[Verdict] = field(default_factory=list)
    judged: int = 0
    refreshed: int = 0  # not judged again, but another penalty, score or comment since
    doubts: list[str] = field(default_factory=list)  # about course.yml
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status: 0 when every submission has a verdict and its results are written, else 3."""
        return 3 if self.problems else 0


class Run:
    """The state of one run: `judge` works in threads, everything else in the thread that has the gradebook."""

    def __init__(self, chapter: str, journal: Journal, results: Results, judge: Judging) -> None:
        self.chapter, self.journal, self.results, self.judging = chapter, journal, results, judge
        self.checks = judge.checks_sha256(chapter)
        self.result = GradeResult(chapter, results.folder.root, problems=results.problems)
        self.stopping = threading.Event()

    def take_known(self, handed: list[Handed], progress: Progress) -> list[Handed]:
        """Finish what the journal has a verdict on; return the rest, which is to be judged."""
        rest = []
        for one in handed:
            verdict = self.journal.known.get((one.student, read(one.notebook, self.chapter).sha256, self.checks))
            if verdict is None:
                rest.append(one)
                continue
            self.result.verdicts.append(verdict)
            if not self.results.written(one.student, verdict):
                self.results.write(one, verdict)
            elif not self.results.shown(one):
                self.results.write(one, verdict, page_only=True)
                self.result.refreshed += 1
            progress.advance()
        return rest

    def readable(self, handed: list[Handed], progress: Progress) -> list[Handed]:
        """Those whose file can be opened; the others keep the grade that they have, and are a problem of the run."""
        rest = []
        for one in handed:
            if why := one.unreadable:
                self.result.problems.append(line(f"{one.student}: {why}", 300))
                progress.advance()
            else:
                rest.append(one)
        return rest

    def judge_all(self, handed: list[Handed], jobs: int, progress: Progress) -> None:
        """Judge in parallel and write meanwhile; whatever ends this early, no judgement that it spoilt is kept."""
        with self._pool(jobs) as pool:
            futures = {pool.submit(self.judge, one): one for one in handed}
            for future in as_completed(futures):
                try:
                    self.result.verdicts.append(future.result())
                    self.results.write(futures[future], future.result())
                    self.result.judged += 1
                except (ClassroomError, JudgeError):
                    raise
                except Exception as error:  # one submission never stops another
                    self.results.note(futures[future], error)
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
        """Write what is still to be written, and put the verdicts in the order of the students."""
        self.results.finish()
        self.result.verdicts.sort(key=lambda verdict: verdict.student or "")

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
