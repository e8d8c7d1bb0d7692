"""What ends an exercise at once: a forbidden call, a call without end, a process that is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.checks import CheckFailed
from autograder.judge.forbidden import ForbiddenCall, forbidden_use
from autograder.judge.subject import CallTimeout, Link, WorkerDied
from autograder.worker.calls import Reply

# Drivers' methods that say what a class is like, or call again what is watched by itself.
UNWATCHED = {"parameters", "not_trained", "device_clash", "second_call"}


@dataclass
class Guard:
    """A link that watches calls, and remembers what ends the whole exercise in ``stop``.

    The first call of each check is watched; of a class, which takes torch's profiler long, one call of each method.
    """

    link: Link
    library: str
    stop: CheckFailed | None = None
    armed: bool = False
    way: Link | None = None
    methods: set[str] = field(default_factory=set)  # that have been watched
    alone: bool = False  # a watched call broke off: on the ways of others it would not be watched again

    def begin(self, way: Link | None = None) -> None:
        """A check begins; ``way`` is its own link, where it has one."""
        self.armed, self.way = True, way

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through; raises ForbiddenCall, CallTimeout or WorkerDied, and again at every later call."""
        if self.stop:
            raise self.stop
        try:
            watched = trace or self._watches(name)
            reply = (self.way or self.link).call(name, args, kwargs, watched)
            if watched and reply.failure and (method := name.partition(".")[2]):
                self.methods.discard(method)
                self.alone = True
            if used := forbidden_use(reply.operators, self.library):
                raise ForbiddenCall(used, self.library, ran=True)
        except (CallTimeout, WorkerDied, ForbiddenCall) as stop:
            self.stop = stop
            raise
        return reply

    def _watches(self, name: str) -> bool:
        method = name.partition(".")[2]
        if not self.armed or method in UNWATCHED:
            return False
        self.armed = False
        if not method:
            return True
        new = method not in self.methods
        self.methods.add(method)
        return new
