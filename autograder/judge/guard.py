"""What ends an exercise at once: a forbidden call, a call without end, a process that is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograder.checks import CheckFailed
from autograder.judge.forbidden import ForbiddenCall, forbidden_use
from autograder.judge.subject import CallTimeout, Link, WorkerDied
from autograder.worker.calls import Reply


@dataclass
class Guard:
    """A link that traces the first call after each `arm`, and remembers what ends the whole exercise in ``stop``."""

    link: Link
    library: str
    stop: CheckFailed | None = None
    armed: bool = False

    def arm(self) -> None:
        self.armed = True

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through; raises ForbiddenCall, CallTimeout or WorkerDied, and again at every later call."""
        if self.stop:
            raise self.stop
        try:
            reply = self.link.call(name, args, kwargs, trace or self.armed)
            self.armed = False
            if used := forbidden_use(reply.operators, self.library):
                raise ForbiddenCall(used, self.library, ran=True)
        except (CallTimeout, WorkerDied, ForbiddenCall) as stop:
            self.stop = stop
            raise
        return reply
