"""Relations of a wrong answer to the right one: named where they hold on every input, alone, and never else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import course, prove
from autograder.judge import implementations
from autograder.judge.diagnosis import diagnose
from autograder.judge.subject import Call, LocalLink, Memo
from autograder.tests.test_diagnosis import REFERENCE, SHAPES, calls_of, found, right

Function = Callable[..., Any]
SIZES = ((2, 4, 3), (3, 5, 2), (1, 3, 4))  # B, T, H


def said(reference: Function, answer: Function, *cases: tuple[Any, ...]) -> list[str]:
    """What the answers to these cases look like, in words."""
    link = LocalLink({"f": answer}, {})
    calls = [Call("f", case, {}, link.call("f", case, {})) for case in cases]
    return [diagnosis.believes for diagnosis in diagnose(calls, LocalLink({"f": reference}, {}), [])]


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sign_flipped", lambda x, h0: -right(x, h0)),
        ("twice", lambda x, h0: 2 * right(x, h0)),
        ("half", lambda x, h0: right(x, h0) / 2),
        ("times_B", lambda x, h0: len(x) * right(x, h0)),
        ("over_B", lambda x, h0: right(x, h0) / len(x)),
        ("times_T", lambda x, h0: x.shape[1] * right(x, h0)),
        ("over_T", lambda x, h0: right(x, h0) / x.shape[1]),
        ("time_first", lambda x, h0: right(x, h0).swapaxes(0, 1)),
        ("time_reversed", lambda x, h0: right(x, h0)[:, ::-1]),
        ("last_step_only", lambda x, h0: right(x, h0)[:, -1]),
        ("one_step_late", lambda x, h0: np.concatenate([h0[:, None], right(x, h0)[:, :-1]], axis=1)),
        ("one_step_early", lambda x, h0: np.concatenate([right(x, h0)[:, 1:], h0[:, None]], axis=1)),
        ("times_BT", lambda x, h0: len(x) * x.shape[1] * right(x, h0)),
        ("over_BT", lambda x, h0: right(x, h0) / len(x) / x.shape[1]),
        ("bits", lambda x, h0: right(x, h0) / np.log(2)),
        ("log10", lambda x, h0: right(x, h0) / np.log(10)),
        ("squared", lambda x, h0: right(x, h0) ** 2),
        ("running_sums", lambda x, h0: np.cumsum(right(x, h0), axis=1)),
        ("sums_to_come", lambda x, h0: np.cumsum(right(x, h0)[:, ::-1], axis=1)[:, ::-1]),
        ("axis_kept", lambda x, h0: right(x, h0)[:, None]),
        ("axis_dropped", lambda x, h0: right(x, h0).squeeze()),
        ("first_example_only", lambda x, h0: right(x, h0)[0]),
        ("examples_summed", lambda x, h0: right(x, h0).sum(axis=0)),
        ("off_by", lambda x, h0: right(x, h0) + 0.25),
        ("rounded", lambda x, h0: np.round(right(x, h0), 3)),
        ("rounded", lambda x, h0: np.round(right(x, h0))),
        ("first_step_wrong", lambda x, h0: right(x, h0) + (np.arange(x.shape[1]) == 0)[:, None]),
        ("last_step_wrong", lambda x, h0: right(x, h0) * (np.arange(x.shape[1]) < x.shape[1] - 1)[:, None]),
        ("booleans", lambda x, h0: right(x, h0) > 0),
        ("all_zeros", lambda x, h0: np.zeros_like(x)),
        ("integers", lambda x, h0: right(x, h0).astype(int)),
        ("not_finite", lambda x, h0: np.where(x > 1, np.nan, right(x, h0))),
        ("argument_returned", lambda x, h0: x),
    ],
)
def test_relation(name: str, answer: Callable[..., Any]) -> None:
    """Each relation to the right answer is found where it holds, alone."""
    assert found(answer, []) == [f"relation:{name}"]


def test_right_in_the_first_example() -> None:
    """It takes four examples to tell that the first one alone is right: of two or three that may be chance."""

    def answer(x, h0):
        return right(x, h0) + np.arange(len(x))[:, None, None] * x

    assert found(answer, [], ((4, 3, 3), (1, 5, 3))) == ["relation:first_example_right"]
    assert found(answer, [], SHAPES) == []


def test_transposed() -> None:
    """A matrix that is transposed is named, square or not."""

    def product(x, h0):
        return x[0] @ np.tanh(x[-1].T) + np.arange(len(x[0]))

    reference = LocalLink({"running": product}, {})
    [diagnosis] = diagnose(calls_of(lambda x, h0: product(x, h0).T), reference, [])
    assert diagnosis.id == "relation:transposed"


def test_relation_that_holds_sometimes() -> None:
    """A relation that one input contradicts is not named."""
    assert found(lambda x, h0: right(x, h0) * (2 if len(x) == 2 else 3), []) == []
    assert found(lambda x, h0: right(x, h0) * (len(x) > 1), []) == []


def test_two_steps_are_no_evidence() -> None:
    """Two steps that come late may as well be two that are exchanged, so a shift needs three."""

    def late(x, h0):
        return np.concatenate([h0[:, None], right(x, h0)[:, :-1]], axis=1)

    assert found(late, [], ((2, 2, 3), (3, 2, 3))) == []


def test_ambiguous_factor() -> None:
    """Where B is 2 in every call, twice and B times are the same, and neither is named."""
    assert found(lambda x, h0: 2 * right(x, h0), [], ((2, 3, 3), (2, 4, 3))) == []


def test_whole_numbers_are_no_evidence() -> None:
    """Results of small whole numbers agree with their mirror image too easily."""
    reference = LocalLink({"running": lambda x, h0: np.ones((1, 3, 3))}, {})
    assert diagnose(calls_of(lambda x, h0: -np.ones((1, 3, 3))), reference, []) == []


def test_first_nan_is_pointed_at() -> None:
    """The evidence for NaN says where the first one stands."""

    def breaks(x, h0):
        result = right(x, h0)
        result[1:, 2:] = np.nan
        return result

    [diagnosis] = diagnose(calls_of(breaks, SHAPES[:1]), REFERENCE, [])
    assert "NaN" in diagnosis.believes and diagnosis.evidence.startswith("the first at [1, 2, 0]")


def test_parts_of_a_result() -> None:
    """In a result of several parts, the relation is named for the part in which it holds."""
    reference = LocalLink({"running": lambda x, h0: {"dx": np.tanh(x), "dh": h0 + 0.1}}, {})
    calls = calls_of(lambda x, h0: {"dx": np.tanh(x), "dh": -(h0 + 0.1)})
    [diagnosis] = diagnose(calls, reference, [])
    assert diagnosis.believes == "The sign of `dh` is the wrong way round."
    tuples = LocalLink({"running": lambda x, h0: (np.tanh(x), h0 + 0.1)}, {})
    [diagnosis] = diagnose(calls_of(lambda x, h0: (np.tanh(x), 2 * h0 + 0.2)), tuples, [])
    assert diagnosis.believes == "Result 2 is twice what it should be."


def test_rounded_says_how_far() -> None:
    """The number of decimals that are left, and the amount by which all entries are off, stand in the sentence."""
    [rounded] = said(right, lambda x, h0: np.round(right(x, h0), 2), *cases())
    assert rounded == "The result is rounded to 2 decimals; keep all digits."
    assert said(right, lambda x, h0: right(x, h0) - 0.5, *cases()) == ["The result is too small by 0.5 everywhere."]


def cases() -> list[tuple[np.ndarray, np.ndarray]]:
    return [(drawn(*shape), drawn(shape[0], shape[2])) for shape in SIZES]


# What is found of the chapter's wrong answers without their help. Each was read: it says what the mutant believes.
AGREE = {
    ("rnn_step", "tanh_overflows"): "not_finite",
    ("rnn_step", "rounded"): "rounded",
    ("rnn_step", "axes_squeezed"): "axis_dropped",
    ("rnn_step", "writes_into_h_prev"): "argument_modified",
    ("rnn_forward", "stores_state_before"): "one_step_late",
    ("rnn_forward", "last_state_left_zero"): "last_step_wrong",
    ("rnn_forward", "states_reversed"): "time_reversed",
    ("rnn_forward", "writes_into_h0"): "argument_modified",
    ("rnn_forward", "remembers_last_call"): "not_repeatable",
    ("rnn_forward", "time_first"): "time_first",
    ("rnn_forward", "last_state_only"): "last_step_only",
    ("rnn_forward", "tanh_overflows"): "not_finite",
    ("rnn_forward", "axes_squeezed"): "axis_dropped",
    ("rnn_forward_padded", "first_length_for_all"): "first_example_right",
    ("rnn_forward_padded", "time_first"): "time_first",
    ("rnn_forward_padded", "writes_into_h0"): "argument_modified",
    ("rnn_forward_padded", "clears_the_padding"): "argument_modified",
    ("readout", "clears_the_padding"): "argument_modified",
    ("readout", "lowers_the_lengths"): "argument_modified",
    ("next_symbol_pairs", "clears_the_remainder"): "argument_modified",
    ("sample_symbol", "always_the_first"): "all_zeros",
    ("sample_symbol", "starts_at_zero"): "off_by",
    ("sample_symbol", "writes_into_logits"): "argument_modified",
    ("generate", "writes_into_h0"): "argument_modified",
    ("generate", "remembers_last_call"): "not_repeatable",
    ("RNNCell", "tanh_overflows"): "not_finite",
    ("RNNCell", "writes_into_h"): "argument_modified",
}


def test_no_relation_contradicts_a_mutant(seed: int) -> None:
    """What the relations alone say of the chapter's wrong answers agrees with what these believe."""
    chapter = "ch02_recurrence"
    memo = Memo(implementations.solution(chapter))
    for mutant in implementations.mutants(chapter):
        exercise = course.load(chapter).exercise(mutant.of)
        verdict = prove.judge(exercise, mutant.link, seed, lambda name, calls: diagnose(calls, memo, []))
        for diagnosis in verdict.diagnosis:
            name = diagnosis.id.removeprefix("relation:")
            assert name == AGREE.get((mutant.of, mutant.id)), f"{mutant.id} {mutant.believes}: {diagnosis.believes}"
