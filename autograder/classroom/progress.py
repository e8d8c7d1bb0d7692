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
from autograder.judge.verdict import ExerciseVerdict, Verdict

if TYPE_CHECKING:
    from autograder.classroom.run import Judging

EVERY = 5.0  # seconds between two lines where there is no terminal
STYLES = {"passed": "green", "failed": "yellow", "missing": "dim"}


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
    """Student, points and a status word for each exercise, total."""
    names = list(dict.fromkeys(one.name for verdict in verdicts for one in verdict.exercises))
    shown = Table()
    shown.add_column("student", no_wrap=True, overflow="fold")
    for name in [*names, "points"]:
        shown.add_column(name, overflow="fold")
    for verdict in verdicts:
        found = {one.name: _cell(one) for one in verdict.exercises}
        total = f"{_points(verdict.score)} of {_points(verdict.max_score)}"
        shown.add_row(Text(line(verdict.student or "", 40)), *(found.get(name, Text()) for name in names), total)
    return shown


def _cell(one: ExerciseVerdict) -> Text:
    return Text(f"{_points(one.score)} {one.status}", STYLES.get(one.status, "red"))


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
