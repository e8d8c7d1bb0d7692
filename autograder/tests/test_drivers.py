"""Drivers: what a learner's class can do wrong before a value comes back, in one sentence each."""

from __future__ import annotations

from typing import Any

import pytest

from autograder import course
from autograder.judge import implementations
from autograder.judge.guard import UNWATCHED
from autograder.judge.run import judge_exercise
from autograder.judge.subject import LocalLink
from autograder.worker.calls import Reply

CELL = """
class RNNCell(torch.nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.weight_ih = torch.nn.Parameter(torch.randn(n_hidden, n_in))
        self.weight_hh = torch.nn.Parameter(torch.randn(n_hidden, n_hidden))
        self.bias_ih = torch.nn.Parameter(torch.randn(n_hidden))
        self.bias_hh = torch.nn.Parameter(torch.randn(n_hidden))

    def forward(self, x, h):
        result = torch.tanh(x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh)
        return result
"""


@pytest.mark.parametrize(
    ("right", "wrong", "message", "times"),
    [
        ("return result", "", "forward returned None (is a `return` missing?); a torch.Tensor is expected", 6),
        ("return result", "return result, h", "forward returned a tuple of 2; a torch.Tensor is expected", 6),
        ("return result", "return [result]", "forward returned a list; a torch.Tensor is expected", 6),
        ("return result", "return result.detach().numpy()", "forward returned a NumPy array; a torch.Tensor is", 6),
        ("class RNNCell(torch.nn.Module)", "class RNNCell(object)", "RNNCell must be a class derived from torch.nn", 7),
        ("Parameter(torch.randn(n_hidden, n_in))", "init.zeros_(torch.empty(n_hidden, n_in))", "weight_ih is a pl", 7),
        ("self.bias_hh =", "self.bias =", "cannot be loaded; missing: bias_hh; unexpected: bias", 5),
        ("randn(n_hidden, n_in)", "randn(n_in, n_hidden)", "loaded; weight_ih has the shape (1, 2), (2, 1) is exp", 1),
    ],
)  # fmt: skip
def test_cell_that_cannot_be_judged(right: str, wrong: str, message: str, times: int) -> None:
    """One sentence says what is wrong with a class, or with what its forward returns, in every check that needs it."""
    assert CELL.count(right) == 1
    link = implementations.link("ch02_recurrence", CELL.replace(right, wrong), "<cell 1>")
    reference = implementations.reference("ch02_recurrence")
    verdict = judge_exercise(course.load("ch02_recurrence").exercise("RNNCell"), link, reference, 3)
    assert [message in check.message for check in verdict.checks].count(True) == times


def test_a_class_with_a_move_of_its_own() -> None:
    """A class may say itself how it moves to a device, which is all that `to` is asked for."""
    own = "    def to(self, device):\n        return super().to(device)\n\n    def forward"
    link = implementations.link("ch02_recurrence", CELL.replace("    def forward", own), "<cell 1>")
    reference = implementations.reference("ch02_recurrence")
    verdict = judge_exercise(course.load("ch02_recurrence").exercise("RNNCell"), link, reference, 3)
    assert verdict.status == "passed"


def test_function_in_place_of_a_class() -> None:
    """A function that is named like the class is refused in one sentence."""
    source = "def RNNCell(n_in, n_hidden):\n    return torch.nn.Linear(n_in, n_hidden)"
    link = implementations.link("ch02_recurrence", source, "<cell 1>")
    reference = implementations.reference("ch02_recurrence")
    verdict = judge_exercise(course.load("ch02_recurrence").exercise("RNNCell"), link, reference, 3)
    assert {check.message for check in verdict.checks} == {"RNNCell must be a class derived from torch.nn.Module"}


def test_of_a_class_each_method_is_traced_once() -> None:
    """One call of each method that computes is watched; what describes a class, or calls it twice, never is."""
    traced: list[tuple[str, bool]] = []

    class Watched(LocalLink):
        def call(self, name: str, args: Any, kwargs: Any, trace: bool = False) -> Reply:
            traced.append((name.partition(".")[2], trace))
            return super().call(name, args, kwargs, trace)

    right = implementations.solution("ch02_recurrence")
    link = Watched(right.namespace, right.drivers)
    judge_exercise(
        course.load("ch02_recurrence").exercise("RNNCell"), link, implementations.reference("ch02_recurrence"), 7
    )
    watched = [name for name, trace in traced if trace]
    assert sorted(watched) == ["forward", "gradients"]
    assert {name for name, _ in traced} - set(watched) == UNWATCHED
