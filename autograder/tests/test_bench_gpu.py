"""The measuring script for a GPU, tried without one: every row comes, and a box that does not work says which lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder import paths
from autograder.judge import devices, gpu, selftest
from autograder.tests.bench import gpu as bench

CHAPTER = "ch02_recurrence"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rounds, and a proof that takes no minutes."""
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "STARTS", 2)
    monkeypatch.setattr(bench, "proved", lambda device: [(f"prove --device {device}", "exit 0 in 1 s")])


def test_a_dry_run_fills_the_table(quick: None) -> None:
    """With the CPU in the GPU's box: submissions pass, nothing differs from the CPU, and the table says dry run."""
    rows, problem = bench.measure(devices.CPU, [CHAPTER])
    table = dict(rows)
    assert not problem and table["device"] == "none: a dry run on the CPU" and table["prove --device cpu"]
    assert table["isolation of the GPU's box"].startswith("boxed: ")
    for where in ("cpu", "cuda"):
        assert " s (" in table[f"a solved submission of {CHAPTER} on {where}"]
    assert {table[f"largest difference from the CPU, {dtype}, TF32 asked for"] for dtype in bench.TYPES} == {"0.0e+00"}
    assert all(line.count("|") == 3 for line in bench.text(rows).splitlines())


def test_a_box_that_does_not_work_says_which_lock_is_in_the_way(
    quick: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each lock is left out by itself, and the row of the one that refuses too much says that it works without."""
    probes = selftest.PROBES.read_text()
    blocked = probes + "\n\n_work = work\ndef work(project, device='cpu'):\n    os.fork() or os._exit(0)\n"
    changed = tmp_path / "probes.py"
    changed.write_text(blocked + "    return _work(project, device)\n")
    monkeypatch.setattr(selftest, "PROBES", changed)
    monkeypatch.setattr(gpu, "bindings", lambda: ["--no-such-option"])
    rows, problem = bench.measure(devices.CPU, [])
    table = dict(rows)
    assert problem and "do not work in the box" in table["the box of a GPU does not work"]
    assert table["without seccomp, level inner"] == "works"
    assert "do not work" in table["without limits, level inner"]


@pytest.mark.skipif(devices.gpu(), reason="there is a GPU here")
def test_without_a_gpu_it_says_so() -> None:
    """One line, status 3, and no table that could be taken for a measurement."""
    command = [sys.executable, "-m", "autograder.tests.bench.gpu"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3 and done.stdout == "" and done.stderr.startswith("bench: no GPU here: ")
