"""What the experiments of chapter 0 need: a layer's slips, a check that should find them, and the pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from book.style import BLUE, GRAY, ORANGE, figure
from solutions.ch00_start import numerical_gradient, relative_error
from solutions.ch01_feedforward import dense_backward, dense_forward

Array = np.ndarray
Backward = Callable[[Array, Array, Array, Array], tuple[Array, Array, Array]]


def layer_inputs(B: int, D: int, H: int, size: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Random x (B, D) of that size, W (D, H), b (H,) and an upstream dh (B, H)."""
    rng = np.random.default_rng(0)
    x, W = size * rng.normal(size=(B, D)), rng.normal(size=(D, H)) / np.sqrt(D)
    return x, W, size * rng.normal(size=H), rng.normal(size=(B, H))


def mean_over_batch(dh: Array, x: Array, h: Array, W: Array) -> tuple[Array, Array, Array]:
    """A slip: the gradients of the weights averaged over the examples, where they should be summed."""
    dx, dW, db = dense_backward(dh, x, h, W)
    return dx, dW / len(x), db / len(x)


def first_example_only(dh: Array, x: Array, h: Array, W: Array) -> tuple[Array, Array, Array]:
    """A slip: the bias hears of the first example alone."""
    dx, dW, _ = dense_backward(dh, x, h, W)
    return dx, dW, (dh * (1 - h**2))[0]


SLIPS: dict[str, Backward] = {
    "(right)": dense_backward,  # dh, x, h, W -> dx, dW, db
    "slope lost": lambda dh, x, h, W: dense_backward(dh, x, 0 * h, W),
    "tanh twice": lambda dh, x, h, W: dense_backward(dh, x, np.tanh(h), W),
    "W, not W.T": lambda dh, x, h, W: dense_backward(dh, x, h, W.T),
    "mean over B": mean_over_batch,
    "first of B": first_example_only,
}


def passes(backward: Backward, x: Array, W: Array, b: Array, dh: Array) -> bool:
    """Do the three gradients of a layer agree with the slopes found by trying?"""
    tried = (
        numerical_gradient(lambda v: (dh * dense_forward(v, W, b)).sum(), x),
        numerical_gradient(lambda v: (dh * dense_forward(x, v, b)).sum(), W),
        numerical_gradient(lambda v: (dh * dense_forward(x, W, v)).sum(), b),
    )
    try:
        found = backward(dh, x, dense_forward(x, W, b), W)
        return max(map(relative_error, found, tried)) < 1e-6
    except ValueError:  # the shapes do not even fit
        return False


# The pictures.


def draw_two_sides(at: float, eps: float) -> None:
    """A curve, its tangent at one place, and the lines of the forward and of the central difference."""
    picture, axes = figure()
    grid = np.linspace(-0.1, 1.5)
    axes.plot(grid, np.sin(grid), color=GRAY)
    for name, ends, style, colour in (
        ("forward", (at, at + eps), "s--", ORANGE),
        ("central", (at - eps, at + eps), "o-", BLUE),
    ):
        axes.plot(ends, np.sin(ends), style, color=colour, label=name)
    axes.plot(grid, np.sin(at) + np.cos(at) * (grid - at), "k:", label="tangent")
    axes.set_xticks([at - eps, at, at + eps], ["x − eps", "x", "x + eps"])
    axes.set(ylabel="f(x)", ylim=(-0.1, 1.25))
    picture.legend(loc="outside upper center", ncols=3)
    axes.grid(False)


def draw_steps(steps: Array, found: dict[str, Array]) -> None:
    """The error of each kind of slope against the step, both logarithmic: (n,), and three arrays (n,) by name."""
    picture, axes = figure(height=3.6)
    looks = {"forward": (ORANGE, "s--"), "central": (BLUE, "o-"), "central, float32": (GRAY, "^:")}
    for name, errors in found.items():
        colour, style = looks[name]
        axes.loglog(steps, errors, style, color=colour, markersize=4, label=name)
    picture.legend(loc="outside upper center", ncols=3, columnspacing=1)
    axes.set(xlabel="step eps", ylabel="error of the slope", ylim=(1e-12, 10))
    axes.margins(x=0.02)


def draw_sizes(sizes: Array, right: Array, wrong: Array) -> None:
    """The errors of a right and of a wrong formula, both (sizes, seeds), against the size of the inputs."""
    _, axes = figure(height=3.4)
    axes.loglog(sizes, right, "o-", color=BLUE, markersize=4)
    axes.loglog(sizes, wrong, "s--", color=ORANGE, markersize=4)
    for level, says in ((1e-6, "below: right"), (1e-3, "above: wrong")):
        axes.axhline(level, color=GRAY, linestyle=":")
        axes.text(1e-3, level * 1.4, says, color="#555555")
    axes.text(0.05, 3e-2, "1 − tanh(h)²", ha="right", color=ORANGE)
    axes.text(1, 1.3e-9, "1 − h²", ha="right", color=BLUE)
    axes.set(xlabel="size of the inputs", ylabel="relative error of dW", ylim=(1e-9, 4))
    axes.margins(x=0.02)
