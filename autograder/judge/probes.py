"""A built-in hostile submission: each function tries one forbidden thing and returns what it got, or None.

`selftest` sends this file's text to a worker, as it would a learner's; it is never imported by the judge.
"""

import ctypes
import os
import resource
import socket
import sys

import numpy as np

PTRACE_SEIZE = 0x4206


def refused(attempt):
    """The result of an attempt, or None where the system refused it."""
    try:
        return attempt() or None
    except (OSError, ValueError, RuntimeError, MemoryError, ImportError, AttributeError):
        return None


def first(attempts):
    """What the first attempt that succeeds got."""
    return next((got for got in map(refused, attempts) if got), None)


def libc(name, *arguments):
    """The result of a libc call where it succeeded."""
    return getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) == 0


def others():
    """Processes besides this one that can be seen or guessed."""
    try:
        seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        seen = []
    return [pid for pid in {*seen, os.getppid(), 1} if pid not in (0, os.getpid())]


def read_project_files(project):
    return first(lambda p=p: open(os.path.join(project, p)).read(20) for p in ("pyproject.toml", "README.md"))


def list_home_and_project_folders(project):
    folders = [project, "/home", "/root", os.path.expanduser("~"), os.path.dirname(project)]
    return first(lambda f=f: os.listdir(f) and f for f in folders if not sys.prefix.startswith(f + os.sep))


def import_judge_or_solutions(project):
    def attempt(name):
        sys.path.insert(0, project)
        return __import__(name) and name

    return first(lambda n=n: attempt(n) for n in ("autograder.judge.session", "solutions.ch02_recurrence"))


def write_files(project):
    folders = ["/tmp", "/var/tmp", "/dev/shm", "/box", sys.prefix, project, os.path.dirname(np.__file__), "."]

    def attempt(folder):
        path = os.path.join(folder, "unrolled-probe")
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        refused(lambda: os.unlink(path))
        return folder

    return first(lambda f=f: attempt(f) for f in folders)


def change_file_modes(project):
    return first(lambda p=p: os.chmod(p, os.stat(p).st_mode) is None and p for p in (sys.executable, project, "/tmp"))


def read_other_processes_memory_or_environment(project):
    files = [f"/proc/{pid}/{name}" for pid in others() for name in ("environ", "mem", "maps")]
    return first(lambda f=f: open(f, "rb").read(1) and f for f in files)


def trace_other_processes(project):
    return first(lambda p=p: libc("ptrace", PTRACE_SEIZE, p, 0, 0) and f"process {p}" for p in others())


def signal_other_processes(project):
    return first(lambda p=p: os.kill(p, 0) is None and f"process {p}" for p in others())


def make_processes(project):
    def attempt():
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return "fork"

    return refused(attempt)


def run_programs(project):
    return first(lambda p=p: os.waitpid(os.posix_spawn(p, [p], {}), 0) and p for p in ("/bin/true", "/usr/bin/true"))


def open_internet_sockets(project):
    return first(lambda k=k: socket.socket(socket.AF_INET, k) and "socket" for k in (1, 2, 3))


def open_unix_sockets(project):
    return refused(lambda: socket.socket(socket.AF_UNIX) and "socket")


def connect_to_other_processes(project):
    def attempt(kind):
        with socket.socket(socket.AF_UNIX, kind) as end:
            try:
                end.connect("\0unrolled-probe")
            except ConnectionRefusedError:  # nobody listens there: the attempt itself was allowed
                return "connect"
            return "connected"

    return first(lambda k=k: attempt(k) for k in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET))


def change_user(project):
    return first([lambda: os.setuid(0) is None and "setuid", lambda: os.setgroups([0]) is None and "setgroups"])


def raise_own_limits(project):
    limits = {kind: resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)}
    limited = {kind: hard for kind, hard in limits.items() if hard != resource.RLIM_INFINITY}
    if not limited:
        return "memory is not limited"
    return first(
        lambda k=k, h=h: resource.setrlimit(k, (h * 2, h * 2)) is None and "raised" for k, h in limited.items()
    )


def change_limits_of_other_processes(project):
    return first(lambda p=p: resource.prlimit(p, resource.RLIMIT_NOFILE) and f"process {p}" for p in others())


def take_8_gb_of_memory(project):
    return refused(lambda: len(np.empty(10**9)) and "8 GB")


def have_signals_sent_by_the_kernel(project):
    import fcntl

    reader, _ = os.pipe()
    return refused(lambda: fcntl.fcntl(reader, 8, os.getppid()) == 0 and "F_SETOWN")


def make_namespaces(project):
    # the last one: in a namespace of its own a process has lost what it might do outside
    return refused(lambda: libc("unshare", 0x10000000) and "user namespace")


def work(project, device="cpu"):
    """Not an attack: what every learner needs. Returns None when it works."""
    import importlib.util
    import threading

    gradient = True
    if importlib.util.find_spec("torch"):
        import torch

        weight = torch.ones(3, 3, requires_grad=True, device=device)
        (weight @ weight).sum().backward()
        gradient = weight.grad is not None
    thread = threading.Thread(target=lambda: np.ones(4) @ np.ones(4))
    thread.start()
    thread.join()
    return None if gradient and np.isfinite(np.random.rand(2)).all() else "no gradient"
