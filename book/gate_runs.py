"""Runs of the exercises' LSTM for the chapter about gates: with gates set by hand, of any curve, and backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from book.style import BLUE, GRAY, GREEN, ORANGE, figure
from solutions.ch00_start import numerical_gradient
from solutions.ch04_lstm import cell_memory, forget_bias, lstm_backward, lstm_gates, lstm_step

Array = np.ndarray
AT = list(range(0, 49, 6))  # the steps that are looked at on the way back


def by_hand(sums: Any, h: Array, c: Array) -> tuple[Array, Array]:
    """One step of H units whose sums i, f, g, o are given, each a number or (H,): h, c (1, H) -> the new h, c."""
    H = h.shape[1]
    a = np.concatenate([np.broadcast_to(s, H) for s in sums])[None]  # (1, 4H)
    return lstm_step(a, h, c, np.eye(4 * H), np.zeros((H, 4 * H)), np.zeros(4 * H))


def follow(x: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Array]:
    """The solutions' LSTM over x (B, T, D): gates i, f, g, o (4, B, T, H), outputs and cells (B, T, H)."""
    h = c = np.zeros((len(x), len(Wh)))
    gates, hs, cs = [], [], []
    for t in range(x.shape[1]):
        gates.append(lstm_gates(x[:, t], h, Wx, Wh, b))
        h, c = lstm_step(x[:, t], h, c, Wx, Wh, b)
        hs.append(h)
        cs.append(c)
    return np.stack(gates, axis=2), np.stack(hs, axis=1), np.stack(cs, axis=1)


def switched(x: Array, y: Array, Wx: Array, gate: Callable[[Array], Array]) -> float:
    """Squared error of a unit whose gates have that curve: x (B, T, 2), y (B, T), Wx (2, 4); Wh and b_f are 1."""
    h = c = np.zeros((len(x), 1))
    error = 0.0
    for t in range(x.shape[1]):
        a_i, a_f, a_g, a_o = np.split(x[:, t] @ Wx + h, 4, axis=1)
        c = gate(a_f + 1) * c + gate(a_i) * np.tanh(a_g)
        h = gate(a_o) * np.tanh(c)
        error += float(((h[:, 0] - y[:, t]) ** 2).mean())
    return error / x.shape[1]


def slopes_and_jumps(x: Array, y: Array, gate: Callable[[Array], Array]) -> tuple[Array, float]:
    """With 50 random Wx: the largest slope of the error by a gate's weight, and how often a large step changes it.

    The slopes (50,) are absolute and by central differences; the candidate's weights stay out.
    """
    rng = np.random.default_rng(0)
    slopes, jumps = [], []
    for Wx in rng.normal(size=(50, 2, 4)):
        slope = numerical_gradient(lambda W: switched(x, y, W, gate), Wx)[:, [0, 1, 3]]  # i, f, o
        slopes.append(np.abs(slope).max())
        away = Wx + rng.normal(size=(2, 4)) * [1, 1, 0, 1]
        jumps.append(switched(x, y, Wx, gate) != switched(x, y, away, gate))
    return np.array(slopes), float(np.mean(jumps))


def left(beta: float) -> tuple[list[float], list[float]]:
    """Gradient at the cells of the steps AT, relative to the last cell: by the direct path, and all of it.

    In an untrained LSTM whose forget bias is beta, over 50 steps, from a random gradient at the last output.
    """
    B, T, D, H = 8, 50, 4, 16
    rng = np.random.default_rng(0)
    x, up = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
    Wx, Wh, b = (rng.uniform(-(H**-0.5), H**-0.5, size=shape) for shape in ((D, 4 * H), (H, 4 * H), 4 * H))
    b = forget_bias(b, beta)
    (_, f, _, o), hs, cs = follow(x, Wx, Wh, b)
    slope = o * (1 - np.tanh(cs) ** 2)  # from h to c
    last = up * slope[:, -1]
    size = np.linalg.norm(last)
    direct = [float(np.linalg.norm(last * part) / size) for part in cell_memory(f).swapaxes(0, 1)[AT]]
    whole = []
    for t in AT:  # what the steps after t send back to their first states
        dhs = np.zeros_like(hs[:, t + 1 :])
        dhs[:, -1] = up
        states = hs[:, t], cs[:, t], hs[:, t + 1 :], cs[:, t + 1 :]
        _, dh, dc, *_ = lstm_backward(dhs, x[:, t + 1 :], *states, Wx, Wh, b)
        whole.append(float(np.linalg.norm(dc + dh * slope[:, t]) / size))
    return direct, whole


def draw_left(found: dict[float, tuple[list[float], list[float]]]) -> None:
    """What is left at the steps AT, by forget bias: dotted by the direct path, solid all of it."""
    picture, axes = figure(height=3.4)
    for (beta, (direct, whole)), color, marker in zip(found.items(), (ORANGE, GREEN, BLUE), "os^", strict=True):
        axes.semilogy(AT, whole, "-", marker=marker, color=color, ms=5)
        axes.semilogy(AT, direct, ":", marker=marker, color=color, ms=3)
        axes.annotate(
            f"bias {beta:.0f}",
            (AT[0], whole[0]),
            (-8, 0),
            textcoords="offset points",
            color=color,
            ha="right",
            va="center",
        )
    axes.plot([], [], "-", color=GRAY, label="whole gradient")
    axes.plot([], [], ":", color=GRAY, label="direct path")
    axes.axhline(1, color=GRAY, lw=1)
    picture.legend(loc="outside upper center", ncols=2)
    axes.set(xlabel="step", ylabel="part that is left", xlim=(-10, 51), xticks=range(0, 51, 10), ylim=(1e-17, 1e3))


def two_inputs() -> Array:
    """Twice the same twenty values (2, 20, 2): the first with marks at steps 5 and 14, the second at step 14 alone."""
    value = np.where(np.arange(20) % 2, 1.0, -1.0)
    value[[5, 14]] = 1, -1
    marks = np.zeros((2, 20))
    marks[0, [5, 14]], marks[1, 14] = 1, 1
    return np.stack([np.stack([value, mark], axis=1) for mark in marks])


def draw_forget_gates(latest: Array, first: Array) -> None:
    """The forget gates (2, 20) of two nets: of the first with both inputs, of the second with the first input."""
    picture, axes = figure(height=3.2)
    axes.plot(latest[0], "-o", color=BLUE, ms=5, label="latest, marks at 5 and 14")
    axes.plot(latest[1], "--s", color=ORANGE, ms=4, label="latest, mark at 14")
    axes.plot(first[0], ":^", color=GREEN, ms=5, label="first, marks at 5 and 14")
    axes.set(ylim=(-0.05, 1.05), xlabel="step", ylabel="forget gate, seed 0", xticks=range(0, 20, 5))
    picture.legend(loc="outside upper center", ncols=1)
    plt.show()  # before what else the cell shows
