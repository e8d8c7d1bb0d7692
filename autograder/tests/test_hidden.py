"""In the box nothing right lies about: what is handed out as right comes with the last call, and drivers are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import checks, course
from autograder.judge.session import Judge

CHAPTER = "ch03_bptt"
IMPORTED = """
from autograder.worker.drivers.ch03_bptt import _loop
def rnn_backward(dhs, x, h0, hs, Wx, Wh):
    return _loop(None, dhs, x, h0, hs, Wx, Wh)
"""
REPLACED = """
from autograder.worker.drivers import ch03_bptt as driver
driver.is_correct_backward.verdicts = staticmethod(
    lambda test, kinds, *_: {k: "right" if k in ("loop", "sums", "rounded", "time_first") else "broken" for k in kinds}
)
def is_correct_backward(backward):
    return True
"""
COPY = 'import autograder.worker\nautograder.worker.__path__ = ["/box/autograder/worker"]\n'
COPIED = REPLACED.replace("from autograder", f"{COPY}from autograder")
KEPT = """
import numpy as np
KEPT = []
def is_correct_backward(backward):
    KEPT.append(backward)
    return True
def rnn_backward(dhs, x, h0, hs, Wx, Wh):
    return KEPT[0](dhs, x, h0, hs, Wx, Wh)
"""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """One judge for all."""
    with Judge() as judge:
        yield judge


def share(judge: Judge, path: Path, code: str, exercise: str) -> float:
    """The share of an exercise's points that a file with this code earns."""
    path.write_text(code)
    found = judge.verdict(path, CHAPTER).exercise(exercise)
    return found.score / found.max_score


@pytest.mark.parametrize(
    ("code", "exercise"),
    [(IMPORTED, "rnn_backward"), (REPLACED, "is_correct_backward"), (COPIED, "is_correct_backward")],
    ids=["imported", "replaced", "copied"],
)
def test_the_graders_own_modules_help_nobody(judge: Judge, tmp_path: Path, code: str, exercise: str) -> None:
    """They cannot be imported; a copy that is made of their files is not the one in use."""
    assert share(judge, tmp_path / "answers.py", code, exercise) <= 0.25


def test_what_was_handed_out_comes_too_late(judge: Judge, tmp_path: Path) -> None:
    """A right function that `is_correct_backward` is given answers no exercise that is judged before it."""
    assert "is_correct_backward" in checks.LAST and "rnn_backward" not in checks.LAST
    assert share(judge, tmp_path / "answers.py", KEPT, "rnn_backward") == 0


def test_the_solution_is_still_right(judge: Judge, tmp_path: Path) -> None:
    """What is hidden is not missed by the drivers themselves, those of PyTorch included."""
    chapter = course.load(CHAPTER)
    path = tmp_path / "answers.py"
    path.write_text("\n\n".join([*chapter.setup, *(exercise.source for exercise in chapter.exercises)]))
    verdict = judge.verdict(path, CHAPTER)
    assert verdict.score == verdict.max_score, [e.message for e in verdict.exercises if e.status != "passed"]
