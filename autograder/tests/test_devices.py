"""Torch exercises on a GPU: asked for where there is one, named where an answer fails there, told where there is none.

No test here needs a GPU: a stand-in notes the device that is asked for, and computes on the CPU.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder import check, course, paths, prove
from autograder.checks import CheckFailed
from autograder.judge import devices, implementations
from autograder.judge.subject import LocalLink
from autograder.worker.calls import Reply

CHAPTER = "ch02_recurrence"
CELL, STEP = (course.load(CHAPTER).exercise(name) for name in ("RNNCell", "rnn_step"))
CALL = LocalLink.call


class FakeGpu:
    """Stands between checks and answers: ``asked`` holds the devices in order; ``breaks`` spoils values on the GPU."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.breaks = False

    def call(self, link: LocalLink, name: str, args: tuple[Any, ...], kwargs: Any, trace: bool = False) -> Reply:
        """Call on the CPU whatever is asked for."""
        asked = [argument for argument in args if isinstance(argument, str)]
        self.asked += asked
        on_cpu = tuple("cpu" if isinstance(argument, str) and argument == "cuda" else argument for argument in args)
        reply = CALL(link, name, on_cpu, kwargs, trace)
        if self.breaks and "cuda" in asked and len(link.namespace) == 1 and name == "RNNCell.forward":
            reply.value = reply.value + 1
        return reply


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    gpu = FakeGpu()
    monkeypatch.setattr(devices, "gpu", lambda: True)
    monkeypatch.setattr(LocalLink, "call", lambda link, *args, **options: gpu.call(link, *args, **options))
    return gpu


def test_numpy_exercises_stay_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody even asks for a GPU where no check depends on one."""
    monkeypatch.setattr(devices, "gpu", lambda: pytest.fail("asked"))
    assert devices.devices(STEP) == ("cpu",) and devices.device_checks(STEP) == 0


def test_check_goes_to_the_gpu_after_the_cpu(fake: FakeGpu, capsys: pytest.CaptureFixture[str]) -> None:
    """A right class is tried on both, the CPU first."""
    check(implementations.solution(CHAPTER).namespace["RNNCell"])
    order = [device for number, device in enumerate(fake.asked) if fake.asked[number - 1] != device]
    assert order == ["cpu", "cuda"] and capsys.readouterr().out.startswith("✓ RNNCell: passed")


def test_what_fails_on_the_gpu_alone_names_it(fake: FakeGpu, capsys: pytest.CaptureFixture[str]) -> None:
    """The error and each check that failed say where."""
    fake.breaks = True
    with pytest.raises(CheckFailed, match=r"^RNNCell: right on the CPU, but on cuda: \d of \d checks failed: "):
        check(implementations.solution(CHAPTER).namespace["RNNCell"])
    assert "on cuda: the new state is wrong" in capsys.readouterr().out


def test_what_fails_on_the_cpu_is_not_tried_on_the_gpu(fake: FakeGpu) -> None:
    """One mistake is told once, where it is easiest to look at."""
    with pytest.raises(CheckFailed, match=r"^RNNCell is not written yet$"):
        check(implementations.starter(CHAPTER).namespace["RNNCell"])
    assert "cuda" not in fake.asked


def test_proof_runs_on_both(fake: FakeGpu) -> None:
    """Right answers pass on both devices, and wrong ones are caught on both."""
    row = prove.prove_exercise(CELL, 3)
    assert row.proven and row.caught == row.mutants and fake.asked.count("cuda") > row.mutants
    assert devices.note(row.device_checks) == "GPU: 4 checks of torch exercises ran on it too"


def test_proof_sees_an_answer_that_fails_on_the_gpu(fake: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the exercise is not proven, and the device is named."""
    fake.breaks = True
    alone = LocalLink(
        {"RNNCell": implementations.solution(CHAPTER).namespace["RNNCell"]}, implementations.drivers(CHAPTER)
    )
    monkeypatch.setattr(implementations, "solution", lambda chapter: alone)
    problems = prove.prove_exercise(CELL, 3).problems
    assert any("the solution does not pass: right on the CPU, but on cuda" in problem for problem in problems)


PLUGIN = """
import torch
from autograder.judge.subject import LocalLink
torch.cuda.is_available = lambda: True
call = LocalLink.call
def on_cpu(link, name, args, *rest, **more):
    return call(link, name, tuple("cpu" if isinstance(a, str) else a for a in args), *rest, **more)
LocalLink.call = on_cpu
"""


@pytest.mark.parametrize("gpu", [False, True])
def test_pytest_runs_each_check_on_each_device(gpu: bool, tmp_path: Path) -> None:
    """Without a GPU its items are skipped, and one line at the end says how many; they never count as passed."""
    if not gpu and devices.gpu():
        pytest.skip("there is a GPU here")
    (tmp_path / "fake_gpu.py").write_text(PLUGIN)
    options = ["-p", "fake_gpu"] if gpu else []
    check = "autograder/checks/test_ch02_recurrence.py::test_RNNCell_at_extremes"
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *options, check]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=paths.ROOT, env=environment, capture_output=True, text=True, timeout=300)
    count = 1 + sum(variant.exercise == "RNNCell" for variant in implementations.accepted(CHAPTER))
    assert done.returncode == 0, done.stdout
    if gpu:
        assert f"{2 * count} passed" in done.stdout and "GPU" not in done.stdout
    else:
        assert f"{count} passed, {count} skipped" in done.stdout and "no GPU here" in done.stdout
        assert f"GPU: none here; {count} checks of torch exercises ran on the CPU only\n" in done.stdout


def test_the_proof_can_leave_the_gpu_out(fake: FakeGpu) -> None:
    """With the device cpu nothing is tried on a GPU that is there."""
    assert prove.prove_exercise(CELL, 3, "cpu").proven and "cuda" not in fake.asked
