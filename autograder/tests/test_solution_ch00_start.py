"""The reference solutions are proved here: slopes against calculus and PyTorch, errors against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from autograder.checks.inputs.ch00_start import CUBE, CUBE_OF_SUM, CURVES, LINE, SHAPES, near_zero, pair, place
from autograder.judge import implementations

CHAPTER = "ch00_start"
GRADIENTS = (
    lambda a, x: (a * x).sum(),
    lambda a, x: (a * x**3).sum(),
    lambda a, x: torch.tanh(a * x).sum(),
    lambda a, x: torch.sin((a * x).sum()),
    lambda a, x: (a * x).sum() ** 3,
)


def test_gradient_agrees_with_torch(seed: int) -> None:
    """With a small step `numerical_gradient` finds the gradient of torch.autograd, for every formula and shape."""
    rng, reference = np.random.default_rng(seed), implementations.reference(CHAPTER)
    for formula, written_in_torch in zip((LINE, *CURVES), GRADIENTS, strict=True):
        for shape in SHAPES:
            f, a, x = place(rng, formula, shape)
            at = torch.tensor(x, requires_grad=True)
            (gradient,) = torch.autograd.grad(written_in_torch(torch.tensor(a), at), at)
            found = reference.numerical_gradient.of(f, a, x)
            assert found.shape == shape
            np.testing.assert_allclose(found, gradient.numpy(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("eps", [0.1, 1e-3])
def test_gradient_is_the_central_difference(seed: int, eps: float) -> None:
    """Of cubes the central difference is known: the slope, plus the third derivative times eps**2 / 6."""
    rng, reference = np.random.default_rng(seed), implementations.reference(CHAPTER)
    for shape in SHAPES:
        for f, a, x in (place(rng, CUBE, shape), near_zero(place(rng, CUBE, shape))):
            found = reference.numerical_gradient.of(f, a, x, eps)
            np.testing.assert_allclose(found, 3 * a * x**2 + a * eps**2, rtol=0, atol=1e-11)
        f, a, x = place(rng, CUBE_OF_SUM, shape)
        found, total = reference.numerical_gradient.of(f, a, x, eps), (a * x).sum()
        np.testing.assert_allclose(found, 3 * a * total**2 + a**3 * eps**2, rtol=0, atol=1e-10)


def test_gradient_leaves_x_alone_and_calls_with_its_shape() -> None:
    """`f` sees arrays of the shape of `x` in which one entry at most has moved; `x` itself never changes."""
    x = np.asfortranarray([[1e-10, -0.0, 3.0], [4.0, 5.0, 1e300]])
    before, seen = x.tobytes(), []
    numerical_gradient = implementations.solution(CHAPTER).namespace["numerical_gradient"]
    numerical_gradient(lambda at: seen.append(at.copy()) or 0.0, x, 0.1)
    assert x.tobytes() == before and len(seen) == 2 * x.size
    assert all(at.shape == x.shape and (at != x).sum() <= 1 for at in seen)


def test_error_agrees_with_fractions(seed: int) -> None:
    """`relative_error` is what exact arithmetic gives, to the last bits, for every size of entry."""
    rng, relative_error = np.random.default_rng(seed), implementations.solution(CHAPTER).namespace["relative_error"]
    for shape in SHAPES:
        for apart in (0.5, 1e-6, 1e-9):
            for factor in (1, 1e-10, 1e-14, 0):
                a, b = (factor * array for array in pair(rng, shape, apart))
                entries = [(Fraction(p), Fraction(q)) for p, q in zip(a.flat, b.flat, strict=True)]
                exact = max(abs(p - q) / max(abs(p) + abs(q), Fraction(1e-12)) for p, q in entries)
                found = relative_error(a, b)
                assert type(found) is float and found == pytest.approx(float(exact), rel=1e-12, abs=0)


def test_error_hands_on_nan_and_refuses_other_shapes() -> None:
    """A NaN in either array gives NaN; shapes that NumPy could stretch raise a ValueError."""
    relative_error = implementations.solution(CHAPTER).namespace["relative_error"]
    for index in range(3):
        broken = np.ones(3)
        broken[index] = np.nan
        assert np.isnan(relative_error(broken, np.ones(3))) and np.isnan(relative_error(np.ones(3), broken))
    for shape in ((), (1,), (1, 3), (3, 1)):
        with pytest.raises(ValueError, match="differ"):
            relative_error(np.ones(3), np.ones(shape))
