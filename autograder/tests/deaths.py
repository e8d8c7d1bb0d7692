"""Where a grader can be killed: in the middle of a line, around a commit, in a page; and some milliseconds later.

Each place is armed in the process that is to die, by a function put around one of the grader's own.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from autograder import course
from autograder.classroom import journal
from autograder.judge import session

Hook = Callable[..., Any]


def _now() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Moment:
    """Where the grader dies: at the ``count``-th passage of a place, and there at once or ``delay`` seconds later."""

    def __init__(self, place: str, count: int, delay: float = 0.0) -> None:
        self.place, self.count, self.delay = place, count, delay
        self.lock = threading.Lock()

    def passes(self) -> bool:
        """Is it time to die? Then only this passage is told so."""
        with self.lock:
            self.count -= 1
            return self.count == 0

    def die(self) -> None:
        if self.delay:
            threading.Timer(self.delay, _now).start()
        else:
            _now()

    def arm(self) -> None:
        """Put the death into its place."""
        PLACES[self.place](self)


def _in_a_line(moment: Moment) -> None:
    whole = journal._write_all

    def half(file: int, data: bytes) -> None:
        if moment.passes():
            os.write(file, data[: random.Random(len(data)).randrange(1, len(data))])
            _now()  # and not later: what would be written then is no whole line
        whole(file, data)

    journal._write_all = half


def _before_the_line_is_synced(moment: Moment) -> None:
    whole = journal._write_all

    def written(file: int, data: bytes) -> None:
        whole(file, data)
        if moment.passes():
            moment.die()

    journal._write_all = written


def _around_a_commit(when: str) -> Hook:
    def arm(moment: Moment) -> None:
        def died(_: Session) -> None:
            if moment.passes():
                moment.die()

        event.listen(Session, when, died)

    return arm


def _in_a_page(moment: Moment) -> None:
    whole = Path.write_text

    def half(path: Path, text: str, *rest: Any, **options: Any) -> int:
        if path.name.startswith(".") and moment.passes():
            whole(path, text[: len(text) // 2], *rest, **options)
            _now()
        return whole(path, text, *rest, **options)

    Path.write_text = half  # type: ignore[method-assign,assignment]


def _before_a_file_takes_its_place(moment: Moment) -> None:
    whole = Path.replace

    def late(path: Path, target: Path) -> Path:
        if moment.passes():
            moment.die()
        return whole(path, target)

    Path.replace = late  # type: ignore[method-assign,assignment]


def _while_it_judges(moment: Moment) -> None:
    whole = session.judge_exercise

    def judged(*arguments: Any, **options: Any) -> Any:
        if moment.passes():
            moment.die()
        return whole(*arguments, **options)

    session.judge_exercise = judged  # type: ignore[assignment]


def _at_the_start(moment: Moment) -> None:
    moment.die()


PLACES: dict[str, Hook] = {
    "in a line of the journal": _in_a_line,
    "before the line is synced": _before_the_line_is_synced,
    "before a commit": _around_a_commit("before_commit"),
    "after a commit": _around_a_commit("after_commit"),
    "in a page": _in_a_page,
    "before a file takes its place": _before_a_file_takes_its_place,
    "while it judges": _while_it_judges,
    "at the start": _at_the_start,
}


def drawn(draw: random.Random, chapter: str, ahead: int) -> Moment:
    """A place, and how often it is passed before: at most ``ahead`` submissions of progress."""
    place = draw.choice(list(PLACES))
    if place == "at the start":
        return Moment(place, 1, draw.uniform(0.01, 1.5))
    count = draw.randint(1, max(1, ahead))
    if place == "while it judges":
        count *= len(course.load(chapter).exercises)
    return Moment(place, count, draw.choice([0.0, draw.uniform(0.0, 0.05)]))
