"""Relations in the words of an exercise: results by their names, gates in their order, time without a batch."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.tests.test_relations import SIZES, Function, drawn, said

GATES = "`i`, `f`, `g`, `o`"


def dense_backward(dh, x):
    """dh (B, H), x (B, D) -> dW (D, H), db (H,)."""
    dW, db = x.T @ dh, dh.sum(axis=0)
    return dW, db


def batches(*pairs: tuple[int, int]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(drawn(B, H), drawn(B, H + 1)) for B, H in pairs]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda dh, x: (x.T @ dh / len(x), dh.mean(axis=0)), "`dW` and `db` are too small by a factor B, the number"),
        (lambda dh, x: (x.T @ dh, dh), "`db` has one axis too many in front: the sum over it is missing."),
        (lambda dh, x: (x.T @ dh, dh.sum(axis=0, keepdims=True)), "The numbers of `db` are right; an axis of length 1"),
        (lambda dh, x: (dh.T @ x, dh.sum(axis=0)), "`dW` is transposed."),
        (lambda dh, x: (dh.sum(axis=0), x.T @ dh), "`dW` and `db` are exchanged."),
        (lambda dh, x: (-x.T @ dh, -dh.sum(axis=0)), "The sign of `dW` and `db` is the wrong way round."),
    ],
)  # fmt: skip
def test_gradients(answer: Function, sentence: str) -> None:
    """What goes wrong with sums over the batch is named, of the results by their names, of several in one sentence."""
    [found] = said(dense_backward, answer, *batches((2, 3), (3, 4), (1, 2)))
    assert found.startswith(sentence)


def test_results_are_named_as_they_are_returned() -> None:
    """Where no docstring names the results, the names in the solution's own `return` do."""

    def step(x):
        h, c = np.tanh(x), 2 * x
        return h, c

    def swapped(x):
        return step(x)[::-1]

    assert said(step, swapped, (drawn(2, 3),)) == ["`h` and `c` are exchanged."]
    assert said(lambda x: (np.tanh(x), 2 * x), swapped, (drawn(2, 3),)) == ["Result 1 and result 2 are exchanged."]


def gates(a):
    """a (B, 4H) -> i (B, H), f (B, H), g (B, H), o (B, H)."""
    i, f, g, o = np.split(a, 4, axis=-1)
    return np.tanh(i), np.tanh(f), np.tanh(g), np.tanh(o)


def test_gates_in_another_order() -> None:
    """Four gates, or four blocks of one array, in another order: both orders are said."""
    arrays = (drawn(3, 4),), (drawn(2, 8),), (drawn(1, 12),)
    assert said(gates, lambda a: [gates(a)[k] for k in (0, 1, 3, 2)], *arrays) == ["`g` and `o` are exchanged."]
    moved = said(gates, lambda a: [gates(a)[k] for k in (0, 3, 1, 2)], *arrays)
    assert moved == [f"The results come in the order `i`, `o`, `f`, `g`; {GATES} is asked for."]

    def packed(a):
        return np.tanh(a)

    def permuted(a):
        i, f, g, o = np.split(np.tanh(a), 4, axis=-1)
        return np.concatenate([i, f, o, g], axis=-1)

    sentence = "The result has the gates in the order i, f, o, g; i, f, g, o is asked for."
    assert said(packed, permuted, *arrays) == [sentence]
    assert said(packed, permuted, arrays[1]) == []  # four columns may be four units


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("in reverse", lambda hs, Wh: alone(hs, Wh)[::-1]),
        ("one step late", lambda hs, Wh: np.concatenate([[1.0], alone(hs, Wh)[:-1]])),
        ("the last step alone", lambda hs, Wh: alone(hs, Wh)[-1]),
        ("every step but the first", lambda hs, Wh: np.concatenate([[0.0], alone(hs, Wh)[1:]])),
        ("by a factor T, the number of steps", lambda hs, Wh: alone(hs, Wh) / len(hs)),
        ("the square", lambda hs, Wh: alone(hs, Wh) ** 2),
    ],
)
def test_time_without_a_batch(name: str, answer: Function) -> None:
    """States (T, H) have no examples: their first axis is time, and nothing is said of a batch."""
    [sentence] = said(alone, answer, *[(drawn(T, H), drawn(H, H)) for T, H in ((4, 3), (5, 2), (3, 3))])
    assert name in sentence and "examples" not in sentence


def alone(hs, Wh):
    """The norms of the states: hs (T, H), Wh -> (T,)."""
    return np.linalg.norm(np.tanh(hs) @ Wh, axis=-1)


def test_time_in_front() -> None:
    """Gradients of each step (T, H), from inputs (B, T, H), are reversed in time and not along another axis."""

    def untied(dhs):
        return dhs.sum(axis=0)

    assert said(untied, lambda dhs: untied(dhs)[::-1], *[(drawn(*shape),) for shape in SIZES]) == [
        "The result has the right steps in reverse: the last one stands first."
    ]
    assert said(untied, lambda dhs: untied(dhs)[:, ::-1], *[(drawn(*shape),) for shape in SIZES]) == []


def test_symbols_and_numbers_off_by_one() -> None:
    """One-hot rows and ids that are off by one are named."""
    ids = [np.array([[0, 2, 1, 3]]), np.array([[3, 1, 0], [2, 2, 1]])]

    def one_hot(ids):
        return np.eye(5)[ids]

    [late] = said(one_hot, lambda ids: np.eye(5)[ids + 1], *[(each,) for each in ids])
    assert late == "The result is off by one symbol: at k stands what belongs to k - 1."
    counted = said(lambda ids: ids + 2, lambda ids: ids + 3, *[(each,) for each in ids])
    assert counted == ["The result is too large by 1 everywhere: off by one."]


def test_mean_over_what_a_mask_counts() -> None:
    """A loss that is summed where its mean over the counted targets is asked for."""

    def loss(logits, mask):
        return float((logits.sum(axis=1) * mask).sum() / mask.sum())

    masks = (np.array([1, 1, 0, 1]), np.array([True, False, True, True, True, False]))
    cases = [(drawn(len(mask), 3), mask) for mask in masks]
    [sentence] = said(loss, lambda logits, mask: loss(logits, mask) * mask.sum(), *cases)
    assert sentence.startswith("The result is too large by a factor n, the number of entries that the mask counts")


def test_weights_are_no_batch() -> None:
    """The length of a weight matrix is not the number of examples."""

    def generate(Wx, h0):
        return np.tanh(h0 @ Wx)

    cases = [(drawn(H, H), drawn(H)) for H in (2, 3, 4)]
    assert said(generate, lambda Wx, h0: generate(Wx, h0) * len(Wx), *cases) == []


def test_designs_have_no_relations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of weights that are judged by what they do, none are the right ones: twice the solution's is no mistake."""
    from autograder.checks import behaviour

    monkeypatch.setattr(behaviour, "of", lambda name: lambda value: np.asarray(value) > 2)
    assert said(lambda x: x + 0.5, lambda x: 2 * x + 1, (drawn(2, 3),)) == []


def test_more_results_than_asked_for() -> None:
    """Of three results for two none is at its place, and nothing is said of any."""
    answer = [lambda dh, x: (np.zeros_like(x), *dense_backward(dh, x))]
    assert said(dense_backward, answer[0], *batches((2, 3), (3, 4))) == []


def test_copies_that_are_summed() -> None:
    """What is summed over the steps is not said to be summed over examples, though its first axis is summed."""

    def untied(dhs):
        return dhs.sum(axis=0)

    [summed] = said(untied, lambda dhs: untied(dhs).sum(axis=0), *[(drawn(*shape),) for shape in SIZES])
    assert summed == "The result is summed over the steps; each one is asked for by itself."
