"""What the CPU time of the whole way is spent on, part by part, without a profiler that would slow it down.

``python -m autograder.tests.bench.shares CHAPTER SUBMITTED`` prints seconds by part as one line of JSON.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from rich.table import Table

from autograder import paths
from autograder.classroom import results as writing
from autograder.classroom.gradebook import Writer
from autograder.classroom.journal import Journal
from autograder.judge import session, submission
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.remote import Worker
from autograder.tests.bench import ours
from autograder.tests.bench.measure import run

PARTS: list[tuple[Any, str, str]] = [
    (submission, "read", "reading the file"),
    (writing, "read", "reading the file"),
    (session, "judge_exercise", "judge: inputs, right answers, comparison"),
    (Diagnoser, "__call__", "judge: diagnosis"),
    (Worker, "exchange", "link: the judge's end"),
    (Worker, "__init__", "fork: the judge's end"),
    (Worker, "close", "fork: the judge's end"),
    (Journal, "append", "journal"),
    (Writer, "write", "gradebook"),
    (writing, "page", "page"),
    (writing, "rebuild", "graded notebook"),
    (writing, "write_verdict", "graded notebook"),
    (writing.nbformat, "writes", "graded notebook"),
    (writing, "replace", "files"),
    (writing.CourseFolder, "copy_files", "files"),
    (writing.CourseFolder, "set_permissions", "files"),
]
FORKING, WORKERS = "box: forking", "box: the learner's cells and calls, locks, the worker's end of the link"


class Clock:
    """CPU seconds by part: of a function, without the parts that it calls."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self.inner = threading.local()

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Put a function in the place of ``owner.name`` that counts."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            before, start = getattr(self.inner, "seconds", 0.0), time.thread_time()
            self.inner.seconds = 0.0
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.thread_time() - start
                self.spent[part] += whole - self.inner.seconds
                self.inner.seconds = before + whole

        setattr(owner, name, counted)


def measured(chapter: str, submitted: Path) -> dict[str, float]:
    """CPU seconds of the class by part, in a process of its own."""
    command = [sys.executable, "-m", "autograder.tests.bench.shares", chapter, str(submitted)]
    found: dict[str, float] = json.loads(run(command, paths.ROOT).splitlines()[-1])
    return found


def table(chapter: str, submitted: Path, size: int) -> Table:
    """The parts, the largest first, per submission."""
    found = measured(chapter, submitted)
    whole = sum(found.values())
    shown = Table("part", "CPU per submission", "share", title="Where the time goes, the start aside")
    for part, seconds in sorted(found.items(), key=lambda item: -item[1]):
        shown.add_row(part, f"{seconds / size * 1000:.1f} ms", f"{seconds / whole:.0%}")
    return shown


def main() -> None:
    """Grade the class with every part watched."""
    clock = Clock()
    for part in PARTS:
        clock.watch(*part)
    before: Counter[str] = Counter()
    enter = ours.Counted.__enter__

    def entered(judge: ours.Counted) -> Any:
        enter(judge)
        before.update(_box(judge))
        return judge

    leave = ours.Counted.__exit__

    def left(judge: ours.Counted, *exc: object) -> None:
        time.sleep(0.1)
        clock.spent.update(_box(judge))
        leave(judge, *exc)

    ours.Counted.__enter__, ours.Counted.__exit__ = entered, left  # type: ignore[method-assign]
    ours.grade_class(sys.argv[1], Path(sys.argv[2]))
    clock.spent.subtract(before)
    print(json.dumps(clock.spent))


def _box(judge: ours.Counted) -> Counter[str]:
    """CPU seconds of the box: its own, and those of the workers that have ended."""
    root = psutil.Process(judge.box.process.pid)
    times = [each.cpu_times() for each in [root, *root.children(recursive=True)]]
    forking = sum(each.user + each.system for each in times)
    return Counter({FORKING: forking, WORKERS: sum(each.children_user + each.children_system for each in times)})


if __name__ == "__main__":
    main()
