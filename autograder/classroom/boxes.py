"""The worker's side of a Dask cluster: a box of its own, the same checks as at the instructor's, verdicts as JSON.

A worker imports this module from its own copy of the project; of what is sent to it, only data is new.
"""

from __future__ import annotations

import asyncio
import atexit
import platform
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from distributed import get_worker

from autograder.classroom.journal import line
from autograder.judge import session
from autograder.judge.session import Judge, JudgeError
from autograder.judge.submission import Submission

OTHERS = "its checks of {} are others than here; update its copy of this project and start it again"


@dataclass(frozen=True)
class Terms:
    """What a run asks of every worker: the same checks and libraries, the same seed, the same isolation."""

    chapter: str
    checks_sha256: str
    libraries: str
    seed: int
    device: str
    allow_unisolated: bool

    def agree(self) -> None:
        """JudgeError where this machine's checkout or environment would judge otherwise."""
        if session.checks_sha256(self.chapter) != self.checks_sha256:
            raise JudgeError(OTHERS.format(self.chapter))
        if (found := libraries()) != self.libraries:
            raise JudgeError(f"it has {found}, and here is {self.libraries}; install the same and start it again")


def libraries() -> str:
    """What a grade depends on besides this project; a build for CUDA is the same version."""
    packages = [f"{name} {version(name).partition('+')[0]}" for name in ("numpy", "torch", "distributed")]
    return ", ".join([f"Python {'.'.join(platform.python_version_tuple()[:2])}", *packages])


class Boxes:
    """The judges of this worker process, one for each run that is going on, each with a box of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.judges: dict[Terms, Judge] = {}
        self.users: Counter[Terms] = Counter()
        atexit.register(self.close_idle)

    @contextmanager
    def judge(self, terms: Terms) -> Iterator[Judge]:
        """The judge of a run, opened at its first submission; JudgeError where it must not judge."""
        with self.lock:
            if terms not in self.judges:
                terms.agree()
                self._close_idle()  # of a run that could not say that it ended
                judge = Judge(terms.allow_unisolated, terms.seed, terms.device, chapter=terms.chapter)
                self.judges[terms] = judge.__enter__()
            self.users[terms] += 1
            judge = self.judges[terms]
        try:
            yield judge
        finally:
            with self.lock:
                self.users[terms] -= 1

    def close_idle(self) -> None:
        """Close every judge that judges nothing at the moment."""
        with self.lock:
            self._close_idle()

    def _close_idle(self) -> None:
        for terms in [terms for terms in self.judges if not self.users[terms]]:
            self.judges.pop(terms).__exit__()


_boxes = Boxes()


def judge(terms: Terms, handed_in: Submission, student: str | None) -> bytes:
    """On a worker: the verdict on one submission, as its line of the journal."""
    try:
        with _boxes.judge(terms) as judge:
            return line(judge.judge(handed_in, student))
    except JudgeError as error:
        raise JudgeError(f"worker {get_worker().address}: {error}") from None


async def ready(terms: Terms) -> tuple[str, list[str], str]:
    """On a worker: open its box, beside the loop that keeps the worker in touch; isolation, holes and warning."""

    def opened() -> tuple[str, list[str], str]:
        with _boxes.judge(terms) as judge:
            return judge.isolation, judge.holes, judge.warning

    return await asyncio.to_thread(opened)


async def finish() -> None:
    """On a worker: the run is over, and its box is no longer needed."""
    await asyncio.to_thread(_boxes.close_idle)
