"""What an instructor sees while a class is graded, and the table at the end."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich import progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.classroom.rebuild import line
from autograder.judge.verdict import ExerciseVerdict, Status, Verdict

if TYPE_CHECKING:
    from autograder.classroom.run import Judging

EVERY = 5.0  # seconds between two lines where there is no terminal
STYLES = {"passed": "green", "failed": "yellow", "missing": "dim"}
SIGNS: dict[Status, str] = {
    "passed": "✓", "failed": "✗", "error": "!", "missing": "–", "timeout": "∞", "forbidden": "#"
}  # fmt: skip


class Progress:
    """A bar with the time left in a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        self.console, self.total, self.done = console, total, 0
        self.start = self.last = time.monotonic()
        columns = (
            progress.TextColumn("judged"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("time left"),
            progress.TimeRemainingColumn(),
        )
        self.bar = progress.Progress(*columns, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self.bar:
            self.bar.start()
            self.task = self.bar.add_task("", total=self.total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.console.print(f"stopped: {self.done} of {self.total} are kept; the same command goes on from there")

    def say(self, chapter: str, count: int, judge: Judging) -> None:
        """Before judging: how much there is, and how well it is isolated."""
        text = f"{chapter}: judging {count} of {self.total} submissions, isolation: {judge.isolation}"
        self.console.print("; ".join([text, *judge.holes]), highlight=False, markup=False, soft_wrap=True)
        if judge.warning and not judge.holes:
            warning = f"warning: one layer less than there could be: {judge.warning}"
            self.console.print(warning, highlight=False, markup=False, soft_wrap=True)

    def advance(self) -> None:
        """One more submission is done."""
        self.done += 1
        if self.bar:
            self.bar.advance(self.task)
        elif (now := time.monotonic()) - self.last >= EVERY and self.done < self.total:
            self.last = now
            left = (now - self.start) / self.done * (self.total - self.done)
            self.console.print(f"{self.done} of {self.total} judged, about {left:.0f} s left", highlight=False)


def table(verdicts: list[Verdict]) -> Table:
    """Student, total, and points and a sign for each exercise, which is numbered: all names are wider than a screen."""
    names = list(dict.fromkeys(one.name for verdict in verdicts for one in verdict.exercises))
    signs = dict.fromkeys(one.status for verdict in verdicts for one in verdict.exercises)
    shown = Table(caption=_legend(names, list(signs)), caption_justify="left", caption_style="", padding=(0, 1, 0, 0))
    shown.add_column("student", no_wrap=True, overflow="ellipsis")
    shown.add_column("points", justify="right", no_wrap=True)
    for number, _ in enumerate(names, 1):
        shown.add_column(str(number), justify="right", no_wrap=True)
    for verdict in verdicts:
        found = {one.name: _cell(one) for one in verdict.exercises}
        total = f"{_points(verdict.score)} of {_points(verdict.max_score)}"
        shown.add_row(Text(line(verdict.student or "", 40)), total, *(found.get(name, Text()) for name in names))
    return shown


def _legend(names: list[str], statuses: list[Status]) -> str:
    """What the numbers and the signs stand for."""
    numbered = ", ".join(f"{number} {name}" for number, name in enumerate(names, 1))
    return "\n".join([numbered, ", ".join(f"{SIGNS[status]} {status}" for status in statuses)])


def _cell(one: ExerciseVerdict) -> Text:
    told = one.status == "failed" or (one.score and one.status != "passed")  # else the sign says it
    return Text(f"{_points(one.score)} " * bool(told) + SIGNS[one.status], STYLES.get(one.status, "red"))


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
