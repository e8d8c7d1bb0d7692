"""Inputs of ch00_start: places on a hillside, and pairs of gradients that differ by little or by much."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.checks.inputs import away_from_zero

Array = np.ndarray
WITH_AXES: tuple[tuple[int, ...], ...] = ((2,), (3,), (2, 3), (2, 3, 4))
SHAPES = (*WITH_AXES, ())  # no axis comes last: who forgets it hears of it alone
LINE, CUBE, SUM_OF_TANH, SINE, CUBE_OF_SUM = (
    "(a * x).sum()", "(a * x**3).sum()", "np.tanh(a * x).sum()", "np.sin((a * x).sum())", "(a * x).sum()**3"
)  # fmt: skip
CURVES = (CUBE, SUM_OF_TANH, SINE, CUBE_OF_SUM)


def place(rng: np.random.Generator, formula: str, shape: tuple[int, ...]) -> tuple[str, Array, Array]:
    """A formula, its coefficients a, and x; sums over a * x stay near 1, whatever the shape."""
    a = away_from_zero(rng, 0.5, 1.0, shape) / math.prod(shape) ** 0.5
    return formula, np.asarray(a), np.asarray(away_from_zero(rng, 0.5, 1.5, shape))


def near_zero(case: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same place with every other entry of x at 1e-10, where a step leaves no digit of it."""
    formula, a, x = case
    small = np.where(np.arange(x.size).reshape(x.shape) % 2 == 0, 1e-10 * np.sign(x), x)
    return formula, a, small


def pair(rng: np.random.Generator, shape: tuple[int, ...], apart: float = 1.0) -> tuple[Array, Array]:
    """Two arrays of one shape: entries of very different sizes, and one pair at least twice as far apart as any other.

    Their sizes are below 0.5, a is below b, and their relative error is 0.2 to 0.4 times ``apart``; for 1.0, it lies
    well between two numbers of four decimals.
    """
    size = math.prod(shape)
    a = away_from_zero(rng, 1.0, 2.0, (size,)) * 10.0 ** rng.integers(-2, 3, size=size)
    error = away_from_zero(rng, 0.05, 0.1, (size,))
    at = rng.integers(size)
    a[at] = np.copysign(rng.uniform(0.02, 0.2), a[at])
    error[at] = -np.sign(a[at]) * (rng.integers(2000, 4000) + rng.uniform(0.3, 0.7)) * 1e-4
    b = a * (1 - apart * error) / (1 + apart * error)
    return a.reshape(shape), b.reshape(shape)
