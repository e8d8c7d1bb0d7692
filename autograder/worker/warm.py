"""The warm process: imports numpy and torch once, then forks one locked-in worker for each submission.

Started as a fresh program (``python -I -B warm.py FOLDER``), so that nothing of the judge is in its memory.
It runs no learner's code and no tensor operation itself: children of a process that has done so can hang.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
from typing import Any

THREADS = 256  # of one worker; no limit of the kernel holds a worker of root to a number
RESIDENT = 4 * 2**20  # kB of memory of a worker with a GPU, whose address space has no limit
WATCH = 0.05  # seconds between two looks at the workers
HUGE = 2**21  # bytes of a huge page
COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
SONAMES = {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}


class Warm:
    """Takes one request at a time over the control socket, and answers each with one line of JSON."""

    def __init__(
        self, control: socket.socket, readable: list[str], layers: list[str], nodes: list[str] | None = None
    ) -> None:
        self.control = control
        self.nodes = nodes
        self.readable = readable
        self.layers = layers
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ)
        self.children: dict[int, tuple[int, int]] = {}  # request id: process id, status pipe
        self.over: set[int] = set()  # process ids of those that were ended for what they took

    def serve(self) -> None:
        """Fork and kill as told, until the judge hangs up."""
        while True:
            for key, _ in self.selector.select(WATCH if self.children else None):
                if key.data is not None:
                    self.reap(key.data, key.fd)
                elif not self.answer():
                    return
            self.watch()

    def watch(self) -> None:
        """End workers that make threads, or with a GPU take memory, before the system has none left for the others."""
        for pid, _ in self.children.values():
            with contextlib.suppress(OSError):  # it has just ended, or there is no /proc
                threads = os.stat(f"/proc/{pid}/task").st_nlink - 2
                if threads > THREADS or (self.nodes is not None and resident(pid) > RESIDENT):
                    self.over.add(pid)
                    os.kill(pid, signal.SIGKILL)

    def answer(self) -> bool:
        """Do what one message says; False when there is nobody to send another."""
        message, fds, _, _ = socket.recv_fds(self.control, 4096, 3)
        if not message:
            return False
        request: dict[str, Any] = json.loads(message)
        answer = {}
        try:
            if "fork" in request:
                self.fork(request["fork"], fds, request["cores"])
            elif request["kill"] in self.children:
                os.kill(self.children[request["kill"]][0], signal.SIGKILL)
        except OSError as error:  # no process or descriptor is left: this one must stay alive
            answer = {"error": str(error)}
        self.control.sendall(json.dumps(answer).encode() + b"\n")
        return True

    def fork(self, number: int, fds: list[int], cores: list[int]) -> None:
        """A new worker on the descriptors received, channel, output and status; it stays on these cores, if any."""
        channel, output, status = fds
        try:
            pid = os.fork()
            if pid == 0:
                if cores:
                    with contextlib.suppress(OSError):  # a core that is gone; an error must not leave this process here
                        os.sched_setaffinity(0, cores)
                become_worker(channel, output, self.readable, self.layers, self.nodes)
        except OSError:
            os.close(status)
            raise
        finally:
            os.close(channel)
            os.close(output)
        self.children[number] = (pid, status)
        self.selector.register(os.pidfd_open(pid), selectors.EVENT_READ, number)

    def reap(self, number: int, pidfd: int) -> None:
        """Say how a child ended: "exit 0", "signal 9"; "limit" where `watch` has ended it."""
        pid, status = self.children.pop(number)
        self.selector.unregister(pidfd)
        os.close(pidfd)
        _, code = os.waitpid(pid, 0)
        text = f"signal {os.WTERMSIG(code)}" if os.WIFSIGNALED(code) else f"exit {os.WEXITSTATUS(code)}"
        if pid in self.over:
            self.over.discard(pid)
            text = "limit"
        with contextlib.suppress(BrokenPipeError):  # the judge no longer wants to know
            os.write(status, text.encode())
        os.close(status)


def resident(pid: int) -> int:
    """kB of memory that a process has, private or shared, without what is mapped from files."""
    with open(f"/proc/{pid}/status") as status:
        lines = [line.split() for line in status if line.startswith(("RssAnon:", "RssShmem:"))]
    return sum(int(fields[1]) for fields in lines)


def become_worker(
    channel: int, output: int, readable: list[str], layers: list[str], nodes: list[str] | None = None
) -> None:
    """Never returns: settle the descriptors, lock in, start CUDA where there are nodes for it, serve."""
    try:
        from autograder.worker import gpu, lockdown, serve

        os.setsid()
        lockdown.die_with_parent()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        channel = os.dup2(channel, 100)  # out of the way of 0 to 3
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(channel, serve.CHANNEL)
        os.closerange(serve.CHANNEL + 1, 4096)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        lockdown.lock_in(readable, layers, nodes)
        if nodes is None:
            serve.serve()
        else:
            gpu.start()
            serve.serve(before=gpu.exact)
    except BaseException as error:
        os.write(2, f"worker: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(70)


def warm_up() -> dict[str, Any]:
    """Import what learners import; the versions go to the judge."""
    gc.disable()
    ctypes.util.find_library = lambda name: SONAMES.get(name)  # its own search runs gcc, which the box has not
    import numpy

    versions = {"python": sys.version.split()[0], "numpy": numpy.__version__}
    try:
        import torch
        import torch._dynamo  # the first optimizer of a process would import it: 1.5 s for every learner

        torch.set_num_threads(1)
        versions["torch"] = torch.__version__
    except ImportError:
        pass
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot  # it wants a writable folder at its first import; workers have none
    except (ImportError, OSError):
        pass
    with contextlib.suppress(ImportError):
        importlib.import_module("scipy.special")  # many take the sigmoid from there: it would cost each of them 150 ms
    from autograder.worker import drivers, gpu, serve  # noqa: F401  compiled once, here

    for module in pkgutil.iter_modules(drivers.__path__):
        drivers.load(module.name)

    if not gpu.untouched():
        raise RuntimeError("an import has started CUDA, which no child could then use")
    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
    gc.freeze()  # what is here stays: no collection looks through it, nor copies its pages in every child
    gc.enable()
    gather_pages()
    return {"versions": versions, "threads": threads}


def gather_pages() -> None:
    """Let the kernel keep this process's memory in huge pages, where it can: a fork then takes a third of the time."""
    libc = ctypes.CDLL(None)
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for fields in (line.split() for line in maps.readlines()):
            start, end = (int(address, 16) for address in fields[0].split("-"))
            start, end = -(-start // HUGE) * HUGE, end // HUGE * HUGE
            if fields[1] == "rw-p" and (len(fields) == 5 or fields[5] == "[heap]") and end > start:
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), COLLAPSE)


def main() -> None:
    """Arguments, all in one JSON text: control (a descriptor), readable (paths), layers, nodes (of a GPU, or null)."""
    options = json.loads(sys.argv[1])
    sys.path.insert(0, options["package"])
    control = socket.socket(fileno=options["control"])
    try:
        ready = warm_up()
        if "seccomp" in options["layers"] or "landlock" in options["layers"]:
            from autograder.worker import lockdown

            lockdown.die_with_parent()
            if "seccomp" in options["layers"]:
                lockdown.allowed(options["nodes"] is not None)
    except Exception as error:
        control.sendall(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        return
    control.sendall(json.dumps(ready).encode() + b"\n")
    Warm(control, options["readable"], options["layers"], options["nodes"]).serve()


if __name__ == "__main__":
    main()
