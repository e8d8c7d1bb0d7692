"""More than one machine: submissions go to the workers of a Dask cluster, and verdicts come back to the one journal.

Each worker keeps its own box; the process that runs ``grade`` writes journal, gradebook and pages, as ever.
Dask sends pickles between the instructor's own machines. What a student's code returns never becomes one:
it leaves the box through the judge's own decoder, and what comes back from a worker is the JSON text of a verdict.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from distributed import CancelledError, Client, Future
from distributed.scheduler import KilledWorker

from autograder.classroom import boxes
from autograder.classroom.boxes import OTHERS, Terms, libraries
from autograder.judge import session
from autograder.judge.session import Judge, JudgeError
from autograder.judge.submission import Submission, read
from autograder.judge.verdict import Verdict

CONNECT = 10.0  # seconds for a scheduler to answer
PATIENCE = 30.0  # seconds without any worker: a lost one may be started anew, a queue may grant the first
EVERY = 1.0  # seconds between two looks at who is there
PER_CORE = 2  # submissions sent for each core: one in work, one at hand; more would be lost with a worker
MOST = 256  # submissions under way; one writer cannot keep up with more
KEPT = "what was judged is kept, and the same command goes on from there"
START = "start it in this project's folder: .venv/bin/python -m dask"


class AddressError(JudgeError):
    """What was given is no address of a scheduler; one line."""

    status = 2


class Cluster:
    """A judge whose work is done by the workers of a Dask scheduler; use it in the place of `Judge`.

    Workers may come and go: a lost worker's submissions go to the others.
    JudgeError, one line, when no scheduler answers, when no worker is there, or when one must not judge.
    """

    def __init__(self, address: str, chapter: str, allow_unisolated: bool = False, device: str = "cpu") -> None:
        self.here = Judge(
            allow_unisolated, device=device
        )  # never opened: it knows the seed, and what a verdict is under
        checks = session.checks_sha256(chapter)
        self.terms = Terms(chapter, checks, libraries(), self.here.seed, device, allow_unisolated)
        self.address = address
        self.waiting: set[Future] = set()
        self.turn = threading.Condition()
        self.room = 0  # submissions that the cluster takes at the moment
        self.ended = ""  # why no more verdicts can come

    def checks_sha256(self, chapter: str) -> str:
        return self.here.checks_sha256(chapter)

    def __enter__(self) -> Self:
        _be_quiet()
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings(action="ignore"))
            self.client = stack.enter_context(self._connect())
            self._ask_scheduler()
            self._meet(self._workers())
            self.closing = threading.Event()
            watch = threading.Thread(target=self._watch, name="cluster", daemon=True)
            watch.start()
            stack.callback(watch.join)
            stack.callback(self.closing.set)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._give_up(f"{self.address}: the run is over")
        with suppress(Exception):  # whatever a worker does at the end: every verdict is here
            self.client.run(boxes.finish, on_error="ignore")
        self.stack.close()

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        """The verdict of whichever worker is free; what travels is the learner's cells, and no path."""
        handed_in = read(path, chapter)
        with self._sent(replace(handed_in, path=Path(path.name)), student) as future:
            try:
                return Verdict.from_json(future.result().decode())
            except CancelledError:
                raise JudgeError(self.ended or f"{self.address}: the scheduler is gone; {KEPT}") from None
            except KilledWorker:
                raise RuntimeError("every worker that judged it was lost, one after another") from None

    @contextmanager
    def _sent(self, handed_in: Submission, student: str | None) -> Iterator[Future]:
        """Send a submission as soon as there is room."""
        with self.turn:
            self.turn.wait_for(lambda: self.ended or len(self.waiting) < self.room)
            if self.ended:
                raise JudgeError(self.ended)
            future = self.client.submit(boxes.judge, self.terms, handed_in, student, pure=False)
            self.waiting.add(future)
        try:
            yield future
        finally:
            with self.turn:
                self.waiting.discard(future)
                future.release()
                self.turn.notify()

    def _connect(self) -> Client:
        try:
            return Client(self.address, timeout=CONNECT, set_as_default=False)
        except ValueError as error:
            raise AddressError(f"{self.address}: not an address, such as tcp://127.0.0.1:8786 ({error})") from None
        except (OSError, ImportError) as error:
            raise JudgeError(f"{self.address}: no Dask scheduler answers ({error}); {START} scheduler") from None

    def _ask_scheduler(self) -> None:
        """It reads what is sent, so it needs this project too, and the same: JudgeError otherwise."""
        try:
            found = self.client.run_on_scheduler(session.checks_sha256, self.terms.chapter)
        except Exception as error:  # whatever another version of Dask or of this project makes of the question
            raise JudgeError(f"{self.address}: it does not see this project ({error}); {START} scheduler") from None
        if found != self.terms.checks_sha256:
            raise JudgeError(f"scheduler {self.address}: {OTHERS.format(self.terms.chapter)}")

    def _workers(self) -> dict[str, Any]:
        """Isolation, holes and warning of every worker, by its address."""
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise JudgeError(f"{self.address}: this scheduler has no worker; {START} worker {self.address}") from None
        found: dict[str, Any] = self.client.run(boxes.ready, self.terms, on_error="return")
        for worker, answer in found.items():
            if isinstance(answer, JudgeError):
                raise JudgeError(f"worker {worker}: {answer}")
            if isinstance(answer, Exception) and not isinstance(answer, OSError):  # that one is lost again
                raise JudgeError(f"worker {worker}: it cannot run this project ({answer}); {START} worker")
        return {worker: answer for worker, answer in found.items() if not isinstance(answer, Exception)}

    def _meet(self, found: dict[str, Any]) -> None:
        """Sum up the workers for the instructor; each verdict holds its own worker's isolation and holes."""
        cores = self.client.nthreads()
        self.room = min(MOST, PER_CORE * sum(cores.values()))
        levels = Counter(isolation for isolation, _, _ in found.values())
        self.isolation = ", ".join(f"{level} on {count}" for level, count in levels.items())
        self.isolation += f" of {_many(len(cores), 'Dask worker')} with {_many(sum(cores.values()), 'core')}"
        self.holes = list(dict.fromkeys(hole for _, holes, _ in found.values() for hole in holes))
        self.warning = next((f"{worker}: {why}" for worker, (_, _, why) in found.items() if why), "")

    def _watch(self) -> None:
        """Follow who comes and goes; give up when nobody has been there for a while."""
        absent = 0.0
        while not self.closing.wait(EVERY):
            with suppress(OSError, RuntimeError):  # a scheduler that is gone cancels what is waited for
                cores = sum(self.client.nthreads().values())
                absent = 0.0 if cores else absent + EVERY
                with self.turn:
                    self.room = min(MOST, PER_CORE * cores)
                    self.turn.notify_all()
            if absent > PATIENCE:
                self._give_up(f"{self.address}: all workers are gone; {KEPT} when there is one again")
                return

    def _give_up(self, why: str) -> None:
        """Let whoever waits for a verdict, or to send a submission, wait no longer."""
        with self.turn:
            self.ended = self.ended or why
            self.turn.notify_all()
            waiting = list(self.waiting)
        with suppress(Exception):
            self.client.cancel(waiting)


def _be_quiet() -> None:
    """Dask says nothing in this process: every failure is one line of ours."""
    for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
