"""The reference solutions are proved here: against torch.nn, automatic differentiation, exact sums and brute force."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks import inputs
from autograder.checks.inputs import ch01_feedforward as cases
from autograder.judge import implementations

CHAPTER = "ch01_feedforward"
SIZES = (*inputs.ALL, cases.SQUARE, cases.SHORT)


def solution(name: str) -> Any:
    return implementations.solution(CHAPTER).namespace[name]


def tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    """Leaves that gradients reach."""
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def test_one_hot_agrees_with_torch(seed: int) -> None:
    """`one_hot` gives the vectors of torch, and refuses what is out of range on either side."""
    rng, one_hot = np.random.default_rng(seed), solution("one_hot")
    for sizes in SIZES:
        ids = rng.integers(sizes.V, size=(sizes.B, sizes.T))
        vectors = one_hot(ids, sizes.V)
        assert vectors.dtype == np.float64
        np.testing.assert_array_equal(vectors, torch.nn.functional.one_hot(torch.tensor(ids), sizes.V).numpy())
        for wrong in (-1, sizes.V):
            with pytest.raises(ValueError, match="every id"):
                one_hot(np.where(np.arange(sizes.T) == sizes.T - 1, wrong, ids), sizes.V)


def test_dense_layer_agrees_with_torch_and_autograd(seed: int) -> None:
    """`dense_forward` is torch's linear layer and tanh, `dense_backward` its gradients, up to upstreams of 30."""
    rng = np.random.default_rng(seed)
    for sizes, size in itertools.product(SIZES, (0.0, 1.0, 30.0)):
        x, W, b = cases.dense(rng, sizes)
        leaves = tensors(x, W, b)
        h = torch.tanh(torch.nn.functional.linear(leaves[0], leaves[1].T, leaves[2]))
        np.testing.assert_allclose(solution("dense_forward")(x, W, b), h.detach().numpy(), rtol=0, atol=1e-14)
        dh = size * rng.normal(size=(sizes.B, sizes.H))
        theirs = torch.autograd.grad(h, leaves, torch.tensor(dh))
        for ours, right in zip(solution("dense_backward")(dh, x, h.detach().numpy(), W), theirs, strict=True):
            np.testing.assert_allclose(ours, right.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [cases.scores, cases.extreme_scores])
def test_cross_entropy_agrees_with_torch_and_autograd(seed: int, make: Any) -> None:
    """Loss and gradient are torch's, with padding left out by torch itself, also where logits reach 1e4."""
    rng, ours = np.random.default_rng(seed), solution("softmax_cross_entropy")
    for N, V in (*cases.ROWS, (40, 7)):
        logits, targets, mask = make(rng, N, V)
        for counted in (mask, mask | True, mask.astype(int), mask.astype(float)):
            (leaf,) = tensors(logits)
            labels = torch.tensor(np.where(counted.astype(bool), targets, -100))
            right = torch.nn.functional.cross_entropy(leaf, labels, ignore_index=-100)
            loss, dlogits = ours(logits, targets, counted)
            assert type(loss) is float and loss == pytest.approx(right.item(), rel=1e-13, abs=1e-13)
            np.testing.assert_allclose(dlogits, torch.autograd.grad(right, leaf)[0].numpy(), rtol=0, atol=1e-12)


def test_cross_entropy_of_nothing_is_zero(seed: int) -> None:
    """Without a row that counts there is no loss and no gradient, whatever the logits."""
    logits, targets, mask = cases.extreme_scores(np.random.default_rng(seed), 6, 5)
    loss, dlogits = solution("softmax_cross_entropy")(logits, targets, mask & False)
    assert loss == 0.0 and dlogits.shape == logits.shape and not dlogits.any()


def test_extreme_scores_are_of_both_kinds(seed: int) -> None:
    """The cases hold what breaks a careless softmax: a gap of 1e4 within a row, and rows 1e4 and more apart."""
    logits, _, mask = cases.extreme_scores(np.random.default_rng(seed), 6, 5)
    assert (np.ptp(logits, axis=1) > 5e3).any()
    assert np.ptp(logits[:3].max(axis=1)) > 5e3 and mask.any() and not mask.all()


def test_two_layers_agree_with_autograd(seed: int) -> None:
    """`mlp_backward` gives the gradients of torch.autograd, up to upstreams of 30."""
    rng = np.random.default_rng(seed)
    for sizes, size in itertools.product(SIZES, (0.0, 1.0, 30.0)):
        x, W1, b1 = cases.dense(rng, sizes)
        W2, b2 = rng.normal(size=(sizes.H, sizes.V)), rng.normal(size=sizes.V)
        weights = tensors(W1, b1, W2, b2)
        h = torch.tanh(torch.tensor(x) @ weights[0] + weights[1])
        dlogits = size * rng.normal(size=(sizes.B, sizes.V))
        theirs = torch.autograd.grad(h @ weights[2] + weights[3], weights, torch.tensor(dlogits))
        for ours, right in zip(solution("mlp_backward")(dlogits, x, h.detach().numpy(), W1, W2), theirs, strict=True):
            np.testing.assert_allclose(ours, right.numpy(), rtol=0, atol=1e-12)


def test_no_memoryless_predictor_does_better(seed: int) -> None:
    """`memoryless_accuracy` is the best accuracy of all predictors there are: every table of answers is tried."""
    rng, accuracy = np.random.default_rng(seed), solution("memoryless_accuracy")
    for lengths, n_symbols in (((6,), 2), ((5, 0, 4, 1), 3), ((2,) * 9, 4), ((3, 8), 4)):
        sequences = cases.streams(rng, lengths, n_symbols)
        current = np.concatenate([ids[:-1] for ids in sequences])
        after = np.concatenate([ids[1:] for ids in sequences])
        tables = itertools.product(range(n_symbols), repeat=n_symbols)
        best = max(float((np.array(table)[current] == after).mean()) for table in tables)
        found = accuracy(sequences)
        assert type(found) is float and found == pytest.approx(best, abs=1e-15)


def test_memoryless_accuracy_of_known_streams() -> None:
    """A cycle is predicted without fail, a fair coin that shows every pair equally often in half of the cases."""
    accuracy = solution("memoryless_accuracy")
    assert accuracy([np.arange(20) % 7]) == 1.0
    assert accuracy([np.array([0, 0, 1, 1, 0])]) == 0.5
    assert accuracy([np.array([1000]), np.array([5, 1000], np.int32), np.array([], int)]) == 1.0


def test_windows_agree_with_torch(seed: int) -> None:
    """`context_windows` cuts what `torch.Tensor.unfold` cuts; its numbers stay ints."""
    rng, windows = np.random.default_rng(seed), solution("context_windows")
    for T, k in ((2, 1), (5, 1), (4, 3), (9, 8), (30, 4)):
        ids = rng.integers(9, size=T)
        cut = torch.tensor(ids).unfold(0, k + 1, 1).numpy()
        X, y = windows(ids, k)
        assert X.dtype == y.dtype == ids.dtype
        np.testing.assert_array_equal(X, cut[:, :-1])
        np.testing.assert_array_equal(y, cut[:, -1])


def test_window_network_agrees_with_its_equations(seed: int) -> None:
    """`WindowMLP` gives what NumPy gives for its weights, and gradients that are the slopes of its logits."""
    rng, driver, cls = np.random.default_rng(seed), implementations.drivers(CHAPTER)["WindowMLP"], solution("WindowMLP")
    for sizes in SIZES:
        state, ids = cases.window_mlp(rng, sizes)

        def logits(state: dict[str, np.ndarray], ids: np.ndarray = ids) -> np.ndarray:
            rows = np.concatenate([state["embed.weight"][ids[:, place]] for place in range(ids.shape[1])], axis=1)
            h = np.tanh(rows @ state["hidden.weight"].T + state["hidden.bias"])
            return h @ state["output.weight"].T + state["output.bias"]

        np.testing.assert_allclose(driver.forward(cls, state, ids), logits(state), rtol=0, atol=1e-13)
        upstream = rng.normal(size=(sizes.B, sizes.V))
        gradients = driver.gradients(cls, state, ids, upstream)
        assert gradients.keys() == state.keys()
        nudges = {name: 1e-6 * rng.normal(size=array.shape) for name, array in state.items()}
        up = {name: array + nudges[name] for name, array in state.items()}
        down = {name: array - nudges[name] for name, array in state.items()}
        rise = ((logits(up) - logits(down)) * upstream).sum() / 2
        slope = math.fsum((gradients[name] * nudges[name]).sum() for name in state)
        assert rise == pytest.approx(slope, rel=1e-6, abs=1e-13)


def test_window_network_has_no_more_than_it_needs() -> None:
    """Five parameters, of the shapes that the statement's table gives."""
    driver = implementations.drivers(CHAPTER)["WindowMLP"]
    shapes = {"embed.weight": [11, 7], "hidden.weight": [9, 35], "hidden.bias": [9]}
    shapes |= {"output.weight": [11, 9], "output.bias": [11]}
    assert driver.parameters(solution("WindowMLP"), 11, 5, 7, 9) == shapes
