"""The NumPy exercises in a Python without torch: judged as with it, by the judge and by check."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from autograder import course, paths, prove
from autograder.course import Exercise
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser

NUMPY = [e for slug in course.chapters() for e in course.load(slug).exercises if e.library == "numpy"]
SEED = 5
NO_TORCH = """
import sys
sys.modules["torch"] = None  # from here on `import torch` raises ImportError
"""
JUDGE = """
import json
from autograder.tests.test_without_torch import NUMPY, found
print(json.dumps({exercise.name: found(exercise) for exercise in NUMPY}))
"""
CHECK = """
from autograder import CheckFailed, check
from autograder.judge import implementations
check(implementations.solution("ch02_recurrence").namespace["rnn_step"])
try:
    check(implementations.mutants("ch02_recurrence")[0].link.namespace["rnn_step"])
except CheckFailed as error:
    print(error)
"""


def found(exercise: Exercise) -> list[Any]:
    """Status, checks that passed, and diagnoses of the solution, of one wrong answer and of the starter."""
    diagnoser = Diagnoser(exercise.chapter)
    mutant = next(each for each in implementations.mutants(exercise.chapter) if each.of == exercise.name)
    links = implementations.solution(exercise.chapter), mutant.link, implementations.starter(exercise.chapter)
    verdicts = [prove.judge(exercise, link, SEED, diagnoser) for link in links]
    return [[v.status, [c.passed for c in v.checks], [d.id for d in v.diagnosis]] for v in verdicts]


@cache
def without_torch(program: str) -> str:
    """What a fresh Python that has no torch prints."""
    command = [sys.executable, "-c", NO_TORCH + program]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("exercise", NUMPY, ids=lambda exercise: exercise.name)
def test_judged_as_with_torch(exercise: Exercise) -> None:
    """Every check passes or fails as it does with torch, and the same mistakes are named."""
    alone = json.loads(without_torch(JUDGE))[exercise.name]
    assert [status for status, *_ in alone][::2] == ["passed", "missing"] and alone[1][0] != "passed"
    assert alone == found(exercise)


def test_check_in_a_kernel_without_torch() -> None:
    """A right answer passes, and a wrong one is told what it is."""
    printed = without_torch(CHECK)
    assert printed.startswith("✓ rnn_step: passed, 4 of 4 points") and "What this looks like" in printed
    assert "rnn_step: " in printed.splitlines()[-1]


def test_torch_exercise_says_what_is_missing() -> None:
    """One line, and no traceback."""
    program = """
from autograder import CheckFailed, check
class RNNCell: pass
try:
    check(RNNCell)
except CheckFailed as error:
    print(error)
"""
    assert without_torch(program).startswith("this kernel lacks torch: choose the course's kernel")


def test_a_line_of_imports_is_left_out_alone() -> None:
    """What else stands in the cell with torch's import is kept."""
    lines = "import numpy as np\nimport torch\nfrom torch import nn\ntorch.manual_seed(1)\ntorchlike = np.ones(2)"
    assert implementations.TORCH.sub("", lines).split("\n") == [
        "import numpy as np",
        "",
        "",
        "",
        "torchlike = np.ones(2)",
    ]
