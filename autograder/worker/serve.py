"""What a locked-in process does: make the learner's cells ready, run them, answer calls; one request at a time."""

from __future__ import annotations

import os
import struct
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from autograder.worker import calls, codec, drivers, source

CHANNEL = 3  # the file descriptor of the link to the judge
HEAD = struct.Struct("<II")  # in front of each frame: its bytes, and the number of the request, or of that it answers


class Server:
    """One submission: its cells, its namespace, and the drivers of its chapter."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.before = before
        self.module = types.ModuleType("__main__")
        self.drivers: Mapping[str, Any] = {}
        self.cells: list[source.Cell] = []

    def prepare(self, chapter: str, cells: list[str], exercises: dict[str, str]) -> dict[str, Any]:
        """Read all cells before any runs: syntax errors, notes, and forbidden calls by exercise."""
        if chapter:
            self.drivers = drivers.load(chapter)
        sys.modules["__main__"] = self.module  # classes, dataclasses and pickling look their module up there
        hide()
        self.cells = [source.prepare(number, text) for number, text in enumerate(cells, 1)]
        names = source.Names(self.cells)
        return {
            "problems": [cell.problem for cell in self.cells],
            "notes": [cell.note for cell in self.cells],
            "forbidden": {name: names.forbidden(name, library) for name, library in exercises.items()},
        }

    def run(self, number: int) -> dict[str, Any] | None:
        """Execute one cell; each may fail alone."""
        code = self.cells[number].code
        if code is None:
            return None
        try:
            exec(code, vars(self.module))
        except BaseException as error:
            return vars(calls.describe(error))
        return None

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool) -> dict[str, Any]:
        """Call a function of the learner's; the arguments are this process's own copies."""
        self.before()
        try:
            function = calls.find(vars(self.module), self.drivers, name)
        except LookupError:
            return calls.answer(calls.Reply(failure=calls.Failure("Missing", name.split(".")[0])))
        return calls.answer(calls.call(function, args, kwargs, trace, codec.packed))


def hide() -> None:
    """Let no import of a learner's reach the drivers that are in use: a copy of their files would be another one."""
    for name in [name for name in sys.modules if name.startswith(drivers.__name__)]:
        del sys.modules[name]
    package = sys.modules[__package__ or ""]
    package.__path__ = []
    vars(package).pop("drivers", None)


def serve(before: Callable[[], None] = lambda: None) -> None:
    """Answer requests until the judge hangs up; ``before`` is done before each call."""
    server = Server(before)
    methods: dict[str, Callable[..., Any]] = {"prepare": server.prepare, "run": server.run, "call": server.call}
    while True:
        size, number = HEAD.unpack(_read(HEAD.size))
        request = codec.decode_ours(_read(size))
        answer = methods[request["do"]](*request["args"])
        try:
            frame = codec.encode(answer)
            if len(frame) > codec.REPLY_LIMIT:
                raise codec.CodecError(f"too large ({len(frame):,} bytes)")
        except codec.CodecError as error:  # the value alone was fine, the whole is not: over a limit
            frame = codec.encode(calls.answer(calls.Reply(failure=calls.Failure("NotPlain", str(error)))))
        _write(HEAD.pack(len(frame), number) + frame)


def _read(size: int) -> bytes:
    chunks = []
    while size:
        chunk = os.read(CHANNEL, min(size, 1 << 20))
        if not chunk:
            os._exit(0)
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(CHANNEL, view) :]
