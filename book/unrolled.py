"""A loop laid out in time, two ways to its gradient, and ways back with a mistake in them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from solutions.ch02_recurrence import rnn_forward
from solutions.ch03_bptt import rnn_backward

Array = np.ndarray
Steps = Iterable[tuple[Array, Array]]


def fresh(*weights: Array) -> list[Tensor]:
    """A copy of the weights, for PyTorch to differentiate by."""
    return [torch.tensor(w, requires_grad=True) for w in weights]


def run(x: Array, h0: Array, layers: list[list[Tensor]]) -> Tensor:
    """x (B, T, D), h0 (B, H); layers[t] holds Wx, Wh, b of step t -> the states (B, T, H)."""
    h, states = torch.tensor(h0), []
    for t, (Wx, Wh, b) in enumerate(layers):
        h = torch.tanh(torch.tensor(x[:, t]) @ Wx + h @ Wh + b)
        states.append(h)
    return torch.stack(states, dim=1)


def in_order(made_from: dict[Any, set[Any]]) -> bool:
    """Can all be made one after another, each after those that it is made from? Not if there is a cycle."""
    try:
        return bool(list(TopologicalSorter(made_from).static_order()))
    except CycleError:
        return False


def operations(last: Any) -> dict[Any, set[Any]]:
    """PyTorch's operations behind `last`, a grad_fn, and itself: each with those that it was made from."""
    made_from: dict[Any, set[Any]] = {}
    to_do = [last]
    while to_do:
        node = to_do.pop()
        if node not in made_from:
            made_from[node] = {before for before, _ in node.next_functions if before}
            to_do.extend(made_from[node])
    return made_from


def moved(before: Array, after: Array) -> str:
    """One mark a step: x where the two differ, time on the first axis."""
    return "".join("x" if (p != q).any() else "." for p, q in zip(before, after, strict=True))


def real_time(stream: Steps, h: Array, *weights: Array) -> tuple[Array, int]:
    """The stream yields x_t (B, D), dhs_t (B, H) -> dW, numbers kept."""
    (_, Wh, _), W = weights, np.vstack(weights)  # W: (D+H+1, H)
    S = np.zeros((len(h), *W.shape, len(Wh)))  # S[:, i, j]: dh / dW[i, j]
    dW = np.zeros(W.shape)
    for x_t, dhs_t in stream:
        u = np.hstack([x_t, h, np.ones((len(h), 1))])
        h = np.tanh(u @ W)
        S = S @ Wh + np.einsum("bi,jk->bijk", u, np.eye(len(Wh)))
        S = S * (1 - h**2)[:, None, None]
        dW = dW + np.einsum("bijk,bk->ij", S, dhs_t)
    return dW, S.size + h.size


def uses_every_step(dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> bool:
    """Nudge the input, and then the state, of one step after another: does the way back find something else each time?

    The steps of a way that it did not look at could be thrown away.
    """

    def found(x: Array, hs: Array) -> Array:
        return np.vstack(rnn_backward(dhs, x, h0, hs, Wx, Wh)[2:])

    nudges = 1e-3 * np.eye(x.shape[1])[:, :, None]
    moves = [found(x + nudge, hs) != found(x, hs) for nudge in nudges]
    moves += [found(x, hs + nudge) != found(x, hs) for nudge in nudges]
    return all(move.any() for move in moves)


def both_ways(rng: np.random.Generator, steps: int, h0: Array, *weights: Array) -> tuple[float, int, int]:
    """A random run -> how far the gradient of real_time is from rnn_backward's, relatively; what each of them kept."""
    x, dhs = rng.normal(size=(len(h0), steps, len(weights[0]))), rng.normal(size=(len(h0), steps, h0.shape[1]))
    hs = rnn_forward(x, h0, *weights)
    backward = np.vstack(rnn_backward(dhs, x, h0, hs, *weights[:2])[2:])
    forward, kept = real_time(zip(np.swapaxes(x, 0, 1), np.swapaxes(dhs, 0, 1), strict=True), h0, *weights)
    return float(np.abs(forward - backward).max() / np.abs(backward).max()), hs.size + x.size, kept


def edited(replace: str, by: str) -> Callable[..., tuple[Array, ...]]:
    """The solution `rnn_backward` with one piece of its text replaced: a mistake made on purpose."""
    text = inspect.getsource(rnn_backward)
    assert replace in text, f"the solution has no {replace!r}"
    names = dict(vars(inspect.getmodule(rnn_backward)))
    exec(text.replace(replace, by), names)
    return names["rnn_backward"]


# A mistake, and the edit of the solution's text that makes it.
MISTAKES = {
    "nothing is carried back": ("(dhs[:, t] + dh)", "dhs[:, t]"),
    "Wh is not transposed": ("dz @ Wh.T", "dz @ Wh"),
    "h0 is taken for zeros": ("else h0", "else 0 * h0"),
    "h in place of h_prev": ("h_prev.T @ dz", "hs[:, t].T @ dz"),
    "slope of tanh forgotten": (" * (1 - hs[:, t] ** 2)", ""),
    "last part, not the sum": ("dWx +=", "dWx ="),
    "mean over the examples": ("db += dz.sum", "db += dz.mean"),
    "last upstream alone": ("(dhs[:, t] + dh)", "(dhs[:, t] * (t == len(dhs[0]) - 1) + dh)"),
    "writes into dhs": ("dz = (dhs[:, t] + dh)", "dhs[:, t] += dh; dz = dhs[:, t]"),
}


def passes(
    backward: Callable[..., tuple[Array, ...]], B: int = 3, T: int = 4, h0_size: float = 1, early: float = 1
) -> bool:
    """Do its five results agree with rnn_backward's, and does it leave dhs as it was? For inputs of that kind."""
    D, H, rng = 2, 3, np.random.default_rng(1)
    x, h0 = rng.normal(size=(B, T, D)), h0_size * rng.normal(size=(B, H))
    Wx, Wh, b = (rng.normal(size=size) for size in ((D, H), (H, H), (H,)))
    dhs = rng.normal(size=(B, T, H))
    dhs[:, :-1] *= early  # what arrives before the last step
    given, handed_over = (x, h0, rnn_forward(x, h0, Wx, Wh, b), Wx, Wh), dhs.copy()
    found, right = backward(handed_over, *given), rnn_backward(dhs, *given)
    return np.array_equal(handed_over, dhs) and all(map(np.allclose, found, right))
