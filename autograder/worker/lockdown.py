"""The locks that a process puts on itself before the first byte of a learner's code runs.

Resource limits, Landlock (files, TCP, signals) and a seccomp allow-list: none of the three is enough alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
from collections.abc import Iterable
from functools import cache

import landlockpy
import pyseccomp

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
CLONE_THREAD = 0x00010000
O_ASYNC = 0o20000
MEMORY = 2 * 2**30  # bytes over what the warm process has mapped
CPU_SECONDS = 120
FILES = 64  # open at a time
GPU_MEMORY, GPU_FILES = 4 * 2**30, 512  # a context of CUDA's needs more of both
THREADS = 4096  # of the user, all processes together; the kernel does not hold root to it

# What numpy, torch and threads need; everything that is not here is refused with EPERM.
ALLOWED = """
read write readv writev pread64 pwrite64 lseek open openat close close_range stat fstat lstat newfstatat statx access
faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 mmap munmap mprotect mremap madvise mincore brk
futex sched_yield sched_getaffinity sched_getparam sched_getscheduler get_mempolicy nanosleep clock_nanosleep
clock_gettime clock_getres gettimeofday time times getrusage getpid gettid getppid getuid geteuid getgid getegid
getgroups getpgrp getpgid getsid getresuid getresgid uname sysinfo getrlimit umask rt_sigaction rt_sigprocmask
rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack restart_syscall setitimer getitimer alarm exit
exit_group set_robust_list get_robust_list set_tid_address rseq membarrier getrandom arch_prctl
"""
TERMINAL_QUERIES = [0x5401, 0x5413, 0x541B, 0x5450, 0x5451]  # TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX
FCNTL = [0, 1, 2, 3, 1030]  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: no F_SETOWN
# With a GPU: the driver's requests (type "F"), those of unified memory (small numbers, and these two), and a socket
# that libcuda will not start without: it binds and listens; nobody can connect to it, nor through it.
NVIDIA, UVM, UVM_START = 0x4600, 0x00, [0x30000001, 0x30000002]
AF_UNIX, SOCK_SEQPACKET, SOCK_TYPE = 1, 5, 0xF
PRCTL = [15, 16, 0x53564D41]  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA


def die_with_parent() -> None:
    """Be killed when the parent ends, and be closed to ptrace and /proc/<pid>/mem."""
    LIBC.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit_resources(gpu: bool = False) -> None:
    """Memory, CPU seconds, no files written, no core dumps, few descriptors.

    Without a GPU the whole address space has a limit. CUDA reserves more of it than there is memory, so with one the
    limit is on private memory that can be written (RLIMIT_DATA), which a reservation is not; what is shared is
    counted by the warm process, see `Warm.watch`.
    """
    with open("/proc/self/statm") as statm:
        mapped, _, _, _, _, data, _ = (int(pages) * resource.getpagesize() for pages in statm.read().split())
    memory = (resource.RLIMIT_DATA, data + GPU_MEMORY) if gpu else (resource.RLIMIT_AS, mapped + MEMORY)
    for kind, value in [
        memory,
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, GPU_FILES if gpu else FILES),
        (resource.RLIMIT_NPROC, THREADS),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]:
        resource.setrlimit(kind, (value, value))


def drop_capabilities() -> None:
    """A judge that runs as root hands none of root's powers on (bubblewrap has dropped them already)."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    if LIBC.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def restrict_files(readable: Iterable[str], nodes: Iterable[str] = ()) -> None:
    """Landlock: read and map files below ``readable``; no writing anywhere, no TCP, no signals to others.

    ``nodes`` are a GPU's: opened for reading and writing, and sent requests.
    """
    read = landlockpy.AccessFS.READ_FILE | landlockpy.AccessFS.READ_DIR
    scope = landlockpy.Scope.ABSTRACT_UNIX_SOCKET | landlockpy.Scope.SIGNAL
    with landlockpy.Ruleset(scoped=scope) as ruleset:
        for path in readable:
            if os.path.isdir(path):
                ruleset.allow_path(path, read)
            elif os.path.exists(path):
                ruleset.allow_path(path, landlockpy.AccessFS.READ_FILE)
        for node in nodes:
            rights = read | landlockpy.AccessFS.WRITE_FILE | landlockpy.AccessFS.IOCTL_DEV
            ruleset.allow_path(node, rights & ~landlockpy.AccessFS.READ_DIR)
        ruleset.allow_path("/dev/null", landlockpy.AccessFS.READ_FILE | landlockpy.AccessFS.WRITE_FILE)
        ruleset.restrict()


@cache
def allowed(gpu: bool = False) -> pyseccomp.SyscallFilter:
    """The allow-list above; threads but no processes; a GPU's requests if asked. Built once, before workers fork."""
    equal, masked = pyseccomp.EQ, pyseccomp.MASKED_EQ
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in ALLOWED.split():
        _allow(rules, name)
    for number in TERMINAL_QUERIES:
        _allow(rules, "ioctl", pyseccomp.Arg(1, equal, number))
    for number in FCNTL:
        _allow(rules, "fcntl", pyseccomp.Arg(1, equal, number))
    # F_SETFL without O_ASYNC
    _allow(rules, "fcntl", pyseccomp.Arg(1, equal, 4), pyseccomp.Arg(2, masked, O_ASYNC, 0))
    for number in PRCTL:
        _allow(rules, "prctl", pyseccomp.Arg(0, equal, number))
    _allow(rules, "clone", pyseccomp.Arg(0, masked, CLONE_THREAD, CLONE_THREAD))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen: glibc falls back to clone
    _allow(rules, "prlimit64", pyseccomp.Arg(0, equal, 0), pyseccomp.Arg(2, equal, 0))  # read one's own limits
    if gpu:
        _allow(rules, "ioctl", pyseccomp.Arg(1, masked, 0xFF00, NVIDIA))
        _allow(rules, "ioctl", pyseccomp.Arg(1, masked, 0xFFFFFF00, UVM))
        for number in UVM_START:
            _allow(rules, "ioctl", pyseccomp.Arg(1, equal, number))
        _allow(rules, "socket", pyseccomp.Arg(0, equal, AF_UNIX), pyseccomp.Arg(1, masked, SOCK_TYPE, SOCK_SEQPACKET))
        _allow(rules, "bind")
        _allow(rules, "listen")
    return rules


def _allow(rules: pyseccomp.SyscallFilter, name: str, *arguments: pyseccomp.Arg) -> None:
    with contextlib.suppress(OSError):  # a call that this architecture does not have
        rules.add_rule(pyseccomp.ALLOW, name, *arguments)


def restrict_calls(gpu: bool = False) -> None:
    """Seccomp: what is `allowed`, and signals to oneself alone."""
    rules = allowed(gpu)
    for name in ("kill", "tgkill"):
        _allow(rules, name, pyseccomp.Arg(0, pyseccomp.EQ, os.getpid()))
    rules.load()


def lock_in(readable: Iterable[str], layers: Iterable[str], nodes: list[str] | None = None) -> None:
    """Take the layers named ("limits", "landlock", "seccomp") upon this process, for good.

    ``nodes`` are those of the GPU of a box that has one, and None in a box for the CPU.
    """
    gpu = nodes is not None
    if "limits" in layers:
        limit_resources(gpu)
    if "landlock" in layers:
        drop_capabilities()
        restrict_files(readable, nodes or ())
    if "seccomp" in layers:
        restrict_calls(gpu)
