"""What goes over the link to a worker: requests, and replies that are checked for their form before they are read.

Whatever the worker does, it can only choose values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from autograder.judge.subject import WorkerDied
from autograder.worker import codec, watch
from autograder.worker.calls import Failure, Reply

DECIMALS = re.compile(r"[-+]?\d+\.\d*(?:e[-+]?\d+)?|[-+]?\d+e[-+]?\d+", re.IGNORECASE)
TEXTS = {"type": 80, "message": 500, "source": 200}  # characters, as `calls.describe` cuts them
LINES = 10**6  # of a learner's cell: no line that is shown has a higher number
NAMES = 500  # of one call
NOTE = 1000  # characters of what is wrong with a cell


class Preparation(NamedTuple):
    """What reading the cells found: of each cell a problem and a note, of each exercise a forbidden call."""

    problems: list[str]
    notes: list[str]
    forbidden: dict[str, str]


def request(do: str, args: Sequence[Any]) -> bytes:
    """The frame that asks a worker to ``do`` something; WorkerDied where it is too large to be asked."""
    try:
        return codec.encode({"do": do, "args": list(args)})
    except codec.CodecError as error:
        raise WorkerDied(str(error)) from None


def read(frame: bytes) -> Any:
    """What stands in a frame of a worker's; WorkerDied where nothing can be read."""
    try:
        return codec.decode(frame)
    except codec.CodecError as error:
        raise WorkerDied(str(error)) from None


def read_reply(answer: Any, lines: set[str]) -> Reply:
    """A worker's answer to a call as a Reply; ``lines`` are the learner's own lines, the only ones ever shown."""
    if not isinstance(answer, dict) or set(answer) != {"value", "changed", "failure", "operators"}:
        raise WorkerDied("it sent a reply of another form")
    changed, operators = _names(answer["changed"]), _names(answer["operators"])
    failure = read_failure(answer["failure"], lines) if answer["failure"] is not None else None
    return Reply(answer["value"], changed, failure, operators)


def read_preparation(answer: Any, cells: int, exercises: Collection[str]) -> Preparation:
    """A worker's answer to the cells that it was given, text as it may be shown; "" where there is nothing to say."""
    if type(answer) is not dict or set(answer) != {*Preparation._fields}:
        raise WorkerDied("it sent a reading of another form")
    forbidden = answer["forbidden"]
    if type(forbidden) is not dict or set(forbidden) != set(exercises):
        raise WorkerDied("it read other exercises")
    used = dict(zip(forbidden, _texts([*forbidden.values()], len(exercises)), strict=True))
    return Preparation(_texts(answer["problems"], cells), _texts(answer["notes"], cells), used)


def read_failure(data: Any, lines: set[str]) -> Failure:
    """An exception as the worker describes it, without numbers of the inputs or lines that are not the learner's."""
    fields = {"type": str, "message": str, "line": int, "source": str}
    if not isinstance(data, dict) or set(data) != set(fields) or any(type(data[k]) is not t for k, t in fields.items()):
        raise WorkerDied("it sent a failure of another form")
    if any(len(data[key]) > size for key, size in TEXTS.items()):  # before any pattern is looked for in them
        raise WorkerDied("it sent a failure with too long a text")
    if not 0 <= data["line"] <= LINES:
        raise WorkerDied("it sent a failure in no line")
    kind = data["type"] if data["type"].isidentifier() else "Exception"
    message = _printable(DECIMALS.sub("…", data["message"]))[:200]
    source = _printable(data["source"]) if data["source"] in lines else ""
    return Failure(kind, message, data["line"] if source else 0, source)


def _names(value: Any) -> tuple[str, ...]:
    if type(value) not in (list, tuple) or len(value) > NAMES or not all(map(_is_name, value)):
        raise WorkerDied("it sent names of another form")
    return tuple(value)


def _texts(value: Any, count: int) -> list[str]:
    if type(value) is not list or len(value) != count or any(type(text) is not str for text in value):
        raise WorkerDied("it sent a reading of another form")
    return [_printable(text)[:NOTE] for text in value]


def _is_name(value: Any) -> bool:
    """Can this be shown as the name of an argument or a function?"""
    return type(value) is str and 0 < len(value) <= watch.LENGTH and value.isprintable()


def _printable(text: str) -> str:
    """Text as one line, without what steers a terminal or turns the direction of writing."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
