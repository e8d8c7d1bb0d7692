"""What has passed once passes again, and nothing else does: checks that are skipped where the replies are known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from autograder import checks, course
from autograder.checks import Check, CheckFailed
from autograder.course import Exercise
from autograder.judge import implementations, known, run
from autograder.judge.known import Here, Known
from autograder.judge.run import judge_exercise
from autograder.judge.subject import CallTimeout, LocalLink, Memo, Reference, WorkerDied
from autograder.judge.verdict import ExerciseVerdict

RUNS: list[str] = []


class Process(Here):
    """A link that keeps the frames it is asked in."""

    def __init__(self, namespace: Any, drivers: Any = ()) -> None:
        super().__init__(LocalLink(namespace, drivers))
        self.asked: list[bytes] = []

    def exchange(self, request: bytes) -> bytes:
        self.asked.append(request)
        return super().exchange(request)


def doubles(twice, rng, reference):
    """Every entry is doubled, twice over."""
    RUNS.append("doubles")
    x = rng.normal(size=(2, 3))
    for _ in range(2):
        expected, x = reference.twice(x), twice(x)
        if twice.changed or not np.allclose(x, expected, rtol=1e-6):
            raise CheckFailed("the entries are wrong", expected, x)


def takes_rows(twice, rng):
    """A row comes back as a row."""
    RUNS.append("takes_rows")
    if np.shape(twice(rng.normal(size=3))) != (3,):
        raise CheckFailed("the shape is wrong")


OURS = (Check("doubles", "twice", "", 1.0, doubles), Check("takes_rows", "twice", "", 1.0, takes_rows))
EXERCISE = Exercise("twice", "chapter", 2.0, 5, 1, "numpy", "", ("", "", ""), "", "", ())  # type: ignore[arg-type]


def right(x):
    return 2 * x


def right_in_other_bits(x):
    return x * (2 + 1e-7)


def wrong(x):
    return 3 * x


def wrong_in_the_last_call(x):
    return 2 * x if x.ndim == 2 else 2 * x[None]


def writes(x):
    x *= 2
    return x.copy()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Known:
    """What is known after one right answer has passed, with two checks of one small function."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: OURS)
    found = Known()
    assert judged(found, right).score == 2.0
    RUNS.clear()
    return found


def judged(memory: Known | None, answer: Callable[..., Any], link: Process | None = None) -> ExerciseVerdict:
    """The verdict on an answer behind a link of frames."""
    link = link or Process({"twice": answer})
    walk = partial(memory.walk, link) if memory else None
    return judge_exercise(EXERCISE, link, Reference(LocalLink({"twice": right}, {})), 7, walk=walk)


def test_the_same_replies_pass_without_the_check(memory: Known) -> None:
    """Who replies what has passed, to the last bit, is asked the same and passes; no check is gone through."""
    with_memory, without = Process({"twice": right}), Process({"twice": right})
    assert judged(memory, right, with_memory).score == 2.0 and not RUNS
    assert judged(Known(), right, without).score == 2.0 and len(RUNS) == 2
    assert with_memory.asked == without.asked and len(without.asked) == 3


@pytest.mark.parametrize("answer", [right, right_in_other_bits, wrong, wrong_in_the_last_call, writes, None])
def test_known_or_not_the_verdict_is_the_same(memory: Known, answer: Any) -> None:
    """Right in other bits, wrong in the first call or the last, arguments written into: each is judged as ever."""
    plain, again = judged(None, answer), judged(memory, answer)
    for verdict in (plain, again):
        for check in verdict.checks:
            check.seconds = 0.0
    assert plain == again
    assert (again.score == 2.0) == (answer in (right, right_in_other_bits))


def test_other_bits_are_known_after_they_passed(memory: Known) -> None:
    """Each way of passing is kept, its note on its precision, too."""
    for went_through in (2, 0):
        verdict = judged(memory, right_in_other_bits)
        assert verdict.score == 2.0 and "float32" in verdict.message and len(RUNS) == went_through
        RUNS.clear()
    assert not judged(memory, right).message


def test_what_fails_is_not_kept(memory: Known) -> None:
    """A check that a wrong answer fails is gone through each time."""
    for _ in range(2):
        assert judged(memory, wrong).score == 1.0
    assert RUNS == ["doubles", "takes_rows", "doubles"]


def test_so_many_ways_are_kept(memory: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory has an end; who comes after it is judged all the same."""
    monkeypatch.setattr(known, "PATHS", 3)
    for bits in range(1, 6):
        assert judged(memory, lambda x, bits=bits: x * (2 + bits * 1e-10)).score == 2.0
    assert [tree.paths for tree in memory.trees.values()] == [3, 3]


def test_large_replies_are_not_kept(memory: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes them large cannot fill the memory with them."""
    monkeypatch.setattr(known, "BYTES", 10)
    assert judged(memory, right_in_other_bits).score == 2.0
    assert [tree.paths for tree in memory.trees.values()] == [1, 1]


CHEAT = """
calls = []
class LSTMCell(torch.nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        like = torch.nn.Linear(n_in, 4 * n_hidden), torch.nn.Linear(n_hidden, 4 * n_hidden)
        self.weight_ih, self.bias_ih = like[0].weight, like[0].bias
        self.weight_hh, self.bias_hh = like[1].weight, like[1].bias

    def forward(self, x, state):
        calls.append(x)
        if len(calls) <= 2:  # the first calls of forward and of gradients
            raise ValueError("not now")
        return getattr(torch, "lstm_" + "cell")(x, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
"""


@pytest.mark.parametrize("remembers", [False, True])
def test_a_method_is_watched_until_a_call_of_it_goes_through(remembers: bool) -> None:
    """A class that breaks off when it is watched, and uses what it may not afterwards, is found all the same."""
    chapter, memory = "ch04_lstm", Known()
    exercise, reference = course.load(chapter).exercise("LSTMCell"), implementations.reference(chapter)
    solution = Here(implementations.solution(chapter))
    assert judge_exercise(exercise, solution, reference, 7, walk=partial(memory.walk, solution)).status == "passed"
    link = Here(implementations.link(chapter, CHEAT, "<cell 1>"))
    verdict = judge_exercise(exercise, link, reference, 7, walk=partial(memory.walk, link) if remembers else None)
    assert (verdict.status, verdict.score) == ("forbidden", 0.0)


@pytest.mark.parametrize("stop", [CallTimeout(5), WorkerDied("it crashed")])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_known_way_ends_where_the_worker_does(memory: Known, stop: Exception, number: int) -> None:
    """A call without end, or a process that is gone, is found at the same call as without a memory."""

    class Ends(Process):
        def exchange(self, request: bytes) -> bytes:
            if len(self.asked) == number - 1:
                raise stop
            return super().exchange(request)

    verdicts = [judged(each, right, Ends({"twice": right})) for each in (None, memory)]
    assert {verdict.status for verdict in verdicts} == {"timeout" if isinstance(stop, CallTimeout) else "error"}
    assert {verdict.score for verdict in verdicts} == {1.0 if number == 3 else 0.0}
    assert verdicts[0].message == verdicts[1].message


@pytest.mark.parametrize("chapter", course.chapters())
def test_a_check_is_a_function_of_the_replies(chapter: str) -> None:
    """Every check of the course asks the same, to the last bit, when it gets the same replies."""
    asked: list[list[bytes]] = []
    memory, right = Known(), implementations.solution(chapter)
    for seen in (None, memory, memory):
        link = Process(right.namespace, right.drivers)
        for exercise in course.load(chapter).exercises:
            walk = partial(seen.walk, link) if seen else None
            verdict = judge_exercise(exercise, link, Reference(Memo(right)), 7, walk=walk)
            assert verdict.status == "passed"
        asked.append(link.asked)
    assert asked[0] == asked[1] == asked[2] and len(asked[0]) > len(checks.load(chapter))
