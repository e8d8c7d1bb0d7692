"""Calls of a learner's function in a notebook: bounded in time and in prints, and nobody answers input()."""

from __future__ import annotations

import builtins
import contextlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from autograder import paths
from autograder.alarm import Alarm, alarm
from autograder.judge.subject import CallTimeout, LocalLink
from autograder.worker.calls import Reply

CALL_SECONDS = 5.0
PRINTED = 20  # lines of the learner's own prints that are shown
WIDTH = 200  # characters of a line that is shown
KEPT = 50_000  # characters of the prints that are kept; of what comes after them, the lines are counted
OURS = re.escape(str(paths.ROOT / "autograder"))
WARNED = re.compile(rf"^{OURS}\S*:\d+: (\w+: .*\n?)(?:  .*\n?)?", re.MULTILINE)  # a warning at a line of ours


class Printed(io.TextIOBase):
    """What the learner's code prints: the first lines are kept, the others counted, however many they are."""

    def __init__(self) -> None:
        self.kept = ""
        self.more = 0  # lines that were printed and not kept

    def write(self, text: str) -> int:
        """Take what is printed; of one that prints without end only a count is kept."""
        room = KEPT - len(self.kept)
        self.kept += text[:room]
        self.more += text[max(room, 0) :].count("\n")
        return len(text)

    def clear(self) -> None:
        """Forget what was printed."""
        self.kept, self.more = "", 0

    @property
    def lines(self) -> list[str]:
        """The lines that are kept, warnings without the place in our code that they point at."""
        return WARNED.sub(r"\1", self.kept).splitlines()

    @property
    def count(self) -> int:
        """How many lines were printed."""
        return len(self.lines) + self.more

    def first(self, lines: int = PRINTED, width: int = WIDTH) -> str:
        """The first lines, each cut to a screen's width or two, and how many there are more."""
        shown = [line if len(line) <= width else f"{line[:width]}..." for line in self.lines[:lines]]
        more = self.count - len(shown)
        return "\n".join(shown + [f"... and {more:,} more line{'s' * (more > 1)}"] * (more > 0))


class Timed(LocalLink):
    """Calls in this process that are given up after `CALL_SECONDS`, where there is an `alarm`.

    What the learner's code prints goes to ``printed``.
    """

    def __init__(self, namespace: Mapping[str, Any], drivers: Mapping[str, Any], printed: Printed) -> None:
        super().__init__(namespace, drivers)
        self.printed = printed

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call ``name`` on copies of the arguments; CallTimeout, and KeyboardInterrupt when the learner stops it."""
        with contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed), nobody_answers():
            try:
                with alarm(CALL_SECONDS):
                    reply = super().call(name, args, kwargs, trace)
            except Alarm:
                raise CallTimeout(CALL_SECONDS) from None
        if reply.failure and reply.failure.type == Alarm.__name__:
            raise CallTimeout(CALL_SECONDS, reply.failure)
        if reply.failure and reply.failure.type == "KeyboardInterrupt":
            raise KeyboardInterrupt
        return reply


@contextlib.contextmanager
def nobody_answers() -> Iterator[None]:
    """Let input() fail at once, as in the box: a notebook would wait for somebody to type."""

    def refuse(*_: object) -> str:
        raise EOFError("input() was called")

    before, builtins.input = builtins.input, refuse
    try:
        yield
    finally:
        builtins.input = before
