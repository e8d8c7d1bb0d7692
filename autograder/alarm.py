"""An alarm inside a learner's code that runs too long, where the system or Python has one to set."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import CodeType
from typing import Any

from autograder.worker import calls

TOOL = 4  # of `sys.monitoring`: the numbers that debuggers, coverage and profilers use are others


class Alarm(BaseException):
    """Time is up; no ``except Exception`` of the learner's keeps it."""


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise Alarm in here once time is up, and again until the block is left.

    By a signal in the main thread on Unix. Elsewhere, such as in a web page, from Python 3.12 on, where a learner's
    loop turns or a function of theirs is called: what loops inside of a library is not stopped.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _by_signal(seconds):
            yield
    elif sys.version_info >= (3, 12) and sys.monitoring.get_tool(TOOL) is None:
        with _by_looking_on(seconds):
            yield
    else:
        yield


@contextlib.contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    """Each half second from then on; an alarm that was set before is set again."""

    def ring(*_: object) -> None:
        raise Alarm

    handler = signal.signal(signal.SIGALRM, ring)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if before[0]:
            signal.setitimer(signal.ITIMER_REAL, *before)


if sys.version_info >= (3, 12):

    @contextlib.contextmanager
    def _by_looking_on(seconds: float) -> Iterator[None]:
        """At each turn of a loop, and at each call, in code of the learner's alone: the rest is as fast as ever."""
        monitoring = sys.monitoring
        end = time.monotonic() + seconds

        def look(code: CodeType, *_: object) -> Any:
            if not calls.is_learners(code.co_filename):
                return monitoring.DISABLE
            if time.monotonic() > end:
                raise Alarm
            return None

        monitoring.use_tool_id(TOOL, __name__)
        try:
            for event in (monitoring.events.JUMP, monitoring.events.PY_START):
                monitoring.register_callback(TOOL, event, look)
            monitoring.set_events(TOOL, monitoring.events.JUMP | monitoring.events.PY_START)
            yield
        finally:
            monitoring.set_events(TOOL, 0)
            monitoring.free_tool_id(TOOL)
