"""The judge's end of a worker: requests and replies with deadlines and size limits, over one socket."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

from autograder.judge import frames
from autograder.judge.box import Box, BoxError, Ends, WorkerKilled
from autograder.judge.subject import CallTimeout, WorkerDied
from autograder.worker import codec
from autograder.worker.serve import HEAD

GONE_SECONDS = 10.0
AT_ONCE = struct.pack("ll", 0, 20_000)  # a reply comes within 20 ms, or is waited for with an eye on what is printed
OUTPUT_LIMIT = 16 * 2**20  # bytes printed before a worker is ended
ENDING = 5.0  # seconds for the word on how a worker ended: the kernel takes some to give back gigabytes


class Worker:
    """One forked worker, alive until `close`, a timeout, or its own end.

    ``forgiving``: when it is killed, and not by the judge, that is a WorkerKilled, which is nobody's fault.
    """

    def __init__(self, box: Box, forgiving: bool = False) -> None:
        self.box = box
        self.forgiving = forgiving
        self.ends: Ends = box.fork()
        self.ends.channel.settimeout(None)  # whatever default a library has set
        self.ends.channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, AT_ONCE)
        os.set_blocking(self.ends.output, False)
        self.poll = select.poll()
        self.poll.register(self.ends.channel, select.POLLIN)
        self.poll.register(self.ends.output, select.POLLIN)
        self.count = 0
        self.printed = 0
        self.received = bytearray()  # what came over the link and is not yet read

    def ask(self, do: str, args: Sequence[Any], seconds: float) -> Any:
        """The answer to one request; CallTimeout or WorkerDied where none comes, and then the worker is gone."""
        return frames.read(self.exchange(frames.request(do, args), seconds))

    def exchange(self, request: bytes, seconds: float) -> bytes:
        """The frame that answers a frame, whatever stands in it; CallTimeout or WorkerDied where none comes."""
        self.count += 1
        deadline = time.monotonic() + seconds
        try:
            self._send(HEAD.pack(len(request), self.count) + request, deadline)
            size, number = HEAD.unpack(self._receive(HEAD.size, deadline))
            if size > codec.REPLY_LIMIT:
                raise WorkerDied("it sent a reply larger than 4 MB")
            if number != self.count:
                raise WorkerDied("it sent a reply that does not belong to the request")
            return self._receive(size, deadline)
        except TimeoutError:
            raise CallTimeout(seconds) from None
        except ConnectionError:
            raise WorkerDied(self._ending()) from None

    def close(self) -> None:
        """End the worker for good."""
        with contextlib.suppress(BoxError):
            self.box.kill(self.ends)
            if self.box.device != "cpu":  # its memory on the device is free only when it is gone
                select.select([self.ends.status], [], [], GONE_SECONDS)
        self.ends.close()

    def _send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self.ends.channel.send(view, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)

    def _receive(self, size: int, deadline: float) -> bytes:
        while len(self.received) < size:
            try:
                chunk = self.ends.channel.recv(1 << 16)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            if not chunk:
                raise ConnectionError
            self.received += chunk
            if time.monotonic() > deadline:  # a byte now and then is no answer
                raise TimeoutError
        data = bytes(self.received[:size])
        del self.received[:size]
        return data

    def _wait(self, event: int, deadline: float) -> None:
        """Until the link is ready; what the learner's code prints is read meanwhile, so that it never blocks."""
        self.poll.modify(self.ends.channel, event)
        while True:
            left = deadline - time.monotonic()
            ready = dict(self.poll.poll(left * 1000)) if left > 0 else {}
            if not ready:
                raise TimeoutError
            if self.ends.output in ready and not self._drain():
                self.poll.unregister(self.ends.output)
            if self.ends.channel.fileno() in ready:
                return

    def _drain(self) -> bool:
        try:
            chunk = os.read(self.ends.output, 1 << 16)
        except BlockingIOError:
            return True
        self.printed = self.printed + len(chunk) if chunk else -1
        if self.printed > OUTPUT_LIMIT:
            raise WorkerDied(f"it printed more than {OUTPUT_LIMIT // 2**20} MB")
        return bool(chunk)

    def _ending(self) -> str:
        """Why the link broke, from the warm process's word on how the worker ended."""
        if not select.select([self.ends.status], [], [], ENDING)[0]:
            return "it broke its link to the judge"
        ending = os.read(self.ends.status, 100).decode(errors="replace")
        if not ending:  # the warm process says how each worker ended, unless it has ended itself
            raise BoxError("the box ended under its workers")
        if ending == "signal 9" and self.forgiving:
            raise WorkerKilled("a worker was killed from outside")
        broken = "it broke its link to the judge"
        known = {
            "exit 70": broken,
            "limit": "it used more memory, time or threads than allowed",
            "signal 9": "it was killed twice: by itself, or as it used more time or memory than this computer has",
            "signal 11": "it crashed (segmentation fault)",
        }
        known["signal 31"] = "it made a system call that is not allowed"
        return known.get(ending, f"it ended by itself ({ending})")
