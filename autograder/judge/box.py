"""The box: one warm process behind bubblewrap, Landlock and seccomp, which forks a worker for each submission."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import paths
from autograder.errors import UserError
from autograder.judge import cores, gpu, parts
from autograder.judge.stage import Stage, staging

START_SECONDS = 120.0
LAYERS = {"boxed": ["limits", "landlock", "seccomp"], "inner": ["limits", "landlock", "seccomp"], "none": []}
SYSTEM = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime"]
DEVICES = ["/dev/urandom", "/dev/random", "/dev/zero", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat"]
DEVICES += [f"/proc/self/{name}" for name in ("maps", "stat", "statm", "status")]  # not its memory, nor how it began
ENVIRONMENT = {
    **dict.fromkeys(["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"], "1"),
    "CUDA_VISIBLE_DEVICES": "",
    "HOME": "/nonexistent",
    "USER": "learner",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class BoxError(UserError):
    """The box did not start, or is gone; one line."""

    status = 3


class WorkerKilled(BoxError):
    """Somebody has killed a worker, and it was not the judge."""


@dataclass
class Ends:
    """The judge's ends of a worker: the link, what it prints, and how it ended."""

    number: int
    channel: socket.socket
    output: int
    status: int

    def close(self) -> None:
        """Close all three; a worker that is still there is not touched."""
        self.channel.close()
        os.close(self.output)
        os.close(self.status)


class Box:
    """A warm process at an isolation level: ``boxed``, ``inner`` or ``none``.

    It starts at once and needs seconds to be ready; whoever has other work to do meanwhile calls `wait` afterwards.
    On the device ``cuda`` its workers may use the first GPU, one after another: whoever forks one holds ``turn``.
    StageError where the temporary folder has no room for it.
    """

    def __init__(self, isolation: str, device: str = "cpu", layers: Sequence[str] | None = None) -> None:
        self.isolation = isolation
        self.layers = list(LAYERS[isolation] if layers is None else layers)  # given only to see what each one stops
        self.device = device
        self.turn = threading.Lock()
        self.ready = False
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.holder = Stage()
        self.stage = self.holder.path
        self.control, theirs = socket.socketpair()
        try:
            with theirs:  # closed before waiting: so a program that ends at once is noticed at once
                self.process = self._start(theirs)
        except BaseException:
            self.control.close()
            self.holder.close()
            raise

    def wait(self) -> Box:
        """Return when workers can be forked; BoxError, with the reason, when the box did not start."""
        if not self.ready:
            try:
                self._wait_until_ready()
            except BoxError:
                self.close()
                raise
            self.ready = True
        return self

    def fork(self) -> Ends:
        """A new worker, on the cores of the thread that asks for it; BoxError when the box is gone."""
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        status, status_end = os.pipe()
        ends = Ends(next(self.numbers), ours, output, status)
        fds = [theirs.fileno(), output_end, status_end]
        try:
            self._ask({"fork": ends.number, "cores": cores.here()}, fds)
        except BoxError:
            ends.close()
            raise
        finally:
            theirs.close()
            os.close(output_end)
            os.close(status_end)
        return ends

    def kill(self, ends: Ends) -> None:
        """End a worker at once, whatever it does; nothing when it has ended."""
        self._ask({"kill": ends.number}, [])

    def close(self) -> None:
        """End the warm process and every worker."""
        self.control.close()
        self.process.kill()
        self.process.wait()
        self.holder.close()

    def _ask(self, request: dict[str, Any], fds: list[int]) -> None:
        with self.lock:
            self.wait()
            try:
                socket.send_fds(self.control, [json.dumps(request).encode()], fds)
                answer = self.control.recv(4096)
            except OSError as error:
                raise BoxError(f"the box is gone ({error})") from None
            if not answer:
                raise BoxError("the box is gone")
            if refusal := json.loads(answer).get("error"):
                raise BoxError(f"the box can make no more processes ({refusal})")

    def _start(self, control: socket.socket) -> subprocess.Popen[bytes]:
        scratch = self.stage / "tmp"  # for the warm process while it imports; workers may write nowhere
        with staging():
            package = self._stage_worker()
            scratch.mkdir()
        nodes = gpu.nodes() if self.device == "cuda" else None
        inside = Path("/box") if self.isolation == "boxed" else package
        options = {
            "control": control.fileno(),
            "package": str(inside),
            "readable": [str(inside), *_python_folders(), *SYSTEM, *DEVICES, *self._readable_with_gpu()],
            "nodes": nodes,
            "layers": self.layers,
        }
        python = os.path.abspath(sys.executable)  # as it was typed, it may go through folders that the box has not
        program = [python, "-I", "-B", str(inside / "autograder" / "worker" / "warm.py"), json.dumps(options)]
        environment = {**ENVIRONMENT, **(gpu.environment() if self.device == "cuda" else {})}
        if self.isolation == "boxed":
            bindings = gpu.bindings() if self.device == "cuda" else []
            program = [*_bubblewrap(package, environment, bindings), *program]
        with staging():
            log = (self.stage / "log").open("wb")
        with log:
            return subprocess.Popen(
                program, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**environment, "TMPDIR": str(scratch)},
                pass_fds=[control.fileno()], cwd="/",
            )  # fmt: skip

    def _readable_with_gpu(self) -> list[str]:
        return [*gpu.READ, *gpu.libraries()] if self.device == "cuda" else []

    def _stage_worker(self) -> Path:
        """The worker's own files, and a stub for the rest of the package: all that the box sees of this project."""
        package = self.stage / "package"
        shutil.copytree(paths.WORKER, package / "autograder" / "worker", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(paths.WORKER / "stub.py", package / "autograder" / "__init__.py")
        return package

    def _wait_until_ready(self) -> None:
        self.control.settimeout(START_SECONDS)
        try:
            with self.control.makefile("rb") as stream:
                line = stream.readline()
        except TimeoutError:
            line = b""
        answer: dict[str, object] = json.loads(line or b'{"error": ""}')
        if "error" in answer or answer["threads"] != 1:
            printed = (self.stage / "log").read_text(errors="replace").strip().splitlines()
            reason = answer.get("error") or (printed[-1] if printed else "it ended or said nothing in time")
            raise BoxError(f"the {self.isolation} box did not start: {reason}")
        self.control.settimeout(None)


def _python_folders() -> Iterator[str]:
    """The Python that runs, and its environment; what a virtual environment was made from, too."""
    folders = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), sys.prefix, sys.base_prefix}
    if "/usr" in folders:  # the system's Python: its libraries alone
        folders = folders - {"/usr"} | {sysconfig.get_path("stdlib"), os.path.dirname(os.path.realpath(sys.executable))}
        folders |= {"/usr/lib/python3", "/usr/local/lib"}
    yield from sorted(folders)


def _bubblewrap(package: Path, environment: dict[str, str], bindings: list[str]) -> list[str]:
    """The command in front of the program: nothing of the host but Python, read-only; no network; no powers."""
    program, why = parts.bubblewrap()
    if why:
        raise BoxError(f"the boxed box did not start: {why}")
    command = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    command += ["--cap-drop", "ALL", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--hostname", "box"]
    command += ["--size", str(2**24), "--tmpfs", "/tmp"]
    for folder in [*SYSTEM, *_python_folders()]:
        if os.path.islink(folder) and folder in ("/lib", "/lib64", "/usr/lib64"):
            command += ["--symlink", os.readlink(folder), folder]
        else:
            command += ["--ro-bind-try", folder, folder]
    command += [*bindings, "--ro-bind", str(package), "/box", "--remount-ro", "/", "--chdir", "/"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return [*command, "--"]
