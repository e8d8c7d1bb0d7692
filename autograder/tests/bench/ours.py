"""Our own grader, measured from inside a fresh process: seconds, CPU of all its processes, and peak memory.

``python -m autograder.tests.bench.ours judge|grade CHAPTER SUBMITTED`` prints one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from autograder import __main__, paths
from autograder.judge import cores
from autograder.judge.selftest import start_ahead
from autograder.judge.session import Judge
from autograder.tests.bench.measure import run

__all__ = ["__main__"]  # how the command sets up garbage collection
# psutil knows when the computer started to the second only; the clock since then is exact
RUNNING = time.clock_gettime(time.CLOCK_BOOTTIME) - (psutil.Process().create_time() - psutil.boot_time())
BEGAN = time.time() - RUNNING


@dataclass
class Cost:
    """What a class of ``size`` cost: wall seconds, of them before the first submission; CPU seconds; peak in bytes.

    ``box`` is the part of the CPU seconds that was spent in the box, start included; ``start_cpu`` all before the
    first submission.
    """

    wall: float
    start: float
    cpu: float
    box: float
    start_cpu: float
    peak: int
    isolation: str
    passed: int = 0


def measured(what: str, chapter: str, submitted: Path) -> Cost:
    """The cost of judging alone ("judge") or of the whole way ("grade"), in a process of its own."""
    command = [sys.executable, "-m", "autograder.tests.bench.ours", what, chapter, str(submitted)]
    return Cost(**json.loads(run(command, paths.ROOT).splitlines()[-1]))


class Counted(Judge):
    """A judge that knows the CPU seconds of its box, whose processes nobody waits for."""

    box_seconds = start = start_cpu = 0.0
    isolated = ""

    def __enter__(self) -> Judge:
        judge = super().__enter__()
        self.start, self.start_cpu = time.time() - BEGAN, own_cpu() + self.box_cpu()
        return judge

    def __exit__(self, *exc: object) -> None:
        time.sleep(0.1)  # until the last worker has been waited for, and is counted
        self.box_seconds, self.isolated = self.box_cpu(), self.isolation
        super().__exit__(*exc)

    def box_cpu(self) -> float:
        """CPU seconds of all processes of the box, those that have ended included."""
        root = psutil.Process(self.box.process.pid)
        found = 0.0
        for each in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended: its parent has counted it
                found += sum(each.cpu_times()[:4])
        return found


def own_cpu() -> float:
    """CPU seconds of this process."""
    return sum(os.times()[:2])


def judge_class(chapter: str, submitted: Path) -> tuple[Counted, int]:
    """Judge every submission, as many at a time as there are cores; no gradebook, no pages."""
    files = sorted(submitted.glob(f"*/{chapter}/*.ipynb"))
    with Counted(chapter=chapter) as judge, cores.pool(cores.count()) as pool:
        verdicts = list(pool.map(lambda file: judge.verdict(file, chapter), files))
    return judge, sum(verdict.score == verdict.max_score for verdict in verdicts)


def grade_class(chapter: str, submitted: Path) -> tuple[Counted, int]:
    """The whole way: journal, gradebook, pages, graded notebooks."""
    from autograder.classroom.grade import grade  # nbgrader takes a second to import: the judge alone needs none of it

    opened: list[Counted] = []

    def open_judge(**options: Any) -> Counted:
        opened.append(Counted(**options))
        return opened[-1]

    with open(os.devnull, "w") as nowhere:
        result = grade(chapter, submitted, console=Console(file=nowhere), open_judge=open_judge)
    if result.problems:
        sys.exit("\n".join(result.problems))
    return opened[0], sum(verdict.score == verdict.max_score for verdict in result.verdicts)


def main() -> None:
    """Measure what the arguments say."""
    what, chapter, submitted = sys.argv[1:]
    start_ahead()
    judge, passed = (judge_class if what == "judge" else grade_class)(chapter, Path(submitted))
    wall, peak = time.time() - BEGAN, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cost = Cost(wall, judge.start, own_cpu() + judge.box_seconds, judge.box_seconds, judge.start_cpu, peak,
                judge.isolated, passed)  # fmt: skip
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
