"""The box: what a worker can do, what it cannot, and that the self-test sees each missing layer."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from autograder.judge import box, parts, selftest
from autograder.judge.box import Box, BoxError
from autograder.judge.remote import Worker
from autograder.judge.subject import CallTimeout, WorkerDied
from autograder.worker import warm

LEVELS = ("boxed", "inner")


@pytest.fixture(scope="module", params=LEVELS)
def running(request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box at each level; both must start where the project is tested."""
    opened = Box(request.param)
    yield opened
    opened.close()


def ready(opened: Box, *cells: str) -> Worker:
    """A worker that has run these cells."""
    worker = Worker(opened)
    worker.ask("prepare", ["", list(cells), {}], 10)
    for number in range(len(cells)):
        worker.ask("run", [number], 10)
    return worker


def call(worker: Worker, name: str, *args: object, seconds: float = 5) -> dict[str, object]:
    """The raw answer to a call."""
    answer = worker.ask("call", [name, args, {}, False], seconds)
    assert isinstance(answer, dict)
    return answer


def test_nothing_gets_out_of_a_box(running: Box) -> None:
    """All escapes of the self-test are refused, and numpy, torch, threads and backward work."""
    assert len(selftest.probe_names()) >= 18
    assert selftest.holes(running) == []


MISSING = {
    "limits": "take 8 gb of memory",
    "landlock": "read other processes memory or environment",
    "seccomp": "make processes",
}


@pytest.mark.parametrize("layer", MISSING)
def test_a_missing_layer_is_seen(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a layer left out the self-test names what became possible; so a layer cannot go missing in silence."""
    monkeypatch.setitem(box.LAYERS, "inner", [other for other in MISSING if other != layer])
    opened = Box("inner")
    try:
        assert MISSING[layer] in selftest.holes(opened)
    finally:
        opened.close()


def test_a_box_with_a_hole_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no level keeps code in, there is no box, and each level's reason is a line."""
    monkeypatch.setitem(box.LAYERS, "inner", ["limits"])
    opened, reasons = selftest.open_box(("inner",))
    assert opened is None
    assert len(reasons) == 1 and "make processes" in reasons[0]


def test_without_bubblewrap_the_inner_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses bubblewrap is left with the level inner, and the reason says bubblewrap."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: ["/bin/false"])
    opened, reasons = selftest.open_box()
    assert opened and opened.isolation == "inner" and "refuses bubblewrap" in reasons[0]
    opened.close()


def test_a_missing_bubblewrap_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has none reads how to get it."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: [])
    monkeypatch.setattr(parts.shutil, "which", lambda tool: tool == "apt-get")
    assert parts.bubblewrap() == ("", "bubblewrap is missing; to install it: sudo apt-get install bubblewrap")


def test_the_box_sees_no_judge(running: Box) -> None:
    """Neither checks nor solutions can be imported, and `autograder` is the stub whose check does nothing."""
    worker = ready(
        running,
        "import autograder\ndef found(name):\n    try:\n        __import__(name)\n"
        "    except ImportError:\n        return False\n    return True\n"
        "def inert():\n    return autograder.check(1)",
    )
    names = ("autograder.judge", "autograder.checks", "autograder.course", "solutions", "autograder.accepted")
    assert [call(worker, "found", name)["value"] for name in names] == [False] * len(names)
    assert call(worker, "inert") == {"value": None, "changed": (), "failure": None, "operators": ()}
    worker.close()


def test_of_itself_a_process_may_read_little(running: Box) -> None:
    """Where its memory is and how much it has; not the memory itself, its environment, nor how it was started."""
    worker = ready(
        running,
        "import os\ndef may(name, mode):\n    try:\n        os.close(os.open(f'/proc/self/{name}', mode))\n"
        "    except OSError:\n        return False\n    return True",
    )
    names = ("maps", "statm", "mem", "environ", "cmdline", "fd", "fdinfo", "root", "cwd", "task")
    assert [name for name in names if call(worker, "may", name, os.O_RDONLY)["value"]] == ["maps", "statm"]
    assert not any(call(worker, "may", name, os.O_WRONLY)["value"] for name in ("mem", "comm", "oom_score_adj"))
    worker.close()


ENDINGS = {
    "import os\ndef f(): os._exit(0)": "ended by itself (exit 0)",
    "import os\ndef f(): os.close(3)": "link",
    "import os\ndef f(): os.write(3, b'x' * 100)": "larger than",
    "import os\ndef f(): os.write(3, b'\\5\\0\\0\\0\\3\\0\\0\\0hello')": "frame",
    "import ctypes\ndef f(): ctypes.string_at(0)": "segmentation fault",
    "import os\ndef f(): os.abort()": "signal 6",
    "def f():\n    while True: print('x' * 10000)": "printed more than",
    "import threading, time\nsize = threading.stack_size(32768)\ndef f():\n"
    "    for _ in range(20000): threading.Thread(target=time.sleep, args=(30,)).start()\n": "threads than allowed",
}


@pytest.mark.parametrize("code", ENDINGS)
def test_a_worker_that_ends_says_why_and_the_next_one_is_well(running: Box, code: str) -> None:
    """However a worker goes, the judge names it, and a new worker answers."""
    worker = ready(running, code)
    with pytest.raises(WorkerDied) as died:
        call(worker, "f", seconds=20)
    assert ENDINGS[code] in died.value.reason
    worker.close()
    again = ready(running, "def f(): return 1")
    assert call(again, "f")["value"] == 1
    again.close()


def test_a_box_that_ends_is_not_the_learners_fault() -> None:
    """A worker that goes down with its box is a BoxError, on which the judge tries again, and no verdict."""
    opened = Box("inner")
    worker = ready(opened, "import time\ndef f(): time.sleep(9)")
    threading.Timer(0.3, opened.process.kill).start()
    with pytest.raises(BoxError, match="ended"):
        call(worker, "f")
    worker.close()
    opened.close()


def test_the_warm_process_outlives_a_fork_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no process left, it says so, and goes on serving."""
    ours, theirs = socket.socketpair()
    served = warm.Warm(theirs, [], [])

    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(warm.os, "fork", refuse)
    with ours, theirs, open(os.devnull) as null:
        socket.send_fds(ours, [b'{"fork": 1, "cores": []}'], [null.fileno()] * 3)
        assert served.answer() and b"temporarily" in ours.recv(200)
        socket.send_fds(ours, [b'{"kill": 1}'], [])
        assert served.answer() and ours.recv(200) == b"{}\n"
    served.selector.close()


@pytest.mark.parametrize("number", [0, 2, 2**32 - 1])
def test_a_reply_bears_the_number_of_its_request(running: Box, number: int) -> None:
    """The reply to another one, made before or after it, costs the worker."""
    code = (
        "from autograder.worker import serve\nwrite = serve._write\n"
        f"serve._write = lambda data: write(data[:4] + ({number}).to_bytes(4, 'little') + data[8:])"
    )
    worker = Worker(running)
    worker.ask("prepare", ["", [code], {}], 10)
    worker.count = 0  # so that the next request is number 1 once more
    with pytest.raises(WorkerDied, match="does not belong"):
        worker.ask("run", [0], 10)
    worker.close()


STALLS = {
    "python": "def f():\n    while True: pass",
    "c": "def f(): return sum(range(10**15))",
    "signals ignored": (
        "import signal\ndef f():\n    for n in range(1, 32):\n        try: signal.signal(n, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n    while True: pass"
    ),
    "half a reply": "import os, time\ndef f():\n    os.write(3, b'\\xff\\0\\0\\0x')\n    time.sleep(99)",
}


@pytest.mark.parametrize("kind", STALLS)
def test_an_endless_call_is_stopped_and_leaves_no_process(running: Box, kind: str) -> None:
    """The deadline holds whatever the code does, and the process is gone afterwards."""
    worker = ready(running, STALLS[kind])
    with pytest.raises(CallTimeout):
        call(worker, "f", seconds=0.3)
    status = worker.ends.status
    running.kill(worker.ends)
    assert os.read(status, 100) == b"signal 9"
    worker.close()


def test_workers_share_nothing(running: Box) -> None:
    """What one submission changes in a library, the next does not see."""
    spoilt = ready(running, "import numpy as np\nnp.tanh = None\ndef f(): return np.tanh is None")
    clean = ready(running, "import numpy as np\ndef f(): return np.tanh is None")
    assert (call(spoilt, "f")["value"], call(clean, "f")["value"]) == (True, False)
    spoilt.close()
    clean.close()


def test_a_box_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with the reason that the program gave."""
    monkeypatch.setattr(box, "SYSTEM", [])
    monkeypatch.setattr(box, "_python_folders", lambda: iter(()))
    with pytest.raises(BoxError, match="boxed box did not start") as error:
        Box("boxed").wait()
    assert "\n" not in str(error.value)
