"""Backward functions of every kind, right and broken, on which a learner's `is_correct_backward` is tried.

The driver gets this file as text with each call: where learners' code runs nothing right may lie about, and the
exercise is judged after all others of its chapter (`autograder.checks.LAST`). So it stands alone, but for NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
Gradients = dict[str, Array]  # dx, dh0, dWx, dWh, db
Backward = Callable[[Array, Array, Array, Array, Array, Array], Any]  # of dhs, x, h0, hs, Wx, Wh


def make(kind: str, numbers: Array) -> Backward:
    """A backward function of this kind; all of them have the same name and the same signature."""
    gradients = KINDS[kind]

    def backward(dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
        return gradients(numbers, dhs, x, h0, hs, Wx, Wh)

    return backward


def _loop(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
    dx, dWx, dWh, db, dh = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(len(Wh)), 0 * h0
    for t in reversed(range(x.shape[1])):
        dz = (dhs[:, t] + dh) * (1 - hs[:, t] ** 2)
        dx[:, t], dh = dz @ Wx.T, dz @ Wh.T
        dWx += x[:, t].T @ dz
        dWh += (hs[:, t - 1] if t else h0).T @ dz
        db += dz.sum(axis=0)
    return dx, dh, dWx, dWh, db


def _time_first(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
    x, dhs, states = x.swapaxes(0, 1), dhs.swapaxes(0, 1), [h0, *hs.swapaxes(0, 1)]
    dzs: list[Array] = []
    dh = np.zeros(h0.shape)
    for upstream, h in zip(dhs[::-1], states[:0:-1], strict=True):
        dzs.insert(0, (upstream + dh) * (1 - h) * (1 + h))
        dh = np.dot(dzs[0], Wh.T)
    dz, before = np.array(dzs), np.array(states[:-1])
    dWx, dWh = np.tensordot(x, dz, axes=([0, 1], [0, 1])), np.tensordot(before, dz, axes=([0, 1], [0, 1]))
    return np.dot(dz, Wx.T).swapaxes(0, 1), dh, dWx, dWh, dz.sum(axis=0).sum(axis=0)


def _deltas(dhs: Array, hs: Array, Wh: Array, carry: float = 1.0, slope: bool = True) -> Array:
    """The gradient with respect to the sum inside tanh, at every step."""
    dz, dh = np.zeros(hs.shape), np.zeros(hs[:, 0].shape)
    for t in reversed(range(hs.shape[1])):
        dz[:, t] = (dhs[:, t] + carry * dh) * (1 - hs[:, t] ** 2 if slope else 1)
        dh = dz[:, t] @ Wh.T
    return dz


def _sums(dz: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Gradients:
    """All five gradients from the one inside tanh."""
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    dWx, dWh = np.einsum("btd,bth->dh", x, dz), np.einsum("bti,btj->ij", before, dz)
    return {"dx": dz @ Wx.T, "dh0": dz[:, 0] @ Wh.T, "dWx": dWx, "dWh": dWh, "db": dz.sum(axis=(0, 1))}


def _along_time(change: Callable[..., Array]) -> Callable[..., tuple[Array, ...]]:
    """A function whose gradient inside tanh is what ``change`` makes of the numbers, dhs, hs and Wh."""

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
        return tuple(_sums(change(numbers, dhs, hs, Wh), x, h0, hs, Wx, Wh).values())

    return make


def _in_the_end(change: Callable[..., Gradients]) -> Callable[..., tuple[Array, ...]]:
    """A function that computes all gradients and then spoils some: ``change`` returns these."""

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
        dz = _deltas(dhs, hs, Wh)
        right = _sums(dz, x, h0, hs, Wx, Wh)
        return tuple((right | change(numbers, right, dz, x, h0, hs)).values())

    return make


def _scaled(name: str) -> Callable[..., tuple[Array, ...]]:
    """One gradient alone is wrong, by four tenths to a half."""
    return _in_the_end(lambda n, right, *_: {name: right[name] * (0.5 + 0.1 * n[0])})


def _rounded(numbers: Array, *args: Array) -> list[Array]:
    noise = np.random.default_rng(int(1e9 * numbers[0]))
    return [gradient + noise.uniform(-1e-9, 1e-9, size=gradient.shape) for gradient in _loop(numbers, *args)]


def _slightly_off(numbers: Array, *args: Array) -> tuple[Array, ...]:
    return tuple(gradient * (1.02 + 0.03 * numbers[0]) for gradient in _loop(numbers, *args))


def _walks_forward(numbers: Array, dhs: Array, hs: Array, Wh: Array) -> Array:
    return _deltas(dhs[:, ::-1], hs[:, ::-1], Wh)[:, ::-1]


def _weights_overwritten(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    return {"dWx": x[:, 0].T @ dz[:, 0], "dWh": h0.T @ dz[:, 0], "db": dz[:, 0].sum(axis=0)}


def _h0_taken_for_zeros(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    return {"dWh": right["dWh"] - h0.T @ dz[:, 0]}


def _first_example_only(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    return {"dWx": x[0].T @ dz[0], "dWh": before[0].T @ dz[0], "db": dz[0].sum(axis=0)}


def _writes_into_dhs(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
    gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
    for t in reversed(range(1, x.shape[1])):
        dhs[:, t - 1] += (dhs[:, t] * (1 - hs[:, t] ** 2)) @ Wh.T
    return gradients


def _writes_into_hs(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
    gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
    hs[...] = 1 - hs**2
    return gradients


def _writes_into(name: str) -> Callable[..., Any]:
    """One gradient takes the place of what it is the gradient of."""
    place = ("x", "h0", "Wx", "Wh").index(name)

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
        gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
        (x, h0, Wx, Wh)[place][...] = gradients[place]
        return gradients

    return make


KINDS: dict[str, Callable[..., Any]] = {
    "loop": _loop,
    "sums": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh)),
    "rounded": _rounded,
    "time_first": _time_first,
    "zeros": lambda n, *args: tuple(0 * gradient for gradient in _loop(n, *args)),
    "nothing_carried": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, carry=0)),
    "carried_weakly": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, carry=0.2 + 0.5 * n[0])),
    "last_upstream_only": _along_time(lambda n, dhs, hs, Wh: _deltas(_last(dhs), hs, Wh)),
    "weights_overwritten": _in_the_end(_weights_overwritten),
    "walks_forward": _along_time(_walks_forward),
    "h0_taken_for_zeros": _in_the_end(_h0_taken_for_zeros),
    "dh0_zeros": _in_the_end(lambda n, right, *_: {"dh0": 0 * right["dh0"]}),
    "dh0_before_Wh": _in_the_end(lambda n, right, dz, *_: {"dh0": dz[:, 0].copy()}),
    **{f"{name}_wrong": _scaled(name) for name in ("dx", "dh0", "dWx", "dWh", "db")},
    "mean_over_examples": _in_the_end(
        lambda n, right, dz, *_: {name: right[name] / len(dz) for name in ("dWx", "dWh", "db")}
    ),
    "first_example_only": _in_the_end(_first_example_only),
    "Wh_not_transposed": lambda n, dhs, x, h0, hs, Wx, Wh: _loop(n, dhs, x, h0, hs, Wx, Wh.T),
    "dWh_transposed": _in_the_end(lambda n, right, *_: {"dWh": right["dWh"].T}),
    "tanh_forgotten": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, slope=False)),
    "slightly_off": _slightly_off,
    "sign_wrong": lambda n, *args: tuple(-gradient for gradient in _loop(n, *args)),
    "axis_kept": _in_the_end(lambda n, right, *_: {"db": right["db"][None]}),
    "writes_into_dhs": _writes_into_dhs,
    "writes_into_hs": _writes_into_hs,
    **{f"writes_into_{name}": _writes_into(name) for name in ("x", "h0", "Wx", "Wh")},
}


def _last(dhs: Array) -> Array:
    """The upstream gradient at the last step, zeros before it."""
    return np.concatenate([0 * dhs[:, :-1], dhs[:, -1:]], axis=1)
