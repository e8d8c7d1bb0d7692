"""The judge, and the whole way to gradebook and pages, beside stock nbgrader, otter-grader and the bare checks."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator

from rich.table import Table

from autograder.tests.bench import bare, classes, ours, rivals, shares
from autograder.tests.bench.classes import CHAPTER, CLASS
from autograder.tests.bench.measure import FOLDER

ROUNDS = 5


def tables() -> Iterator[Table]:
    """One class, graded by all of them in one run; ours is the median of several rounds, the slow ones run once."""
    submitted = classes.write_class(FOLDER / "speed")
    judge = [ours.measured("judge", CHAPTER, submitted) for _ in range(ROUNDS)]
    grade = [ours.measured("grade", CHAPTER, classes.write_class(FOLDER / "speed")) for _ in range(ROUNDS)]
    checks = bare.measured(CHAPTER, submitted)
    autograde, feedback = rivals.nbgrader(submitted)
    otter = rivals.otter(submitted)

    of = f"{CLASS} submissions of {CHAPTER}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}"
    shown = Table("what", "measured", "must", "goal", title=f"{of}, isolation: {judge[0].isolation}")
    judging, whole = _median(judge, "wall"), _median(grade, "wall")
    start = _median(judge, "start")
    shown.add_row("stock nbgrader: autograde", f"{autograde:.1f} s")
    shown.add_row("stock nbgrader: generate_feedback", f"{feedback:.1f} s")
    shown.add_row("otter-grader, in its own processes", f"{otter[0]:.1f} s" if otter else "cannot be installed here")
    shown.add_row("judge: its start, once a run", f"{start:.1f} s")
    shown.add_row("judge: all verdicts after it", f"{judging - start:.1f} s")
    shown.add_row("  nbgrader's time by the judge's", f"{autograde / (judging - start):.0f} times", "50", "100")
    shown.add_row("  the same with its start", f"{autograde / judging:.0f} times")
    if otter:
        shown.add_row("  otter-grader's time by the judge's", f"{otter[0] / (judging - start):.0f} times")
    shown.add_row("whole way, start included", f"{whole:.1f} s")
    ratio = (autograde + feedback) / whole
    shown.add_row("  nbgrader's time, both commands, by ours", f"{ratio:.0f} times", "20", "30")
    each = statistics.median(cost.cpu - cost.start_cpu for cost in judge) / CLASS
    shown.add_row("judge: CPU of a submission, all processes", f"{each * 1000:.0f} ms")
    shown.add_row("bare verdicts in one process, without box and link", f"{checks['whole'] * 1000:.0f} ms")
    shown.add_row("  the judge's CPU by it", f"{each / checks['whole']:.2f} times", "2", "1.5")
    shown.add_row("bare checks alone: no copies, no fingerprints", f"{checks['plain'] * 1000:.0f} ms")
    shown.add_row("  the judge's CPU by it", f"{each / checks['plain']:.2f} times")
    yield shown
    yield shares.table(CHAPTER, classes.write_class(FOLDER / "speed"), CLASS)


def _median(costs: list[ours.Cost], what: str) -> float:
    return statistics.median(getattr(cost, what) for cost in costs)
