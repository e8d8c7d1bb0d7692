"""The box of a GPU: what its locks give way to, and that nothing else comes through. No GPU is needed: see fake_gpu."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from autograder import course, paths
from autograder.judge import devices, gpu, selftest
from autograder.judge.box import Box, BoxError
from autograder.judge.session import Judge
from autograder.judge.subject import OnCpu, WorkerDied
from autograder.tests.fake_gpu import pretended
from autograder.tests.test_box import call, ready
from autograder.worker.calls import Reply

CHAPTER = "ch02_recurrence"


@pytest.fixture(scope="module", params=("boxed", "inner"))
def running(request: pytest.FixtureRequest) -> Iterator[Box]:
    """The box of a GPU at each level."""
    opened = Box(request.param, "cuda")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Box]:
    """A box for the CPU, to compare with."""
    opened = Box("inner")
    yield opened
    opened.close()


def test_nothing_more_gets_out_of_the_box_of_a_gpu(running: Box) -> None:
    """All escapes of the self-test are refused there too, and torch works in it."""
    assert selftest.holes(running, "cpu") == []


def test_a_box_whose_gpu_does_not_work_is_not_used(running: Box) -> None:
    """What must work is tried on the device itself; one line says that it does not."""
    if devices.gpu():
        pytest.skip("there is a GPU here")
    with pytest.raises(BoxError, match=r"^numpy and torch do not work in the box on cuda: [^\n]+$"):
        selftest.holes(running)


REQUESTS = """
import ctypes, errno, os
def ask(number):
    libc = ctypes.CDLL(None, use_errno=True)
    ctypes.set_errno(0)
    libc.ioctl(3, ctypes.c_ulong(number), None)  # the link to the judge, which knows no such request
    return ctypes.get_errno()
"""
OF_THE_DRIVER = [0x4600 | 0x2A, 0xC020462A, 0x30000001, 0x30000002, 0x21]
OF_OTHERS = [0x5412, 0x5410, 0x8912, 0x4D00, 0x30000003, 0x1200]  # a terminal's input, network, sound, disks


def test_only_the_drivers_requests_get_to_the_kernel(running: Box, plain: Box) -> None:
    """By their numbers: elsewhere, and on a box for the CPU, a request is refused before anything looks at it."""
    worker, other = ready(running, REQUESTS), ready(plain, REQUESTS)
    assert {call(worker, "ask", number)["value"] for number in OF_THE_DRIVER} <= {errno.ENOTTY, errno.EINVAL}
    assert {call(worker, "ask", number)["value"] for number in OF_OTHERS} == {errno.EPERM}
    assert {call(other, "ask", number)["value"] for number in [*OF_THE_DRIVER, *OF_OTHERS]} == {errno.EPERM}
    worker.close()
    other.close()


SOCKETS = """
import socket
def tried(kind, name):
    try:
        end = socket.socket(socket.AF_UNIX, kind)
    except PermissionError:
        return "no socket"
    try:
        end.bind("\\0unrolled-mine")
        end.listen()
        end.connect(name)
    except OSError as error:
        return type(error).__name__
    return "connected"
"""


def test_the_socket_that_cuda_needs_leads_nowhere(running: Box) -> None:
    """It may bind and listen, as libcuda does; connecting is refused, also to who listens, and so is any other kind."""
    worker = ready(running, SOCKETS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as host:
        host.bind("\0unrolled-host")
        host.listen()
        assert call(worker, "tried", int(socket.SOCK_SEQPACKET), "\0unrolled-host")["value"] == "PermissionError"
    assert call(worker, "tried", int(socket.SOCK_STREAM), "x")["value"] == "no socket"
    worker.close()


def test_device_nodes_are_there_for_the_gpus_box_alone(monkeypatch: pytest.MonkeyPatch, plain: Box) -> None:
    """A node, here one that refuses every byte, is opened for writing in the one box and not in the other."""
    code = (
        "def f():\n    try: open('/dev/full', 'r+b', buffering=0)\n"
        "    except OSError as error: return error.errno\n    return 0"
    )
    monkeypatch.setattr(gpu, "nodes", lambda: ["/dev/full"])
    for level in ("boxed", "inner"):
        opened = Box(level, "cuda")
        worker = ready(opened, code)
        assert call(worker, "f")["value"] == 0
        opened.close()
        worker.close()
    other = ready(plain, code)
    assert call(other, "f")["value"] == errno.EACCES
    other.close()


def test_private_memory_has_a_limit_though_address_space_has_none(running: Box) -> None:
    """CUDA's reservations of tens of GB succeed, and what is not written costs nothing; 5 GB to write are refused."""
    code = (
        "import ctypes, mmap, numpy as np\ndef reserve():\n    libc = ctypes.CDLL(None)\n"
        "    libc.mmap.restype = ctypes.c_void_p\n"
        "    return libc.mmap(None, ctypes.c_size_t(2**36), 0, 0x22, -1, ctypes.c_long(0)) not in (None, 2**64 - 1)\n"
        "def take():\n    try: return len(np.empty(5 * 2**30, 'u1'))\n    except MemoryError: return 'refused'"
    )
    worker = ready(running, code)
    assert call(worker, "reserve")["value"] is True and call(worker, "take")["value"] == "refused"
    worker.close()


def test_shared_memory_ends_the_worker(running: Box) -> None:
    """What no limit of the kernel counts is counted by the warm process, and the next worker is well."""
    code = (
        "import mmap, numpy as np\ndef f():\n    kept = []\n    while True:\n"
        "        kept.append(np.frombuffer(mmap.mmap(-1, 2**26), 'u1'))\n        kept[-1][:] = 1"
    )
    worker = ready(running, code)
    with pytest.raises(WorkerDied, match="more memory, time or threads than allowed"):
        call(worker, "f", seconds=60)
    worker.close()
    again = ready(running, "def f(): return 1")
    assert call(again, "f")["value"] == 1
    again.close()


def test_tf32_is_off_in_every_call(running: Box) -> None:
    """Whatever a cell or an earlier call has set; and the libraries' own switch is off for good."""
    code = (
        "import os, torch\ntorch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True\n"
        "torch.set_float32_matmul_precision('medium')\ndef f():\n"
        "    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn\n"
        "    now = [matmul.allow_tf32, cudnn.allow_tf32, torch.get_float32_matmul_precision()]\n"
        "    matmul.allow_tf32 = cudnn.allow_tf32 = True\n"
        "    return [*now, os.environ['NVIDIA_TF32_OVERRIDE']]"
    )
    worker = ready(running, code)
    for _ in range(2):
        assert call(worker, "f")["value"] == [False, False, "highest", "0"]
    worker.close()


def test_the_gpu_is_visible_in_its_box_alone(running: Box, plain: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only the first of those that the judge may use."""
    code = "import os\ndef f(): return os.environ['CUDA_VISIBLE_DEVICES']"
    for box, visible in ((running, gpu.environment()["CUDA_VISIBLE_DEVICES"]), (plain, "")):
        worker = ready(box, code)
        assert call(worker, "f")["value"] == visible
        worker.close()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert gpu.environment()["CUDA_VISIBLE_DEVICES"] == "3"


def test_a_worker_is_gone_before_the_next_one_has_its_turn() -> None:
    """Its memory on the device is free when `close` returns."""
    opened = Box("inner", "cuda")
    for _ in range(5):
        worker = ready(opened, "import os\ndef f(): return os.getpid()")
        pid = call(worker, "f")["value"]
        assert os.path.exists(f"/proc/{pid}")
        worker.close()
        assert not os.path.exists(f"/proc/{pid}")
    opened.close()


def test_an_import_that_starts_cuda_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warm process says whether CUDA has been touched in it."""
    from autograder.worker import gpu as in_worker

    assert in_worker.untouched()
    fake = SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: True))
    monkeypatch.setitem(sys.modules, "torch", fake)
    assert not in_worker.untouched()


def test_torch_exercises_take_turns_on_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three submissions at a time each is right; torch runs in the GPU's box, one after another, NumPy as ever."""
    alive, most, lock = [0], [0], threading.Lock()
    fork, close = Box.fork, None
    with pretended() as seen, Judge(device="cuda", seed=3) as judge:
        from autograder.judge.remote import Worker

        close = Worker.close

        def counted_fork(box):
            ends = fork(box)
            with lock:
                alive[0] += box.device == "cuda"
                most[0] = max(most[0], alive[0])
            return ends

        def counted_close(worker):
            close(worker)
            with lock:
                alive[0] -= worker.box.device == "cuda"

        monkeypatch.setattr(Box, "fork", counted_fork)
        monkeypatch.setattr(Worker, "close", counted_close)
        source = paths.SOLUTIONS / f"{CHAPTER}.py"
        course.load(CHAPTER)  # as grading does: CPython 3.11 cannot parse in several threads at once
        with ThreadPoolExecutor(3) as pool:
            verdicts = list(pool.map(judge.verdict, [source] * 3, [CHAPTER] * 3))
        numpy_only = judge.verdict(paths.SOLUTIONS / "ch00_start.py")
        assert judge.checks_sha256(CHAPTER) != Judge().checks_sha256(CHAPTER)
    exercises = [exercise.name for exercise in course.load(CHAPTER).exercises]
    for verdict in verdicts:
        assert (verdict.score, verdict.device) == (verdict.max_score, "cuda")
        assert [exercise.name for exercise in verdict.exercises] == exercises
    assert numpy_only.device == "cpu" and numpy_only.score == numpy_only.max_score
    assert {name for name, device, _ in seen if device == "cuda"} == {"RNNCell"} and most == [1]
    assert all(turn == (device == "cuda") for _, device, turn in seen)


def test_a_weaker_box_for_the_gpu_is_the_level_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the GPU's box does not start behind bubblewrap, verdicts say inner, and the warning says why."""

    def refuse() -> list[str]:
        return ["--no-such-option"]

    monkeypatch.setattr(gpu, "bindings", refuse)
    with pretended(), Judge(device="cuda") as judge:
        assert judge.isolation == "inner" and judge.boxes["cpu"].isolation == "boxed"
        assert judge.warning.startswith("with a GPU: the boxed box did not start: ")


def test_right_answers_are_computed_on_the_cpu() -> None:
    """Whatever device a check names, by position or by name."""
    asked = []

    class Link:
        def call(self, name, args, kwargs, trace=False):
            asked.append((args, kwargs))
            return Reply()

    OnCpu(Link()).call("RNNCell.forward", (1, "cuda"), {})
    OnCpu(Link()).call("train_step.steps", ("memoryless",), {"device": "cuda"})
    assert asked == [((1, "cpu"), {}), (("memoryless",), {"device": "cpu"})]


REASONS = {
    "built without CUDA": dict(cuda=None),
    "CUDA_VISIBLE_DEVICES hides every GPU": dict(cuda="12.8", visible=""),
    "the driver's /dev/nvidiactl is missing": dict(cuda="12.8", visible="0"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_there_is_no_gpu(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with what to do without one."""
    import torch

    found = REASONS[reason]
    monkeypatch.setattr(devices, "gpu", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", found["cuda"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", found.get("visible", "0"))
    monkeypatch.setattr(devices.os.path, "exists", lambda path: False)
    with pytest.raises(devices.DeviceError, match=f"^no GPU here: .*{reason}; without --device cuda") as error:
        devices.require("cuda")
    assert error.value.status == 3
    devices.require("cpu")


@pytest.mark.skipif(devices.gpu(), reason="there is a GPU here")
@pytest.mark.parametrize("command", [("check", "solutions/ch02_recurrence.py"), ("prove", CHAPTER)])
def test_without_a_gpu_a_command_says_so_in_one_line(command: tuple[str, ...]) -> None:
    """And nothing is judged; status 3."""
    whole = [sys.executable, "-m", "autograder", *command, "--device", "cuda"]
    done = subprocess.run(whole, cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.startswith("autograder: no GPU here: ") and done.stderr.count("\n") == 1
