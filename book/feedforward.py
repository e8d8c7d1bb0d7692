"""What the experiments of chapters 0 and 1 have in common: suspects, wires, windows and plain gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from solutions.ch00_start import numerical_gradient, relative_error
from solutions.ch01_feedforward import WindowMLP, dense_backward, dense_forward, memoryless_accuracy

Array = np.ndarray
Backward = Callable[[Array, Array, Array, Array], tuple[Array, Array, Array]]


# Chapter 0: slips in the gradient of a layer, and a check of it.


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


def passes(backward: Backward, x: Array, W: Array, b: Array, dh: Array) -> bool:
    """Do the three gradients of a layer agree with the slopes found by trying?"""
    tried = (
        numerical_gradient(lambda v: (dh * dense_forward(v, W, b)).sum(), x),
        numerical_gradient(lambda v: (dh * dense_forward(x, v, b)).sum(), W),
        numerical_gradient(lambda v: (dh * dense_forward(x, W, v)).sum(), b),
    )
    try:
        found = backward(dh, x, dense_forward(x, W, b), W)
        return max(map(relative_error, found, tried)) < 1e-5
    except ValueError:  # the shapes do not even fit
        return False


# Chapter 1: where a pulse can be in a network that ticks.


def node_after(tick: Callable[[Array], Array], j: int, now: Array) -> float:
    """What node j holds one tick later."""
    return float(tick(now)[j])


def wires(tick: Callable[[Array], Array], now: Array) -> Array:
    """Entry (i, j): does node j move one tick after node i was nudged?"""
    nodes = range(len(now))
    slopes = [numerical_gradient(partial(node_after, tick, j), now) for j in nodes]
    return np.transpose(slopes) != 0


def pulse(A: Array, start: int, ticks: int) -> Array:
    """Entry (n, j): can a pulse from the start be at node j after n ticks?"""
    at = [np.arange(len(A)) == start]
    for _ in range(ticks):
        at.append(at[-1] @ A)
    return np.array(at)


# Chapter 1: networks with a window.


Batch = Callable[[], tuple[torch.Tensor, torch.Tensor]]  # -> windows (N, k), targets (N,)


def lessons(signs: torch.Tensor, targets: torch.Tensor, k: int, shuffle: bool) -> Batch:
    """All windows over a stream (T,) of steps, in order, or over the steps shuffled anew at every call."""

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        order = torch.randperm(len(signs)) if shuffle else torch.arange(len(signs))
        return signs[order].unfold(0, k, 1), targets[order][k - 1 :]

    return batch


def descend(net: WindowMLP, batch: Batch, steps: int, rate: float = 1.0) -> WindowMLP:
    """The net itself, trained by plain gradient descent on a batch that is asked for at every step."""
    weights = list(net.parameters())
    for _ in range(steps):
        windows, targets = batch()
        gradients = torch.autograd.grad(cross_entropy(net(windows), targets), weights)
        with torch.no_grad():
            for w, dw in zip(weights, gradients, strict=True):
                w.sub_(rate * dw)
    return net


def window_bound(windows: Array, targets: Array) -> float:
    """The best accuracy of any predictor that sees a window: windows (N, k), targets (N,) -> a number."""
    _, number = np.unique(windows, axis=0, return_inverse=True)  # each window is one big symbol
    pairs = zip(number, targets + len(windows), strict=True)
    return memoryless_accuracy([np.array(pair) for pair in pairs])


def chances(net: WindowMLP, k: int, signs: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """What the net gives each step (T, V) when the steps come in this order; NaN where the window is not full."""
    with torch.no_grad():
        found = net(signs[order].unfold(0, k, 1)).softmax(dim=1)
    result = torch.full((len(signs), found.shape[1]), torch.nan, dtype=found.dtype)
    result[order[k - 1 :]] = found
    return result


def accuracy(chances: torch.Tensor, targets: torch.Tensor) -> float:
    """The share of right answers among the steps with a full window: (T, V), (T,) -> a number."""
    full = ~chances[:, 0].isnan()
    return (chances[full].argmax(dim=1) == targets[full]).double().mean().item()
