"""Random inputs of ch03_bptt: forward runs with an upstream gradient, lists of gradients, small models to train.

The states are those of a forward run, so that gradients are the slopes of something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks import inputs
from autograder.checks.inputs import DIFFERENT, EQUAL, ONE_EXAMPLE, ONE_STEP, Array, Case, Sizes

SQUARE = Sizes(B=1, T=2, D=2, H=2, V=2)  # small enough to do by hand; a transposed matrix gives numbers
SIZES = (SQUARE, ONE_STEP, ONE_EXAMPLE, EQUAL, DIFFERENT)
LARGE = 30.0  # an upstream gradient that real training meets, and that must not be cut off

# The functions that `is_correct_backward` is tried on, in the words that a message needs. The driver makes them.
RIGHT = {
    "loop": "a right backward (one loop over time)",
    "sums": "a right backward (sums over all steps at once)",
    "rounded": "a right backward whose numbers are off by 1e-9, returned in a list",
    "time_first": "a right backward (time before batch inside)",
}
BROKEN = {
    "zeros": "a backward that returns zeros of the right shapes",
    "nothing_carried": "a backward that carries nothing from one step to the step before",
    "carried_weakly": "a backward that carries only a part of the gradient from one step to the step before",
    "last_upstream_only": "a backward that uses the upstream gradient of the last step alone",
    "weights_overwritten": "a backward whose weight gradients are those of the first step alone",
    "walks_forward": "a backward that walks from the first step to the last",
    "h0_taken_for_zeros": "a backward that takes h0 for zeros",
    "dh0_zeros": "a backward whose dh0 is zeros",
    "dh0_before_Wh": "a backward whose dh0 has not gone through Wh",
    "dx_wrong": "a backward whose dx alone is wrong",
    "dh0_wrong": "a backward whose dh0 alone is wrong",
    "dWx_wrong": "a backward whose dWx alone is wrong",
    "dWh_wrong": "a backward whose dWh alone is wrong",
    "db_wrong": "a backward whose db alone is wrong",
    "mean_over_examples": "a backward whose weight gradients are means over the examples",
    "first_example_only": "a backward whose weight gradients are those of the first example alone",
    "Wh_not_transposed": "a backward that does not transpose Wh",
    "dWh_transposed": "a backward whose dWh is transposed",
    "tanh_forgotten": "a backward that leaves out the slope of tanh",
    "slightly_off": "a backward that is a few percent off",
    "sign_wrong": "a backward whose signs are all wrong",
    "axis_kept": "a backward whose db has the shape (1, H)",
    "writes_into_dhs": "a backward that writes into dhs",
    "writes_into_hs": "a backward that writes into hs",
    "writes_into_x": "a backward that writes into x",
    "writes_into_h0": "a backward that writes into h0",
    "writes_into_Wx": "a backward that writes into Wx",
    "writes_into_Wh": "a backward that writes into Wh",
}
BACKWARDS = RIGHT | BROKEN


def readout(rng: np.random.Generator, sizes: Sizes, upstream: float = 1.0) -> Case:
    """dlogits (B, T, V), hs (B, T, H), Wy (H, V)."""
    dlogits = upstream * rng.normal(size=(sizes.B, sizes.T, sizes.V))
    hs = inputs.away_from_zero(rng, 0.2, 0.9, (sizes.B, sizes.T, sizes.H))
    return dlogits, hs, rng.normal(scale=0.8 / sizes.H**0.5, size=(sizes.H, sizes.V))


def one_step(
    rng: np.random.Generator, sizes: Sizes, upstream: float = 1.0, change: Callable[[Case], Case] = tuple
) -> Case:
    """dh (B, H), x (B, D), h_prev (B, H), h (B, H), Wx, Wh; ``change`` is `huge` or `tiny`."""
    x, h_prev, Wx, Wh, b = change(inputs.step(rng, sizes))
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    return upstream * rng.normal(size=h.shape), x, h_prev, h, Wx, Wh


def run(rng: np.random.Generator, sizes: Sizes, upstream: float = 1.0, change: Callable[[Case], Case] = tuple) -> Case:
    """dhs (B, T, H), x (B, T, D), h0 (B, H), hs (B, T, H), Wx, Wh; ``change`` is `huge` or `tiny`."""
    x, h0, Wx, Wh, b = change(inputs.sequence(rng, sizes))
    h, hs = h0, np.empty((sizes.B, sizes.T, sizes.H))
    for t in range(sizes.T):
        hs[:, t] = h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    return upstream * rng.normal(size=hs.shape), x, h0, hs, Wx, Wh


def only_at(step: int, dhs: Array) -> Array:
    """The same upstream gradient at one step, zeros at the others."""
    alone = np.zeros_like(dhs)
    alone[:, step] = dhs[:, step]
    return alone


def states(rng: np.random.Generator, T: int, H: int, strength: float = 0.9) -> tuple[Array, Array]:
    """hs (T, H), and Wh (H, H) with entries of about ``strength`` / sqrt(H)."""
    hs = inputs.away_from_zero(rng, 0.1, 0.8, (T, H))
    return hs, inputs.away_from_zero(rng, 0.5, 1.5, (H, H)) * strength / H**0.5


def growing(rng: np.random.Generator, T: int, H: int) -> tuple[Array, Array]:
    """Such states and weights with which the norms grow: the first is the largest, and well above 1."""
    while True:
        hs, Wh = states(rng, T, H, strength=1.6)
        product, norms = np.eye(H), [1.0]
        for h in hs[:0:-1]:
            product = Wh * (1 - h**2) @ product
            norms.append(float(np.linalg.norm(product, 2)))
        if norms[-1] > 1.1 * max(norms[:-1]):
            return hs, Wh


def gradients(rng: np.random.Generator, norm: float, *shapes: tuple[int, ...]) -> list[Array]:
    """Arrays of these shapes whose entries, taken together, have this norm; no array is small beside the others."""
    arrays = [inputs.away_from_zero(rng, 0.5, 1.5, shape) for shape in shapes]
    length = sum((array**2).sum() for array in arrays) ** 0.5
    return [array * (norm / length) for array in arrays]


def tests(rng: np.random.Generator, *kinds: str) -> tuple[list[str], Array]:
    """Backward functions for `is_correct_backward`: their kinds, and the numbers that make each one different."""
    return list(kinds), rng.uniform(size=(len(kinds), 3))


def training(
    rng: np.random.Generator, model: str, sizes: Sizes, steps: int = 1, read_out: float = 1.0, started: bool = True
) -> tuple[str, dict[str, Array], Array, Array, Any]:
    """A model to be made by the driver: its kind and weights, x and y (steps, B, T), and a state that fits it.

    Gradients grow with ``read_out``: their norm is below 1 at 0.3 and, where sizes are DIFFERENT, above 5 at 20. In y
    all symbols are about equally frequent, for what has to be learned of their frequency makes gradients long, too.
    """
    Wx, Wh, b = inputs.weights(rng, sizes)
    weights = {"E": rng.normal(size=(sizes.V, sizes.D)), "Wx": Wx, "b": b}
    weights["Wy"] = read_out * rng.normal(scale=sizes.H**-0.5, size=(sizes.H, sizes.V))
    weights["by"] = inputs.away_from_zero(rng, 0.1, 0.5, (sizes.V,))
    if model != "memoryless":
        weights["Wh"] = Wh
    h, c = inputs.state(rng, sizes), inputs.state(rng, sizes)
    state = {"memoryless": None, "one state": h, "two states": (h, c)}[model] if started else None
    x = rng.integers(sizes.V, size=(steps, sizes.B, sizes.T))
    y = np.stack([rng.permutation(sizes.B * sizes.T) % sizes.V for _ in range(steps)]).reshape(x.shape)
    return model, weights, x, y, state
