"""What the first half of chapter 1 needs: pulses in a network that ticks, and two layers, checked and trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from book.style import BLUE, ORANGE
from solutions.ch00_start import numerical_gradient
from solutions.ch01_feedforward import dense_forward, mlp_backward, one_hot, softmax_cross_entropy

Array = np.ndarray


# Where a pulse can be.


def node_after(tick: Callable[[Array], Array], j: int, now: Array) -> float:
    """What node j holds one tick later."""
    return float(tick(now)[j])


def wires(tick: Callable[[Array], Array], now: Array) -> Array:
    """Entry (i, j): does node j move one tick after node i was nudged?"""
    nodes = range(len(now))
    slopes = [numerical_gradient(partial(node_after, tick, j), now) for j in nodes]
    return np.transpose(slopes) != 0


def pulses(A: Array, ticks: int) -> Array:
    """Entry (n, i, j): n ticks after node i, can a pulse be at j?"""
    at = [np.eye(len(A), dtype=bool)]
    for _ in range(ticks):
        at.append(at[-1] @ A)
    return np.array(at)


# Its picture, and two layers.


def draw_pulses(layered: Array, recurrent: Array, names: Sequence[str], ticks: int = 4) -> None:
    """Show where a pulse is in two networks, tick by tick: entry (n, j), after n ticks at node j."""
    _, both = plt.subplots(1, 2, figsize=(4.8, 3.2), sharey=True)
    looks = ("layered", layered, BLUE, "o"), ("recurrent", recurrent, ORANGE, "s")
    for axes, (title, way, colour, marker) in zip(both, looks, strict=True):
        tick, node = np.nonzero(way[: ticks + 1])
        axes.scatter(tick, node, 50, colour, marker=marker)
        axes.set(title=title, xlabel="tick", xticks=range(ticks + 1), xlim=(-0.5, ticks + 0.5))
    both[0].set_yticks(range(len(names)), names)
    both[0].invert_yaxis()
    plt.show()  # before the verdict


def mlp(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Array, Array]:
    """Two layers forwards: x (B, D) -> h (B, H), logits (B, V)."""
    h = dense_forward(x, W1, b1)
    return h, h @ W2 + b2


def gradient_errors(B: int, D: int, H: int, V: int) -> dict[str, tuple[int, float]]:
    """For the gradient of each array of weights: how many entries it has, and how far it is from the slopes found by
    trying, in parts of the largest. The inputs are random, and every second row is padding."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((D, H), H, (H, V), V)]
    x, targets, mask = rng.normal(size=(B, D)), rng.integers(V, size=B), 1 - np.arange(B) % 2
    h, logits = mlp(x, *weights)
    _, dlogits = softmax_cross_entropy(logits, targets, mask)
    gradients = mlp_backward(dlogits, x, h, weights[0], weights[2])

    def loss(n: int, w: Array) -> float:
        """The loss when the array of weights number n is w."""
        changed = [*weights[:n], w, *weights[n + 1 :]]
        return softmax_cross_entropy(mlp(x, *changed)[1], targets, mask)[0]

    found = {}
    for n, name in enumerate(("dW1", "db1", "dW2", "db2")):
        tried = numerical_gradient(partial(loss, n), weights[n])
        found[name] = tried.size, float(np.abs(tried - gradients[n]).max() / np.abs(tried).max())
    return found


def train(now: Array, following: Array, V: int, seed: int) -> float:
    """Gradient descent on all pairs at once: symbols (N,), those that follow (N,) -> the accuracy at the end."""
    rng, H = np.random.default_rng(seed), 16
    W1 = rng.normal(size=(V, H)) / np.sqrt(V)
    W2 = rng.normal(size=(H, V)) / np.sqrt(H)
    weights = [W1, np.zeros(H), W2, np.zeros(V)]
    x, every_row = one_hot(now[:, None], V)[:, 0], np.ones(len(now))
    for _ in range(600):
        h, logits = mlp(x, *weights)
        _, dlogits = softmax_cross_entropy(logits, following, every_row)
        for w, dw in zip(weights, mlp_backward(dlogits, x, h, W1, W2), strict=True):
            w -= 2.0 * dw
    return float((logits.argmax(axis=1) == following).mean())
