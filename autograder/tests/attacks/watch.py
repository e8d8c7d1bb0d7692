"""What can be seen from outside of an attack: files, sockets and processes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import secrets
import socket
import stat
import string
from collections.abc import Iterable
from pathlib import Path

import psutil

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
SHARED = ("tmp", "var/tmp", "dev/shm")  # folders where everybody may write

State = tuple[int, bytes, int]


def snapshot(root: Path, without: Iterable[Path]) -> dict[str, State]:
    """Of each file below a folder: mode, content, and when it was written; folders have neither content nor time."""
    found = {}
    for path in sorted(root.rglob("*")):
        if not any(path.is_relative_to(folder) for folder in without):
            state = path.lstat()
            regular = stat.S_ISREG(state.st_mode)
            content, written = (path.read_bytes(), state.st_mtime_ns) if regular else (b"", 0)
            found[str(path.relative_to(root))] = (state.st_mode, content, written)
    return found


def marked(mark: str, pids: Iterable[int]) -> list[str]:
    """Files with ``mark`` in their names, in folders where everybody may write, as each of the processes sees them."""
    found: dict[tuple[int, int], str] = {}
    for folder in (f"/proc/{pid}/root/{folder}" for pid in pids for folder in SHARED):
        with contextlib.suppress(OSError):  # no such folder, or a box that this user may not look into
            for entry in os.scandir(folder):
                if mark in entry.name:
                    state = entry.stat(follow_symlinks=False)
                    found.setdefault((state.st_dev, state.st_ino), entry.path)
    return sorted(found.values())


def letters(count: int) -> str:
    """Letters that nobody can guess."""
    return "".join(random.Random(secrets.token_bytes(16)).choices(string.ascii_letters, k=count))


def name(process: psutil.Process) -> str:
    """What a process is called; "" where it has ended."""
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.name() or "?"
    except psutil.NoSuchProcess:
        return ""


def kill(processes: Iterable[psutil.Process]) -> None:
    """End these processes; some may have ended already."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def was_reached(end: socket.socket) -> bool:
    """Has somebody connected to a socket, or sent it something, since this was asked last?"""
    reached = False
    with contextlib.suppress(BlockingIOError):
        while True:
            if end.type == socket.SOCK_STREAM:
                end.accept()[0].close()
            else:
                end.recv(1 << 16)
            reached = True
    return reached


def adopt_orphans(adopt: bool) -> None:
    """Make a descendant whose parent has ended a child of this process."""
    ctypes.CDLL(None).prctl(SUBREAPER, int(adopt), 0, 0, 0)
