"""Each difference between what is returned and what is expected is named in one plain sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder import course
from autograder.checks import CheckFailed, compare
from autograder.checks.compare import STATES, expect_close, expect_entries, expect_shape, expect_unchanged
from autograder.judge.implementations import Variant, accepted
from autograder.judge.subject import LocalLink, Subject
from autograder.prove import judge

RIGHT = np.linspace(-0.9, 0.9, 12).reshape(2, 3, 2)


def changed(index: Any, value: float) -> np.ndarray:
    """The right array with one entry replaced."""
    array = RIGHT.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "the states is None (is a `return` missing?); an array of shape (2, 3, 2) is expected"),
        (
            list(RIGHT),
            "the states is a list of length 2; an array of shape (2, 3, 2) is expected (np.stack or np.array",
        ),
        (tuple(RIGHT), "the states is a tuple of length 2; an array"),
        (0.5, "the states is a single number; an array"),
        ("text", "the states is text; an array"),
        ({"a": 1}, "the states is a dict; an array"),
        (RIGHT[:, :2], "the states has the shape (2, 2, 2); an array of shape (2, 3, 2) is expected"),
        (RIGHT.astype(int), "the states holds int64 values; floating-point numbers are expected"),
        (RIGHT > 0, "the states holds bool values; floating-point numbers"),
        (changed((1, 2, 0), np.nan), "the states is NaN (not a number) at example 1, step 2, unit 0 (1 of 12"),
        (changed((0, 1, 1), -np.inf), "the states is infinite at example 0, step 1, unit 1"),
        (
            changed((1, 0, 1), 7.0),
            "at example 1, step 0, unit 1: 7 was returned, 0.245455 is expected (1 of 12 entries",
        ),
        (RIGHT.astype(np.float16), "the states is wrong at example 0, step 0"),
    ],
)
def test_difference_is_named(returned: Any, says: str) -> None:
    """The sentence says what differs, and where it begins."""
    with pytest.raises(CheckFailed) as caught:
        expect_close(returned, RIGHT, "the states", STATES)
    assert says in caught.value.message
    assert caught.value.returned is returned and caught.value.expected is not None


def test_earliest_step_is_reported_first() -> None:
    """Along time the first wrong step counts, whichever example it is in."""
    wrong = changed((0, 2, 0), 7.0)
    wrong[1, 1, 1] = 7.0
    with pytest.raises(CheckFailed, match="example 1, step 1, unit 1"):
        expect_close(wrong, RIGHT, "a state", STATES)


@pytest.mark.parametrize("returned", [RIGHT, RIGHT + 9e-6, RIGHT.astype(np.float32), np.asfortranarray(RIGHT)])
def test_right_values_pass_in_any_precision_and_layout(returned: np.ndarray) -> None:
    """1e-5 of rounding is nobody's mistake."""
    expect_close(returned, RIGHT, "the states", STATES)


@pytest.mark.parametrize("returned", [0.25, np.float64(0.25), np.float32(0.25), np.array(0.25)])
def test_number_is_a_number_of_any_kind(returned: Any) -> None:
    """Python's floats, NumPy's scalars and arrays without axes are all numbers."""
    expect_close(returned, np.float64(0.25), "the loss")
    expect_shape(returned, (), "the loss")


@pytest.mark.parametrize(
    ("returned", "says"),
    [(True, "is True; a number is expected"), ([0.25], "is a list"), (0.5, "0.5 was returned, 0.25 is")],
)
def test_number_that_is_none_or_another(returned: Any, says: str) -> None:
    """Truth values and lists are no numbers."""
    with pytest.raises(CheckFailed, match=says):
        expect_close(returned, 0.25, "the loss")


def test_index_is_given_where_axes_have_no_names() -> None:
    """An index in brackets takes the place of names."""
    with pytest.raises(CheckFailed, match=r"the gradient is wrong at index \[0, 1\]"):
        expect_close(np.array([[1.0, 2.0]]), np.array([[1.0, 3.0]]), "the gradient")


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ({"b": 1, "c": 2}, "the parameters lack a and should not have c"),
        ({"b": 1}, "the parameters lack a"),
        ("forged", "the parameters lack a, b"),
    ],
)
def test_missing_and_unknown_entries_are_named(returned: Any, says: str) -> None:
    """Anything that is not a dict lacks every entry."""
    with pytest.raises(CheckFailed, match=says):
        expect_entries(returned, {"a": 0, "b": 0}, "the parameters")


def test_modified_arguments_are_named() -> None:
    """One or several, by the names that the function gives them."""

    def spoil(x: np.ndarray, h: np.ndarray, b: np.ndarray) -> np.ndarray:
        x[0] = h[:] = 5.0
        return b

    subject = Subject("spoil", LocalLink({"spoil": spoil}, {}))
    subject(np.zeros(2), np.zeros(2), np.zeros(2))
    with pytest.raises(CheckFailed, match="`x` and `h` were modified"):
        expect_unchanged(subject)


SINGLE = [variant for variant in accepted("ch02_recurrence") if variant.style == "float32"]


@pytest.mark.parametrize("variant", SINGLE, ids=lambda variant: variant.exercise)
def test_the_tolerance_leaves_room_for_float32(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that compute in float32 would pass with a tenth of the tolerance, whatever the inputs."""
    monkeypatch.setattr(compare, "ABSOLUTE", compare.ABSOLUTE / 10)
    monkeypatch.setattr(compare, "RELATIVE", compare.RELATIVE / 10)
    exercise = course.load("ch02_recurrence").exercise(variant.exercise)
    for seed in range(20):
        assert judge(exercise, variant.link, seed).status == "passed", f"with the seed {seed}"
