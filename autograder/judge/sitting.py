"""One submission before the judge: its cells run in a worker, its functions are called; a lost worker is replaced."""

from __future__ import annotations

import time
from typing import Any

from autograder.course import Chapter
from autograder.judge import frames, implementations
from autograder.judge.box import Box, BoxError
from autograder.judge.frames import read_failure, read_preparation
from autograder.judge.remote import Worker
from autograder.judge.subject import CallTimeout, WorkerDied
from autograder.judge.submission import Submission
from autograder.worker.calls import Failure, Reply

CALL_SECONDS = 5.0
START_SECONDS = 60.0  # of a worker with a GPU, which starts CUDA before it answers
EXERCISE_SECONDS = 20.0  # all calls of one exercise together
CELLS_SECONDS = 30.0  # all cells of a submission, however often they run
LOST_CELLS = 3  # after so many cells that ended or stalled their worker, the rest is judged as it is


class Sitting:
    """The link of one submission (`subject.Link`); use as a context manager, `next_exercise` before each exercise.

    ``forgiving``: a worker that somebody else kills is a WorkerKilled, and costs the submission nothing.
    """

    def __init__(self, box: Box, submission: Submission, chapter: Chapter, forgiving: bool = False) -> None:
        self.box = box
        self.forgiving = forgiving
        self.submission = submission
        self.chapter = chapter
        setup = [("the chapter's imports", source) for source in implementations.setup(chapter.slug)]
        self.cells = [*setup, *submission.own_cells()]
        self.lines = {line.strip() for _, source in self.cells for line in source.splitlines()}
        self.worker: Worker | None = None
        self.skipped: set[int] = set()
        self.problems: dict[int, str] = {}  # what is wrong with a cell, by its place in `cells`; -1: with all
        self.notes: list[str] = []
        self.forbidden: dict[str, str] = {}
        self.left = EXERCISE_SECONDS
        self.cells_left = CELLS_SECONDS

    def __enter__(self) -> Sitting:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.worker:
            self.worker.close()

    def next_exercise(self) -> None:
        """A fresh allowance of time."""
        self.left = EXERCISE_SECONDS

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call a function of the submission; CallTimeout and WorkerDied cost the worker; the next has a new one."""
        return self.read(self.exchange(frames.request("call", [name, args, kwargs, trace])))

    def exchange(self, request: bytes) -> bytes:
        """A call as it goes over the link, and what came back, which is not read yet."""
        self.load()
        assert self.worker
        start = time.monotonic()
        try:
            return self.worker.exchange(request, min(CALL_SECONDS, max(self.left, 0.1)))
        except (CallTimeout, WorkerDied):
            self._lose()
            raise
        finally:
            self.left -= time.monotonic() - start

    def read(self, frame: bytes) -> Reply:
        """What came back, read; WorkerDied, which costs the worker, where it is no reply."""
        try:
            return frames.read_reply(frames.read(frame), self.lines)
        except WorkerDied:
            self._lose()
            raise

    def load(self) -> None:
        """A worker that has run the cells, if there is none; a cell that ends its worker is left out of the next."""
        while self.worker is None:
            self.worker = Worker(self.box, self.forgiving)
            try:
                self._prepare(self.worker)
            except (CallTimeout, WorkerDied) as error:  # no learner's code has run: the text itself does it
                self._lose()
                if not self.cells:
                    raise BoxError(f"the box cannot prepare {self.chapter.slug} ({error.message})") from None
                self.problems[-1] = f"the cells cannot be read ({error.message})"
                self.cells = []
                continue
            for number in range(len(self.cells)):
                if number not in self.skipped and not self._run(self.worker, number):
                    self._lose()
                    break

    def all_notes(self) -> list[str]:
        """What the learner may want to know of the cells, a line each."""
        return [*self.notes, *(text for _, text in sorted(self.problems.items()))]

    def _prepare(self, worker: Worker) -> None:
        libraries = {exercise.name: exercise.library for exercise in self.chapter.exercises}
        sources = [source for _, source in self.cells]
        seconds = CALL_SECONDS if self.box.device == "cpu" else START_SECONDS
        answer = worker.ask("prepare", [self.chapter.slug, sources, libraries], seconds)
        read = read_preparation(answer, len(sources), libraries)
        places = [place for place, _ in self.cells]
        found = zip(places, read.problems, strict=True)
        self.problems.update({n: f"{place}, {problem}" for n, (place, problem) in enumerate(found) if problem})
        self.notes = [f"{place}: {note}" for place, note in zip(places, read.notes, strict=True) if note]
        self.forbidden = read.forbidden

    def _run(self, worker: Worker, number: int) -> bool:
        """Run one cell; False when the worker is lost over it."""
        if self.cells_left <= 0:
            self.problems.setdefault(number, f"{self.cells[number][0]}: not run, the cells take too long together")
            return True
        start = time.monotonic()
        try:
            answer = worker.ask("run", [number], min(CALL_SECONDS, self.cells_left))
            if answer is not None:
                self.problems[number] = _at(self.cells[number][0], read_failure(answer, self.lines))
        except (CallTimeout, WorkerDied) as error:
            self.problems[number] = f"{self.cells[number][0]}: {error.message}"
            self.skipped.add(number)
            if len(self.skipped) >= LOST_CELLS:
                self.skipped.update(range(len(self.chapter.setup), len(self.cells)))
            return False
        finally:
            self.cells_left -= time.monotonic() - start
        return True

    def _lose(self) -> None:
        if self.worker:
            self.worker.close()
        self.worker = None


def _at(place: str, failure: Failure) -> str:
    where = f'{place}, line {failure.line} ("{failure.source}")' if failure.source else place
    return f"{where}: {failure.type}" + (f" ({failure.message})" if failure.message else "")
