"""What a grading run has around it, as canaries: attacks aim at them, and `World.seen` tells what became of them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import tempfile
import time
from pathlib import Path
from types import FrameType

import psutil

from autograder import paths
from autograder.judge.box import BoxError
from autograder.judge.remote import Worker
from autograder.judge.session import Judge
from autograder.judge.subject import CallTimeout, WorkerDied
from autograder.tests.attacks import watch

AIM = re.compile(r"@([a-z_]+)@")
SIBLING = "import os\nSECRET = {secret!r}\ndef here():\n    return os.getpid(), os.getppid()\n"


class World:
    """A folder of canaries, sockets that count, and a sibling submission; use as a context manager.

    While it is open, temporary files go into it (so the box's own stage is watched), SIGUSR1 is counted, and orphans
    of this process's descendants are its children. ``aims`` is what code may name between two @.
    Open it before the judge, in the main thread, and call `surround` when the judge is there.
    Processes that were killed have ``patience`` seconds to be gone.
    """

    def __init__(self, patience: float = 5.0) -> None:
        self.patience = patience
        self.secrets: list[str] = []
        self.mark = f"unrolled-attack-{watch.letters(8)}"  # in the name of whatever an attack makes where all may write
        self.aims: dict[str, str] = {}
        self.signals = 0
        self.listening: dict[str, socket.socket] = {}
        self.sibling: Worker | None = None

    def __enter__(self) -> World:
        self.before = {process.pid for process in psutil.Process().children(recursive=True)}
        self.root = Path(tempfile.mkdtemp(prefix="canaries-")).resolve()
        self.course, self.temp = self.root / "course", self.root / "tmp"
        self.handed_in, self.cache = self.root / "handed_in", self.root / "cache"  # what the judge's side writes
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.root, ignore_errors=True)
            self.temp.mkdir()
            self._write_files()
            self._listen()
            stack.callback(self._hang_up)
            watch.adopt_orphans(True)
            stack.callback(watch.adopt_orphans, False)
            stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
            tempfile.tempdir = str(self.temp)
            os.environ |= {"UNROLLED_SECRET": self._secret(), "TORCHINDUCTOR_CACHE_DIR": str(self.cache)}
            stack.callback(os.environ.pop, "UNROLLED_SECRET", None)
            stack.callback(os.environ.pop, "TORCHINDUCTOR_CACHE_DIR", None)
            before = signal.signal(signal.SIGUSR1, self._count)
            stack.callback(signal.signal, signal.SIGUSR1, before)
            self.open = stack.pop_all()
        self.aims |= {
            "mark": self.mark,
            "temp": str(self.temp),
            "judge_pid": str(os.getpid()),
            "project": str(paths.ROOT),
        }
        return self

    def __exit__(self, *exc: object) -> None:
        if self.sibling:
            self.sibling.close()
        self.known = self.before
        watch.kill(self._left())
        self.open.close()

    def surround(self, judge: Judge) -> None:
        """Put a sibling submission into the judge's box, and remember what there is now as what has to be there."""
        if self.sibling:
            self.sibling.close()
        self.box = judge.box
        self.sibling = Worker(self.box)
        self.sibling.ask("prepare", ["", [SIBLING.format(secret=self._secret())], {}], 60)
        self.sibling.ask("run", [0], 60)
        sibling, warm = self._here()
        self.aims |= {"sibling_pid": str(sibling), "warm_pid": str(warm), "box_pid": str(self.box.process.pid)}
        self.known = {process.pid for process in psutil.Process().children(recursive=True)}
        self.files = watch.snapshot(self.root, {self.handed_in, self.cache})

    def aim(self, source: str) -> str:
        """Code with the words between two @ replaced; KeyError for one that is none of ``aims``."""
        return AIM.sub(lambda found: self.aims[found[1]], source)

    def seen(self, judge: Judge) -> dict[str, str]:
        """What has happened to this world since it was whole, by a name of `attacks.SEEN`; empty where nothing has."""
        found: dict[str, str] = {}
        if left := self._left(self.patience):
            found["process_left"] = ", ".join(f"{p.pid} {watch.name(p)}" for p in left)
        if changed := [*self._changes(), *self._marked()]:
            found["canary_written"] = ", ".join(changed[:5])
        if reached := [name for name, end in self.listening.items() if watch.was_reached(end)]:
            found["connected"] = ", ".join(reached)
        if self.signals:
            found["judge_signalled"] = f"{self.signals} times"
        if judge.box is not self.box or self.box.process.poll() is not None:
            found["warm_lost"] = "its box was replaced" if judge.box is not self.box else "it has ended"
        elif self._here() != (int(self.aims["sibling_pid"]), int(self.aims["warm_pid"])):
            found["sibling_lost"] = "it does not answer"
        return found

    def leaks(self, text: str) -> bool:
        """Is one of the secrets part of a text, as it is or as hexadecimal digits?"""
        return any(secret in text or secret.encode().hex() in text for secret in self.secrets)

    def mend(self, judge: Judge) -> None:
        """Make this world whole again, after an attack that was let through."""
        if judge.box is self.box:  # else the new box is among those that were not there before
            watch.kill(self._left())
        for path in self._marked():
            os.unlink(path)
        shutil.rmtree(self.course, ignore_errors=True)
        self._write_files()
        self.signals = 0
        self.surround(judge)

    def _write_files(self) -> None:
        notebook = "ch02_recurrence/ch02_recurrence.ipynb"
        files = {
            "source": f"source/{notebook}",
            "classmate": f"submitted/classmate/{notebook}",
            "journal": "verdicts/ch02_recurrence.jsonl",
            "key": "home/.ssh/id_ed25519",
        }
        for aim, name in files.items():
            path = self.course / name
            path.parent.mkdir(parents=True)
            path.write_text(f'{{"cells": [], "secret": "{self._secret()}"}}\n')
            self.aims[aim] = str(path)
        self.aims |= {"home": str(self.course / "home"), "gradebook": str(self.course / "gradebook.db")}
        with contextlib.closing(sqlite3.connect(self.aims["gradebook"])) as gradebook, gradebook:
            gradebook.execute("create table grade (student text, auto_score real, secret text)")
            gradebook.execute("insert into grade values ('classmate', 1.5, ?)", [self._secret()])

    def _listen(self) -> None:
        abstract, path = f"\0{self.mark}", str(self.root / "socket")
        kinds: dict[str, tuple[socket.AddressFamily, socket.SocketKind, object]] = {
            "TCP": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "UDP": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix socket": (socket.AF_UNIX, socket.SOCK_STREAM, path),
            "abstract unix socket": (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
            "unix datagram socket": (socket.AF_UNIX, socket.SOCK_DGRAM, f"{abstract}-datagrams"),
        }
        for name, (family, kind, address) in kinds.items():
            end = self.listening[name] = socket.socket(family, kind | socket.SOCK_NONBLOCK)
            end.bind(address)  # type: ignore[arg-type]
            if kind == socket.SOCK_STREAM:
                end.listen(4096)
        ports = {name: str(self.listening[name.upper()].getsockname()[1]) for name in ("tcp", "udp")}
        self.aims |= {"port": ports["tcp"], "udp_port": ports["udp"], "socket": path, "abstract": self.mark}

    def _hang_up(self) -> None:
        for end in self.listening.values():
            end.close()

    def _secret(self) -> str:
        self.secrets.append(watch.letters(24))  # letters alone: numbers are taken out of what a learner reads
        return self.secrets[-1]

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def _here(self) -> tuple[int, int]:
        """The process ids of sibling and warm process, as the box has them; (0, 0) when no answer comes."""
        assert self.sibling
        with contextlib.suppress(CallTimeout, WorkerDied, BoxError):
            return tuple(self.sibling.ask("call", ["here", (), {}, False], 10)["value"])
        return 0, 0

    def _left(self, patience: float = 0.0) -> list[psutil.Process]:
        """The descendants of this process that were not there before, once those that were killed have gone."""
        end = time.monotonic() + patience
        while True:
            children = psutil.Process().children(recursive=True)
            left = [p for p in children if p.pid not in self.known and watch.name(p)]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.02)

    def _changes(self) -> list[str]:
        now = watch.snapshot(self.root, {self.handed_in, self.cache})
        return sorted(path for path in {*now, *self.files} if now.get(path) != self.files.get(path))

    def _marked(self) -> list[str]:
        return watch.marked(self.mark, {os.getpid(), *self.known})
