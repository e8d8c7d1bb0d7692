"""A million damaged frames for the decoder: ``python -m autograder.tests.fuzz [--frames N] [--seed S]``.

The frames are made from real replies of every chapter. Only CodecError may come out, and what is decoded has one way
to be written; where that fails, the frame is printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import secrets
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from autograder import course
from autograder.judge import implementations
from autograder.judge.run import judge_exercise
from autograder.judge.subject import Link
from autograder.tests.frames import Mutator, decodes, worst
from autograder.worker import calls, codec
from autograder.worker.calls import Failure, Reply

FRAMES = 1_000_000
PROCESSES = 2
LARGEST = 8_000  # bytes of a frame that is damaged: larger ones differ by their numbers alone
EACH = 40  # frames of a chapter
ROOM = 2**30  # address space that a process may take beyond what it has


@dataclass
class Found:
    """What came of the frames of one process or, added, of all: counts, seconds, and bytes of memory."""

    frames: int = 0
    decoded: int = 0
    slowest: float = 0.0
    grown: int = 0
    fault: str = ""

    def __add__(self, other: Found) -> Found:
        return Found(
            self.frames + other.frames, self.decoded + other.decoded, max(self.slowest, other.slowest),
            max(self.grown, other.grown), self.fault or other.fault,
        )  # fmt: skip

    def __str__(self) -> str:
        refused = self.frames - self.decoded
        return (
            f"{self.frames:,} frames: {self.decoded:,} decoded, {refused:,} refused, "
            f"the slowest in {self.slowest * 1000:.0f} ms of CPU; memory grew by {self.grown / 2**20:.0f} MB"
        )

    def note(self, data: bytes, name: str = "") -> None:
        """Decode one frame; it is shown by its name, or whole, where the decoder fails."""
        self.frames += 1
        try:
            self.decoded += decodes(data, self._timed)
        except Exception as error:
            self.fault = f"{type(error).__name__}: {str(error)[:200]}\n{name or data.hex()}"

    def _timed(self, data: bytes) -> Any:
        start = time.thread_time()  # of this thread alone: others may use the core meanwhile
        try:
            return codec.decode(data)
        finally:
            self.slowest = max(self.slowest, time.thread_time() - start)


class Recorder:
    """A link that keeps each reply as the frame that a worker would send."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.frames: list[bytes] = []

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through."""
        reply = self.link.call(name, args, kwargs, trace)
        self.frames.append(codec.encode(calls.answer(reply)))
        return reply


def replies(chapter: str) -> list[bytes]:
    """Replies of the solutions to what the checks of a chapter ask, none too large."""
    link = Recorder(implementations.solution(chapter))
    with warnings.catch_warnings(action="ignore"):
        for exercise in course.load(chapter).exercises:
            judge_exercise(exercise, link, implementations.reference(chapter), seed=0)
    small = [data for data in dict.fromkeys(link.frames) if len(data) <= LARGEST]
    return small[:: -(-len(small) // EACH)]


def forms() -> Iterator[bytes]:
    """Frames of what the solutions do not send: every type of array in every layout, failures, notes on cells."""
    for dtype in codec.NATIVE:
        wide = np.ones((3, 4), dtype)
        yield codec.encode([wide, np.asfortranarray(wide), wide[:, ::2], wide[0, 0], wide[:0]])
    failure = Failure("ValueError", "shapes (2,3) and (4,5) not aligned", 3, "return x @ W")
    yield codec.encode(calls.answer(Reply(None, ("x", "h_prev"), failure, ("aten::tanh",))))
    yield codec.encode({"problems": ["", "line 1"], "notes": ["", "…"], "forbidden": {"rnn_step": ""}})
    yield codec.encode([3, {"": [None, True, -1, 2**64 - 1, float("nan"), "ü", (), [], {}]}])


def corpus(chapters: Sequence[str]) -> list[bytes]:
    """All frames that are damaged."""
    return [*forms(), *(data for chapter in chapters for data in replies(chapter))]


def damage(good: Sequence[bytes], frames: int, seed: int) -> Found:
    """Decode so many frames, first the worst ones known; stop at the first fault."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + ROOM, hard))
    before = _memory("VmHWM")
    found, mutate = Found(), Mutator(good, seed)
    for name, data in worst().items():
        found.note(data, f"frames.worst(): {name}")
    while found.frames < frames and not found.fault:
        found.note(mutate())
    found.grown = _memory("VmHWM") - before
    return found


def _memory(what: str) -> int:
    """Bytes that this process has, or had at most; what getrusage says begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{what}:")[2].split(maxsplit=1)[0]) * 1024


def fuzz(frames: int = FRAMES, seed: int | None = None) -> str:
    """What came of it in a line; SystemExit with the frame and the seed where something else than CodecError did."""
    seed = secrets.randbits(32) if seed is None else seed
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        good = pool.submit(corpus, course.chapters()).result()
        start = time.perf_counter()
        shares = [pool.submit(damage, good, frames // PROCESSES, seed + number) for number in range(PROCESSES)]
        found = sum((share.result() for share in shares), Found())
    seconds = time.perf_counter() - start
    if found.fault:
        sys.exit(f"fuzz: seed {seed}: {found.fault}")
    return f"{found}; {len(good)} good frames, seed {seed}, {seconds:.0f} s, {found.frames / seconds:,.0f} frames/s"


def table() -> Table:
    """The line, for the bench."""
    shown = Table(title="The decoder, fed with damaged replies", show_header=False)
    shown.add_row(fuzz())
    return shown


def main() -> None:
    """Read the arguments, and print the line."""
    parser = argparse.ArgumentParser(prog="python -m autograder.tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=FRAMES, help="how many, in all")
    parser.add_argument("--seed", type=int, help="repeats a run; another one each time by default")
    given = parser.parse_args()
    print(fuzz(given.frames, given.seed))


if __name__ == "__main__":
    main()
