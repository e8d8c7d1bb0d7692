"""A Dask scheduler and its workers as processes of their own: for the tests of `grade --scheduler`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder import paths

SECONDS = 60.0  # for a process to say that it is ready
DASK = (sys.executable, "-m", "dask")
Process = subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Machines:
    """Processes in sessions of their own, so that each can be ended with all that it started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, []
        self.address = f"tcp://127.0.0.1:{free_port()}"

    def start(self, command: list[str], ready: str, cwd: Path = paths.ROOT) -> Process:
        """Start a command, and wait until its output says ``ready``."""
        log = self.folder / f"{len(self.running)}.log"
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=cwd, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        self.running.append(process)
        deadline = time.monotonic() + SECONDS
        while ready not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return process

    def scheduler(self, cwd: Path = paths.ROOT) -> Process:
        host, port = self.address.removeprefix("tcp://").split(":")
        command = [*DASK, "scheduler", "--host", host, "--port", port, "--no-dashboard"]
        return self.start(command, "Scheduler at", cwd)

    def worker(self, *options: str, cwd: Path = paths.ROOT) -> Process:
        """One process with one thread, which nobody starts again when it is killed."""
        command = [*DASK, "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", *options]
        return self.start(command, "Registered to", cwd)

    def kill(self, process: Process) -> None:
        """End a process without warning, and whatever it started."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    """Machines that are gone at the end, whatever happens, and no box of theirs is left."""
    started = Machines(folder)
    try:
        yield started
    finally:
        for process in started.running:
            started.kill(process)
        deadline = time.monotonic() + 10
        while left := _boxes(folder):
            assert time.monotonic() < deadline, f"still running: {left}"
            time.sleep(0.05)


def _boxes(folder: Path) -> list[str]:
    """The processes whose command names a box below ``folder``."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder / "unrolled-").encode() in command.read_bytes():
                found.append(command.parent.name)
    return found
