"""What has passed once passes again: a check that gets the same replies, to the last bit, is not gone through anew.

A check draws its inputs from the seed of the run and sees nothing else but replies. So all submissions are asked the
same first question, and the same next one as long as their replies are the same; and whether a check passes follows
from the replies. What passing submissions were asked and what they replied is kept as a tree: a submission is asked
along it without a line of the check being run, until it replies what none of them did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from autograder.checks import Check
from autograder.judge import frames
from autograder.judge.subject import Call, CallTimeout, Link, WorkerDied
from autograder.worker import calls, codec
from autograder.worker.calls import Reply

BYTES = 2**20  # of all replies on one way: a check may pass without a look at what was returned
PATHS = 16  # of one check: replies that differ in the last bit only have passed on so many ways before


class Wire(Protocol):
    """A link to another process, asked in frames."""

    def exchange(self, request: bytes) -> bytes:
        """The frame that answers a frame; CallTimeout or WorkerDied where none comes."""

    def read(self, frame: bytes) -> Reply:
        """What stands in such a frame; WorkerDied where it is no reply."""


class Here:
    """A link of this process that is asked in frames, too, and answers with the bytes that a worker would send."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def exchange(self, request: bytes) -> bytes:
        """What the worker's end does."""
        name, args, kwargs, trace = codec.decode_ours(request)["args"]
        return codec.encode(calls.answer(self.link.call(name, tuple(args), kwargs, trace)))

    def read(self, frame: bytes) -> Reply:
        """As of a worker's; no line of the source is shown."""
        return frames.read_reply(frames.read(frame), set())

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """By way of the frames."""
        return self.read(self.exchange(frames.request("call", [name, args, kwargs, trace])))


@dataclass(frozen=True)
class Outcome:
    """What came of going through a check: the calls of its exercise, and whether right answers to them lack digits."""

    calls: list[Call]
    imprecise: bool


@dataclass
class Place:
    """How far a check has come: what it asks next, and where each reply leads; at its end how it passed."""

    request: bytes = b""
    replies: dict[bytes, Place] = field(default_factory=dict)
    outcome: Outcome | None = None


@dataclass
class Tree:
    """Where a check begins, and on how many ways it has passed."""

    root: Place = field(default_factory=Place)
    paths: int = 0


class Known:
    """The trees of all checks, for one seed and one chapter's solutions; threads may share it."""

    def __init__(self) -> None:
        self.trees: dict[tuple[Check, str], Tree] = {}

    def walk(self, link: Wire, check: Check, device: str) -> Walk:
        """The way of the submission behind a link through a check."""
        return Walk(link, self.trees.setdefault((check, device), Tree()))


class Walk:
    """One submission's way through one check: first along the tree (`follow`), then as the check's link (`call`)."""

    def __init__(self, link: Wire, tree: Tree) -> None:
        self.link = link
        self.tree = tree
        self.way: list[tuple[bytes, bytes]] = []  # request and reply, of each exchange
        self.read = 0  # how many of the replies the check has got
        self.stop: CallTimeout | WorkerDied | None = None

    def follow(self) -> Outcome | None:
        """Ask what is known to be asked; how the check passed on just this way before, None on a new one."""
        place: Place | None = self.tree.root
        try:
            while place and place.request:
                reply = self.link.exchange(place.request)
                self.way.append((place.request, reply))
                place = place.replies.get(reply)
        except (CallTimeout, WorkerDied) as stop:
            self.stop = stop
        return place.outcome if place and not self.stop else None

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """What came back to this call already, or comes now."""
        if self.read == len(self.way):
            if self.stop:
                raise self.stop
            asked = frames.request("call", [name, args, kwargs, trace])
            self.way.append((asked, self.link.exchange(asked)))
        self.read += 1
        return self.link.read(self.way[self.read - 1][1])

    def keep(self, outcome: Outcome) -> None:
        """Keep this way, on which the check has passed."""
        if self.tree.paths >= PATHS or sum(len(reply) for _, reply in self.way) > BYTES:
            return
        place = self.tree.root
        for asked, reply in self.way[: self.read]:
            place.request = asked
            place = place.replies.setdefault(reply, Place())
        place.outcome = outcome
        self.tree.paths += 1
