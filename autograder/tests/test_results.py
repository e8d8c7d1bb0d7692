"""The example that a learner sees: what was called, expected and returned, of one result or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import course
from autograder.checks import Check, CheckFailed
from autograder.checks.compare import STATE, expect_close, expect_error, expect_results, expect_shape
from autograder.course import Exercise
from autograder.feedback import exercise_html, exercise_text
from autograder.judge import implementations, run
from autograder.judge.run import judge_exercise
from autograder.judge.subject import LocalLink, Reference
from autograder.judge.verdict import ExerciseVerdict


def halves(x):
    """x (B, D) -> low (B, D), high (B, D)."""
    if x.ndim != 2:
        raise ValueError("a matrix is expected")
    return x / 2, x + 2


def are_right(halves, rng, reference):
    """Both are right."""
    x = rng.normal(size=(1, 2))
    expect_results(halves(x), reference.halves(x), {"low": STATE, "high": STATE})


def refuses(halves):
    """What is no matrix is refused."""
    expect_error(lambda: halves(np.ones(2)), "ValueError", "for an array of one axis")


SEVERAL = (Check("are_right", "halves", "Both are right.", 1.0, are_right),)
REFUSES = (Check("refuses", "halves", "What is no matrix is refused.", 1.0, refuses),)


def exercise(name: str) -> Exercise:
    return Exercise(name, "chapter", 4.0, 5, 1, "numpy", "", ("", "", ""), "", "", ())


def judged(answer: Callable[..., Any], checks: Any, monkeypatch: pytest.MonkeyPatch) -> ExerciseVerdict:
    monkeypatch.setattr(run.checks, "load", lambda chapter: checks)
    link = LocalLink({"halves": answer}, {})
    return judge_exercise(exercise("halves"), link, Reference(LocalLink({"halves": halves}, {})), 7)


def test_one_of_several_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several results the one that differs is shown, by its name, with its differing entries marked."""
    text = exercise_text(judged(lambda x: (x / 2, x + 3), SEVERAL, monkeypatch))
    assert "(below: high, not the whole result)" in text
    expected, returned = (line for line in text.splitlines() if line.split()[:1] in (["expected"], ["returned"]))
    assert expected.count("*") == returned.count("*") == 4


def test_missing_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a ValueError is expected and none raised, the table says so, beside what was returned."""
    text = exercise_text(judged(lambda x: (x, x), REFUSES, monkeypatch))
    assert "expected  raises ValueError" in text and "returned  (" in text


def test_refusal_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an exception comes in place of a value, the value stands beside it."""

    def refuse(x):
        raise ValueError("no")

    text = exercise_text(judged(refuse, SEVERAL, monkeypatch))
    assert "expected  ([[" in text and "returned  raises ValueError" in text


@pytest.mark.parametrize(
    ("right", "wrong", "shown"),
    [
        (True, False, ("expected  *True*", "returned  *False*")),
        (3, 4, ("expected  *3*", "returned  *4*")),
        (0.5, 0.25, ("expected  *0.5*", "returned  *0.25*")),
        ({"dx": 1.0, "dh": 2.0}, {"dx": 1.0, "dh": 3.0}, ("expected  {dx: 1, dh: *2*}", "returned  {dx: 1, dh: *3*}")),
        (np.array([0.5]), [0.5], ("expected  array: [0.5]", "returned  list: [0.5]")),
        (np.ones(2), np.ones((2, 1)), ("expected  shape (2,)", "returned  shape (2, 1)")),
    ],
)
def test_kinds_of_values(right: Any, wrong: Any, shown: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, truth values, dicts, lists and shapes are told apart, the differing ones marked."""

    def compares(halves):
        returned = halves(np.ones((1, 1)))
        raise CheckFailed("it is wrong", right, returned)

    check = Check("compares", "halves", "It is right.", 1.0, compares)
    text = exercise_text(judged(lambda x: wrong, (check,), monkeypatch))
    assert all(part in text for part in shown), text


def test_expected_shape_is_shown_without_being_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of the shape alone knows no values: what is expected comes from the solution."""

    def has_a_shape(halves):
        expect_shape(halves(np.ones((2, 1))), (2, 1), "the half")

    check = Check("has_a_shape", "halves", "The shape is right.", 1.0, has_a_shape)
    monkeypatch.setattr(run.checks, "load", lambda chapter: (check,))
    reference = Reference(LocalLink({"halves": lambda x: x / 2}, {}))
    verdict = judge_exercise(exercise("halves"), LocalLink({"halves": lambda x: x[:, 0]}, {}), reference, 7)
    assert "expected  shape (2, 1)" in exercise_text(verdict)


def test_driver_is_explained() -> None:
    """Below a call that goes through a driver stands what the driver does, in the words of the judge's own."""
    chapter = "ch02_recurrence"
    source = course.load(chapter).exercise("RNNCell").source.replace("torch.tanh(x", "torch.sin(x")
    reference = implementations.reference(chapter)
    link = implementations.link(chapter, source, "<cell 1>")
    verdict = judge_exercise(course.load(chapter).exercise("RNNCell"), link, reference, 3)
    for text in (exercise_text(verdict), exercise_html(verdict)):
        assert "(that is: the new h (B, n_hidden) that a cell with these" in text


def test_arrays_are_handed_over_and_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check compared goes to whoever asks for it, and no array into the verdict."""

    def compares(halves, reference):
        expect_close(halves(np.ones((3, 4)))[1], reference.halves(np.ones((3, 4)))[1], "high", STATE)

    monkeypatch.setattr(run.checks, "load", lambda _: (Check("compares", "halves", "Right.", 1.0, compares),))
    failures: dict[str, CheckFailed] = {}
    reference = Reference(LocalLink({"halves": halves}, {}))
    verdict = judge_exercise(
        exercise("halves"), LocalLink({"halves": lambda x: (x, x)}, {}), reference, 7, failures=failures
    )
    assert failures["compares"].expected.shape == (3, 4) and failures["compares"].axes == STATE
    assert set(vars(verdict.checks[0].example)) == {"call", "expected", "returned"}
    assert all(isinstance(value, str) for value in vars(verdict.checks[0].example).values())
