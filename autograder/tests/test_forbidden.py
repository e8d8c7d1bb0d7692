"""What an exercise may not use: found by reading and by running, named, and worth nothing."""

from __future__ import annotations

import gc
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
import torch

from autograder.judge.run import judge_exercise
from autograder.judge.subject import LocalLink, Reference
from autograder.tests.test_run import checks_of_our_own, exercise, judged, twice
from autograder.worker.calls import Reply

__all__ = ["checks_of_our_own"]  # the fixture: two checks of one small function


def test_forbidden_by_reading() -> None:
    """What reading the source has found costs all points; nothing is called, and the message names it."""
    called: list[int] = []
    verdict = judged(lambda x: called.append(1), forbidden="torch.tanh")
    assert (verdict.status, verdict.score, called) == ("forbidden", 0.0, [])
    assert "torch.tanh" in verdict.message


def test_torch_in_a_numpy_exercise() -> None:
    """A right answer that lets torch do the work gets nothing in a NumPy exercise, all points in a torch one."""

    def by_torch(x):
        return torch.add(torch.from_numpy(x), torch.from_numpy(x)).numpy()

    verdict = judged(by_torch)
    assert (verdict.status, verdict.score) == ("forbidden", 0.0)
    assert "torch" in verdict.message
    assert judged(by_torch, "torch").status == "passed"


def test_forbidden_call_is_named_as_it_was_found() -> None:
    """What reading has found is named as it is spelled, and nothing is said of running."""
    verdict = judged(lambda x: x, "torch", forbidden="torch.rnn_tanh_cell")
    assert verdict.message == ("this exercise may not use torch.rnn_tanh_cell: it is what you are to build yourself")


def test_forbidden_after_a_passed_check() -> None:
    """Checks that passed before the forbidden call was seen count for nothing."""
    calls: list[int] = []

    def later(x):
        calls.append(1)
        return 2 * x if len(calls) == 1 else torch.add(torch.from_numpy(x), torch.from_numpy(x)).numpy()

    verdict = judged(later)
    assert [check.passed for check in verdict.checks] == [True, False]
    assert (verdict.status, verdict.score) == ("forbidden", 0.0)


def test_only_first_calls_are_traced() -> None:
    """The first call of each check is watched, and the others cost nothing."""
    traced: list[bool] = []

    class Watched(LocalLink):
        def call(self, name: str, args: Any, kwargs: Any, trace: bool = False) -> Reply:
            traced.append(trace)
            return super().call(name, args, kwargs, trace)

    judge_exercise(exercise(), Watched({"twice": twice}, {}), Reference(LocalLink({"twice": twice}, {})), 7)
    assert traced == [True, True, False]


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell", "RNN", "LSTM", "GRU"])
def test_ready_made_cell(name: str) -> None:
    """Each of PyTorch's recurrent layers is found by what runs, and named."""
    layer = getattr(torch.nn, name)(2, 3)

    def borrowed(x):
        layer(torch.ones(1, 2) if name.endswith("Cell") else torch.ones(1, 1, 2))
        return 2 * x

    verdict = judged(borrowed, "torch")
    assert verdict.status == "forbidden"
    assert f"may not use torch.nn.{name}, which ran when your code was called:" in verdict.message


@pytest.mark.parametrize("older", [False, True])
def test_function_of_a_ready_made_cell(older: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function is named with the layer that it is of; so it is where torch has no profiler of the older kind."""
    if older:
        monkeypatch.delattr(torch.autograd, "_enable_profiler_legacy")
    x = torch.ones(1, 2)
    verdict = judged(lambda a: (torch.ops.aten.rnn_tanh_cell(x, x, *[torch.ones(2, 2)] * 2), 2 * a)[1], "torch")
    assert "may not use torch.rnn_tanh_cell (part of torch.nn.RNNCell), which ran when" in verdict.message


def test_a_call_that_fails_is_watched_too() -> None:
    """What a call uses before it raises is found."""

    def fails(x):
        torch.ones(2)
        raise ValueError

    assert judged(fails).status == "forbidden"


def test_hooks_are_put_back() -> None:
    """A profile hook of one's own, and the collection of garbage, are as they were before."""

    def hook(*_: Any) -> None:
        """A profiler of the learner's."""

    for mine in (None, hook):
        sys.setprofile(mine)
        try:
            LocalLink({"twice": twice}, {}).call("twice", (np.ones(3),), {}, True)
            assert sys.getprofile() is mine and threading.getprofile() is None and gc.isenabled()
        finally:
            sys.setprofile(None)


def test_nothing_is_collected_meanwhile() -> None:
    """While a call is watched no garbage is cleared away: it may be torch's, left by an earlier exercise."""
    collecting: list[bool] = []
    judged(lambda x: (collecting.append(gc.isenabled()), 2 * x)[1])
    assert collecting == [False, False, True]  # the third call is the second one of its check


def test_tracing_is_cheap_and_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """Watching for torch costs less than a millisecond a call, starts no thread and prints nothing."""
    link = LocalLink({"twice": twice}, {})
    link.call("twice", (np.ones(3),), {}, True)
    start = time.perf_counter()
    for _ in range(20):
        link.call("twice", (np.ones(3),), {}, True)
    assert (time.perf_counter() - start) / 20 < 1e-3
    assert capfd.readouterr() == ("", "")
