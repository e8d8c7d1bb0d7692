"""Random inputs for the checks: fresh ones for every run, of sizes and kinds that bring mistakes to light.

Here is what several chapters share; what one chapter needs alone stands in the module of its name.

Scales are such that no unit is saturated, where a wrong sum would look like the right one:
weights of about 0.8 / sqrt(fan-in), biases of 0.3 to 0.7 either way, states that are not zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray
Case = tuple[Array, ...]  # x, a state, Wx, Wh, b


@dataclass(frozen=True)
class Sizes:
    """Examples, time steps, input features, hidden units, symbols."""

    B: int
    T: int
    D: int
    H: int
    V: int


SMALL = Sizes(B=1, T=2, D=2, H=2, V=3)  # first: the first failure that a learner sees is small enough to do by hand
ONE_STEP = Sizes(B=3, T=1, D=1, H=2, V=2)
ONE_EXAMPLE = Sizes(B=1, T=4, D=3, H=1, V=5)
EQUAL = Sizes(B=4, T=4, D=4, H=4, V=4)  # a transposed matrix or a swapped axis gives numbers here, and wrong ones
DIFFERENT = Sizes(B=3, T=5, D=7, H=9, V=11)  # and here it gives a wrong shape, or none
ALL = (SMALL, ONE_STEP, ONE_EXAMPLE, EQUAL, DIFFERENT)


def weights(rng: np.random.Generator, sizes: Sizes) -> tuple[Array, Array, Array]:
    """Wx (D, H), Wh (H, H), b (H,)."""
    Wx = rng.normal(scale=0.8 / sizes.D**0.5, size=(sizes.D, sizes.H))
    Wh = rng.normal(scale=0.8 / sizes.H**0.5, size=(sizes.H, sizes.H))
    return Wx, Wh, away_from_zero(rng, 0.3, 0.7, (sizes.H,))


def step(rng: np.random.Generator, sizes: Sizes) -> Case:
    """x (B, D), h_prev (B, H), Wx, Wh, b."""
    x = rng.normal(size=(sizes.B, sizes.D))
    return x, state(rng, sizes), *weights(rng, sizes)


def sequence(rng: np.random.Generator, sizes: Sizes) -> Case:
    """x (B, T, D), h0 (B, H), Wx, Wh, b."""
    x = rng.normal(size=(sizes.B, sizes.T, sizes.D))
    return x, state(rng, sizes), *weights(rng, sizes)


def state(rng: np.random.Generator, sizes: Sizes) -> Array:
    """A state (B, H) such as tanh gives, with no entry near zero."""
    return away_from_zero(rng, 0.2, 0.9, (sizes.B, sizes.H))


def cell(
    rng: np.random.Generator, sizes: Sizes, change: Callable[[Case], Case] = tuple
) -> tuple[dict[str, Array], Array, Array]:
    """The state dict of torch.nn.RNNCell, x (B, D), h (B, H); ``change`` is `huge` or `tiny`."""
    x, h, Wx, Wh, b = change(step(rng, sizes))
    bias_ih = away_from_zero(rng, 0.1, 0.3, (sizes.H,))
    return {"weight_ih": Wx.T.copy(), "weight_hh": Wh.T.copy(), "bias_ih": bias_ih, "bias_hh": b}, x, h


def huge(case: Case) -> Case:
    """The same case with inputs of 1e3, all of one sign for each example: every sum is far out, none cancels.

    A sum that cancels would be small beside its terms, and float32 would lose digits that nobody can ask for.
    """
    x, h, Wx, Wh, b = case
    signs = np.sign(x.reshape(len(x), -1)[:, 0]).reshape(-1, *[1] * (x.ndim - 1))
    return np.broadcast_to(1e3 * signs, x.shape).copy(), h, np.abs(Wx) + 0.1, Wh, b


def tiny(case: Case) -> Case:
    """The same case with inputs too small for a normal floating-point number."""
    x, *rest = case
    return x * 1e-310, *rest


def layouts(case: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The same case with its arrays in column order, as every second entry of a larger array, and in float32.

    Arrays of whole numbers keep their type; what is no array stays as it is.
    """
    ways: list[Callable[[Array], Array]] = [np.asfortranarray, _every_second, _single]
    return [tuple(way(entry) if isinstance(entry, Array) else entry for entry in case) for way in ways]


def away_from_zero(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Array:
    """Numbers of either sign, of a size between ``low`` and ``high``."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(low, high, size=shape)


def _every_second(array: Array) -> Array:
    if not array.ndim:
        return array
    spread = np.repeat(array, 2, axis=-1)
    spread[..., 1::2] = 3  # what lies between belongs to nobody
    return spread[..., ::2]


def _single(array: Array) -> Array:
    return array.astype(np.float32) if array.dtype.kind == "f" else array
