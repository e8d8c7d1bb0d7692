"""Right answers to ch04_lstm as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

Array = np.ndarray


def _sigmoid(a: Array) -> Array:
    """Through tanh: nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * a))


def _stable(a: Array) -> Array:
    """The two halves of the line apart: the exponent is never positive."""
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + e), e / (1 + e))


def _overflowing(a: Array) -> Array:
    """As in a textbook: far to the left exp is infinite, with a warning, and 1 / inf is the right 0."""
    return 1 / (1 + np.exp(-a))


def _noted(function: Callable) -> Callable:
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("calling", function.__name__, *(np.shape(each) for each in args))
        warnings.warn("is the order i, f, g, o?", stacklevel=2)
        return function(*args, **kwargs)

    return wrapper


def lstm_gates__loops(x, h_prev, Wx, Wh, b):
    B, H = h_prev.shape
    i, f, g, o = (np.zeros((B, H)) for _ in range(4))
    for n in range(B):
        for j in range(4 * H):
            z = b[j]
            for d in range(x.shape[1]):
                z += x[n, d] * Wx[d, j]
            for k in range(H):
                z += h_prev[n, k] * Wh[k, j]
            which, unit = divmod(j, H)
            if which == 2:
                g[n, unit] = math.tanh(z)
            else:
                (i, f, None, o)[which][n, unit] = 0.5 + 0.5 * math.tanh(z / 2)
    return i, f, g, o


def lstm_gates__four_matrices(x, h_prev, Wx, Wh, b):
    parts = zip(np.hsplit(Wx, 4), np.hsplit(Wh, 4), np.split(b, 4), [_stable, _stable, np.tanh, _stable], strict=True)
    return [squash(x @ U + h_prev @ W + bias) for U, W, bias, squash in parts]


def lstm_gates__einsum(x, h_prev, Wx, Wh, b):
    H = h_prev.shape[-1]
    z = np.einsum("bd,dqh->qbh", x, Wx.reshape(-1, 4, H)) + np.einsum("bk,kqh->qbh", h_prev, Wh.reshape(-1, 4, H))
    i, f, g, o = z + b.reshape(4, 1, H)
    return _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)


@_noted
def lstm_gates__concatenated(x: Array, h_prev: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, ...]:
    z = np.concatenate([x, h_prev, np.ones((len(x), 1))], axis=1) @ np.vstack([Wx, Wh, b])
    i, f, g, o = np.split(z, 4, axis=-1)
    return _overflowing(i), _overflowing(f), np.tanh(g), _overflowing(o)


def lstm_gates__candidate_as_a_sigmoid(x, h_prev, Wx, Wh, b):
    """tanh(z) is 2 sigmoid(2 z) - 1, so that one sigmoid does for all four."""
    H = b.size // 4
    twice = np.ones(4 * H)
    twice[2 * H : 3 * H] = 2
    s = _stable(twice * (np.dot(x, Wx) + np.dot(h_prev, Wh) + b))
    return s[:, :H], s[:, H : 2 * H], 2 * s[:, 2 * H : 3 * H] - 1, s[:, 3 * H :]


def lstm_gates__float32(x, h_prev, Wx, Wh, b):
    x, h_prev, Wx, Wh, b = (array.astype(np.float32) for array in (x, h_prev, Wx, Wh, b))
    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    return tuple([1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), np.tanh(g), 1 / (1 + np.exp(-o))])


def lstm_step__loops(x, h_prev, c_prev, Wx, Wh, b):
    def gate(n: int, j: int) -> float:
        z = sum(x[n, d] * Wx[d, j] for d in range(x.shape[1])) + b[j]
        return z + sum(h_prev[n, k] * Wh[k, j] for k in range(H))

    B, H = h_prev.shape
    h, c = np.empty((B, H)), np.empty((B, H))
    for n in range(B):
        for unit in range(H):
            i, f, g, o = (gate(n, unit + quarter * H) for quarter in range(4))
            i, f, o = ((1 + math.tanh(each / 2)) / 2 for each in (i, f, o))
            c[n, unit] = f * c_prev[n, unit] + i * math.tanh(g)
            h[n, unit] = o * math.tanh(c[n, unit])
    return h, c


def lstm_step__helper(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates__einsum(x, h_prev, Wx, Wh, b)
    c = np.add(np.multiply(f, c_prev), np.multiply(i, g))
    return [o * np.tanh(c), c]


def lstm_step__in_place(x, h_prev, c_prev, Wx, Wh, b):
    H = c_prev.shape[1]
    z = x @ Wx
    z += h_prev @ Wh
    z += b
    np.tanh(z[:, 2 * H : 3 * H], out=z[:, 2 * H : 3 * H])
    for quarter in (0, 1, 3):
        part = z[:, quarter * H : (quarter + 1) * H]
        part[...] = _sigmoid(part)
    c = z[:, H : 2 * H] * c_prev
    c += z[:, :H] * z[:, 2 * H : 3 * H]
    return z[:, 3 * H :] * np.tanh(c), c


def lstm_step__one_product(x, h_prev, c_prev, Wx, Wh, b):
    """The old cell and the candidate stand beside each other, and so do their gates."""
    i, f, g, o = np.moveaxis((np.c_[x, h_prev] @ np.r_[Wx, Wh] + b).reshape(len(x), 4, -1), 1, 0)
    c = np.einsum("qbh,qbh->bh", _stable(np.stack([f, i])), np.stack([c_prev, np.tanh(g)]))
    return _stable(o) * np.tanh(c), c


@_noted
def lstm_step__noisy(x: Array, h_prev: Array, c_prev: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array]:
    i, f, g, o = lstm_gates__concatenated(x, h_prev, Wx, Wh, b)
    c: Array = f * c_prev + i * g
    print("mean cell", c.mean(), "mean forget gate", f.mean())
    return o * np.tanh(c), c


def lstm_step__float32(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates__float32(x, h_prev, Wx, Wh, b)
    c = f * c_prev.astype("f4") + i * g
    return o * np.tanh(c), c


def lstm_forward__preallocated(x, h0, c0, Wx, Wh, b):
    (B, T, _), H = x.shape, h0.shape[1]
    hs, cs = np.zeros((B, T, H)), np.zeros((B, T, H))
    for t in range(T):
        h, c = (hs[:, t - 1], cs[:, t - 1]) if t else (h0, c0)
        hs[:, t], cs[:, t] = lstm_step__helper(x[:, t], h, c, Wx, Wh, b)
    return hs, cs


def lstm_forward__loops(x, h0, c0, Wx, Wh, b):
    """Example by example, with plain vectors."""
    hs, cs = [], []
    for n in range(len(x)):
        h, c = h0[n], c0[n]
        hs.append([])
        cs.append([])
        for inputs in x[n]:
            i, f, g, o = np.split(Wx.T.dot(inputs) + Wh.T.dot(h) + b, 4)
            c = _stable(f) * c + _stable(i) * np.tanh(g)
            h = _stable(o) * np.tanh(c)
            hs[n].append(list(h))
            cs[n].append(list(c))
    return [np.array(hs), np.array(cs)]


def lstm_forward__inputs_first(x, h0, c0, Wx, Wh, b):
    """What the inputs add is known before the loop begins: one product for all steps, time first."""
    H, states = h0.shape[1], [(h0, c0)]
    for z in np.swapaxes(x @ Wx + b, 0, 1):
        h, c = states[-1]
        z = z + h @ Wh
        s, g = _sigmoid(z), np.tanh(z[:, 2 * H : 3 * H])
        c = s[:, H : 2 * H] * c + s[:, :H] * g
        states.append((s[:, 3 * H :] * np.tanh(c), c))
    hs, cs = zip(*states[1:], strict=True)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)


def lstm_forward__recursive(x, h0, c0, Wx, Wh, b):
    h, c = lstm_step__one_product(x[:, 0], h0, c0, Wx, Wh, b)
    if x.shape[1] == 1:
        return h[:, None], c[:, None]
    hs, cs = lstm_forward__recursive(x[:, 1:], h, c, Wx, Wh, b)
    return np.concatenate([h[:, None], hs], axis=1), np.concatenate([c[:, None], cs], axis=1)


class _Network:
    """The weights in an object, the states from a generator; it is made anew at each call."""

    def __init__(self, *weights: Array) -> None:
        self.weights = weights

    def run(self, x: Array, h: Array, c: Array) -> Iterator[tuple[Array, Array]]:
        for t in range(x.shape[1]):
            h, c = lstm_step__noisy(x[:, t], h, c, *self.weights)
            yield h, c


def lstm_forward__generator(x, h0, c0, Wx, Wh, b):
    pairs = np.array(list(_Network(Wx, Wh, b).run(x, h0, c0)))
    return pairs[:, 0].transpose(1, 0, 2), pairs[:, 1].transpose(1, 0, 2)


def lstm_forward__float32(x, h0, c0, Wx, Wh, b):
    hs = np.empty((*x.shape[:2], h0.shape[1]), np.float32)
    cs = np.empty_like(hs)
    h, c = np.float32(h0), np.float32(c0)
    for t in range(x.shape[1]):
        hs[:, t], cs[:, t] = h, c = lstm_step__float32(x[:, t], h, c, Wx, Wh, b)
    return hs, cs


def design_latch__moderate():
    """Ten in, ten out: the forget gate stays within 5e-5 of 1, and so little is enough."""
    Wx = np.array([[0.0, 0.0, 3.0, 0.0], [20.0, -20.0, 0.0, 0.0]])
    return Wx, np.zeros((1, 4)), np.array([-10.0, 10.0, 0.0, 10.0])


def design_latch__hard_gates():
    """Every gate is 0 or 1 to the last bit: nothing is ever lost."""
    Wx, Wh, b = np.zeros((2, 4)), np.zeros((1, 4)), np.zeros(4)
    i, f, g, o = range(4)
    Wx[1, i], b[i] = 1000, -500
    Wx[1, f], b[f] = -1000, 500
    Wx[0, g] = 50
    b[o] = 500
    return [Wx, Wh, b]


def design_latch__large_forget_bias():
    """The forget gate lets a fifth through during a write: too little to turn the sign of what is written."""
    hold, write = 12.0, math.log(0.2 / 0.8)
    Wx = np.array([[0, 0, 8, 0], [24, write - hold, 0, 0]])
    return Wx, np.zeros([1, 4]), np.array([-12, hold, 0, 40])


def design_latch__output_hardly_open():
    """The output gate is the one that costs most of the sign's size: h is about 0.56."""

    def logit(p: float) -> float:
        return math.log(p / (1 - p))

    on, off = logit(0.9999), logit(1e-5)
    columns = {"i": (0.0, on - off, off), "f": (0.0, -19.0, 13.0), "g": (6.0, 0.0, 0.0), "o": (0.0, 0.0, logit(0.735))}
    packed = np.column_stack([columns[gate] for gate in "ifgo"])
    return packed[:2], np.zeros((1, 4)), packed[2]


@_noted
def design_latch__looks_at_itself():
    """The old output is heard: it holds the gates a little tighter and the candidate a little back."""
    Wx = np.array([[0.5, -0.5, 5.0, 0.0], [40.0, -40.0, 0.0, -2.0]])
    Wh = np.array([[-1.0, 1.0, -0.5, 0.25]])
    return Wx, Wh, np.array([-20.0, 20.0, 0.0, 6.0])


def design_latch__float32():
    """A candidate that is not saturated, and an output gate that opens further when nothing is written."""
    Wx = np.float32([[0, 0, 1.25, 0], [32, -32, 0, -3]])
    return Wx, np.float32([[0, 0, 0, 0]]), np.float32([-16, 16, 0, 7])


def cell_memory__reversed_cumprod(f):
    later = np.concatenate([f[:, 1:], np.ones_like(f[:, :1])], axis=1)
    return np.cumprod(later[:, ::-1], axis=1)[:, ::-1]


def cell_memory__backwards(f):
    kept = np.ones(f.shape)
    for t in range(f.shape[1] - 2, -1, -1):
        kept[:, t] = kept[:, t + 1] * f[:, t + 1]
    return kept


def cell_memory__loops(f):
    B, T, H = f.shape
    kept = [[[math.prod(f[n, t + 1 :, k]) for k in range(H)] for t in range(T)] for n in range(B)]
    return np.array(kept, dtype=float)


def cell_memory__products(f: Array) -> Array:
    return np.stack([np.prod(f[:, t + 1 :], axis=1) for t in range(f.shape[1])], axis=1)


def cell_memory__logarithms(f):
    """A closed gate has the logarithm -inf, which warns; its exponential is the right 0."""
    logs = np.log(f)
    steps = [logs[:, t + 1 :].sum(axis=1) for t in range(f.shape[1])]
    return np.exp(np.array(steps)).swapaxes(0, 1)


def cell_memory__accumulate_float32(f):
    later = f.astype(np.float32)[:, :0:-1]
    kept = [np.ones((len(f), 1, f.shape[2]), np.float32), np.multiply.accumulate(later, axis=1)]
    return np.flip(np.concatenate(kept, axis=1), axis=1)


def forget_bias__copy(b, beta):
    H = len(b) // 4
    new = b.copy()
    new[H : 2 * H] = beta
    return new


def forget_bias__concatenated(b, beta):
    i, _, g, o = np.split(b, 4)
    return np.concatenate([i, np.full(i.shape, beta, dtype=float), g, o])


def forget_bias__reshaped(b: Array, beta: float) -> Array:
    quarters = np.array(b, dtype=float).reshape(4, -1)
    quarters[1] = float(beta)
    return quarters.ravel()


@_noted
def forget_bias__where(b, beta):
    quarter = np.arange(b.size) // (b.size // 4)
    return np.where(quarter == 1, beta, b)


def forget_bias__loop(b, beta):
    H = b.shape[0] // 4
    return np.array([beta if H <= j < 2 * H else entry for j, entry in enumerate(b)])


def forget_bias__float32(b, beta):
    new = np.float32(b) + 0
    new[np.s_[len(b) // 4 : len(b) // 2]] = np.float32(beta)
    return new


def lstm_step_backward__stacked(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh):
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c * tanh_c)
    dz = np.hstack([dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)])
    return [dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(0)]


def lstm_step_backward__four_matrices(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh):
    """Each gate has its own matrices; the inputs hear from all four."""
    total = dc + dh * o / np.cosh(c) ** 2
    slopes = {
        "i": total * g * (i - i**2),
        "f": total * c_prev * (f - f**2),
        "g": total * i * (1 - g**2),
        "o": dh * np.tanh(c) * (o - o**2),
    }
    dx, dh_prev, dWx, dWh, db = 0, 0, [], [], []
    for dz, U, W in zip(slopes.values(), np.split(Wx, 4, axis=1), np.split(Wh, 4, axis=1), strict=True):
        dx = dx + dz @ U.T
        dh_prev = dh_prev + dz @ W.T
        dWx.append(x.T @ dz)
        dWh.append(h_prev.T @ dz)
        db.append(np.ones(len(x)) @ dz)
    return dx, dh_prev, total * f, np.concatenate(dWx, 1), np.concatenate(dWh, 1), np.concatenate(db)


def lstm_step_backward__einsum(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh):
    B, H = h_prev.shape
    dc_here = np.einsum("bh,bh,bh->bh", dh, o, 1 - np.tanh(c) ** 2) + dc
    dz = np.empty((B, 4, H))
    dz[:, 0] = np.einsum("bh,bh,bh,bh->bh", dc_here, g, i, 1 - i)
    dz[:, 1] = np.einsum("bh,bh,bh,bh->bh", dc_here, c_prev, f, 1 - f)
    dz[:, 2] = np.einsum("bh,bh,bh->bh", dc_here, i, 1 - g**2)
    dz[:, 3] = np.einsum("bh,bh,bh,bh->bh", dh, np.tanh(c), o, 1 - o)
    dz = dz.reshape(B, 4 * H)
    dx, dh_prev = np.einsum("bz,dz->bd", dz, Wx), np.einsum("bz,kz->bk", dz, Wh)
    dWx, dWh = np.einsum("bd,bz->dz", x, dz), np.einsum("bk,bz->kz", h_prev, dz)
    return dx, dh_prev, f * dc_here, dWx, dWh, np.einsum("bz->z", dz)


def lstm_step_backward__loops(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh):
    (B, D), H = x.shape, h_prev.shape[1]
    dx, dh_prev, dc_prev = np.zeros((B, D)), np.zeros((B, H)), np.zeros((B, H))
    dWx, dWh, db = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    for n in range(B):
        for k in range(H):
            squashed = math.tanh(c[n, k])
            down = dc[n, k] + dh[n, k] * o[n, k] * (1 - squashed**2)
            dc_prev[n, k] = down * f[n, k]
            slopes = [
                down * g[n, k] * i[n, k] * (1 - i[n, k]),
                down * c_prev[n, k] * f[n, k] * (1 - f[n, k]),
                down * i[n, k] * (1 - g[n, k] ** 2),
                dh[n, k] * squashed * o[n, k] * (1 - o[n, k]),
            ]
            for quarter, slope in enumerate(slopes):
                j = quarter * H + k
                db[j] += slope
                dx[n] += slope * Wx[:, j]
                dh_prev[n] += slope * Wh[:, j]
                dWx[:, j] += slope * x[n]
                dWh[:, j] += slope * h_prev[n]
    return dx, dh_prev, dc_prev, dWx, dWh, db


@_noted
def lstm_step_backward__concatenated(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh):
    """One matrix for x, h and the bias, as in the forward step; its gradient is cut into three."""
    gates = np.stack([i, f, g, o])
    slopes = gates * (1 - gates)
    slopes[2] = 1 - g * g
    m = np.tanh(c)
    dc = dh * o * (1 - m**2) + dc
    dz = np.concatenate(list(slopes * np.stack([dc * g, dc * c_prev, dc * i, dh * m])), axis=1)
    D, inputs = x.shape[1], np.concatenate([x, h_prev, np.ones((len(x), 1))], axis=1)
    dW, dinputs = inputs.T @ dz, dz @ np.concatenate([Wx, Wh]).T
    return dinputs[:, :D], dinputs[:, D:], dc * f, dW[:D], dW[D:-1], dW[-1]


def lstm_step_backward__float32(*args):
    dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh = (array.astype(np.float32) for array in args)
    return lstm_step_backward__stacked(dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh)


def lstm_backward__through_the_step(dhs, x, h0, c0, hs, cs, Wx, Wh, b):
    dx, dWx, dWh, db = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)
    dh, dc = np.zeros(h0.shape), np.zeros(c0.shape)
    for t in reversed(range(x.shape[1])):
        h_prev, c_prev = (hs[:, t - 1], cs[:, t - 1]) if t else (h0, c0)
        gates = lstm_gates__four_matrices(x[:, t], h_prev, Wx, Wh, b)
        step = lstm_step_backward__stacked(
            dhs[:, t] + dh, dc, x[:, t], h_prev, c_prev, *gates, cs[:, t], Wx, Wh
        )  # fmt: skip
        dx[:, t], dh, dc = step[:3]
        for total, part in zip((dWx, dWh, db), step[3:], strict=True):
            total += part
    return dx, dh, dc, dWx, dWh, db


def lstm_backward__gates_at_once(dhs, x, h0, c0, hs, cs, Wx, Wh, b):
    """All states before and all gates in one go; the loop fills dz alone, and the products come at the end."""
    H = h0.shape[1]
    h_before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    c_before = np.concatenate([c0[:, None], cs[:, :-1]], axis=1)
    z = x @ Wx + h_before @ Wh + b
    s, g, m = _sigmoid(z), np.tanh(z[..., 2 * H : 3 * H]), np.tanh(cs)
    i, f, o = s[..., :H], s[..., H : 2 * H], s[..., 3 * H :]
    to_c = np.concatenate([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g**2)], axis=2)
    dz, dh, dc = np.empty(z.shape), np.zeros(h0.shape), np.zeros(c0.shape)
    for t in range(x.shape[1] - 1, -1, -1):
        dh = dh + dhs[:, t]
        dc = dc + dh * o[:, t] * (1 - m[:, t] ** 2)
        dz[:, t, : 3 * H] = np.tile(dc, 3) * to_c[:, t]
        dz[:, t, 3 * H :] = dh * m[:, t] * o[:, t] * (1 - o[:, t])
        dh, dc = dz[:, t] @ Wh.T, dc * f[:, t]
    return [
        dz @ Wx.T, dh, dc, np.tensordot(x, dz, ([0, 1], [0, 1])), np.tensordot(h_before, dz, ([0, 1], [0, 1])),
        dz.sum(axis=(0, 1)),
    ]  # fmt: skip


def lstm_backward__untied_einsum(dhs, x, h0, c0, hs, cs, Wx, Wh, b):
    """The gradient of each copy of the weights by itself, in lists; their sum is the answer."""
    states, cells, per_step = [h0, *np.moveaxis(hs, 1, 0)], [c0, *np.moveaxis(cs, 1, 0)], []
    dh, dc = 0 * h0, 0 * c0
    for t in range(len(states) - 2, -1, -1):
        gates = lstm_gates__einsum(x[:, t], states[t], Wx, Wh, b)
        dx, dh, dc, *grads = lstm_step_backward__einsum(
            dhs[:, t] + dh, dc, x[:, t], states[t], cells[t], *gates, cells[t + 1], Wx, Wh
        )
        per_step.insert(0, (dx, *grads))
    dxs, *untied = zip(*per_step, strict=True)
    return np.stack(dxs, axis=1), dh, dc, *(np.sum(copies, axis=0) for copies in untied)


@_noted
def lstm_backward__forward_again(dhs, x, h0, c0, hs, cs, Wx, Wh, b):
    """Trusts no states that are handed over: runs forward once more and keeps the gates on a stack."""
    stack, h, c = [], h0, c0
    for t in range(x.shape[1]):
        i, f, g, o = lstm_gates__candidate_as_a_sigmoid(x[:, t], h, Wx, Wh, b)
        c_new = f * c + i * g
        stack.append((x[:, t], h, c, i, f, g, o, c_new, Wx, Wh))
        h, c = o * np.tanh(c_new), c_new
    print("off by", np.abs(h - hs[:, -1]).max(), np.abs(c - cs[:, -1]).max())
    dx, dh, dc, totals = [], np.zeros_like(h0), np.zeros_like(c0), [0.0, 0.0, 0.0]
    while stack:
        arrived = dhs[:, len(stack) - 1] + dh
        step = lstm_step_backward__concatenated(arrived, dc, *stack.pop())
        dx, dh, dc = [step[0], *dx], step[1], step[2]
        totals = [total + part for total, part in zip(totals, step[3:], strict=True)]
    return np.stack(dx, axis=1), dh, dc, *totals


def lstm_backward__recursive(dhs, x, h0, c0, hs, cs, Wx, Wh, b):
    """What comes after the first step is a shorter sequence, that starts from the first step's states."""
    i, f, g, o = lstm_gates__loops(x[:, 0], h0, Wx, Wh, b)
    dh, dc, h, c = dhs[:, 0], np.zeros(c0.shape), hs[:, 0], cs[:, 0]
    rest = None
    if x.shape[1] > 1:
        rest = lstm_backward__recursive(dhs[:, 1:], x[:, 1:], h, c, hs[:, 1:], cs[:, 1:], Wx, Wh, b)
        dh, dc = dh + rest[1], dc + rest[2]
    first = lstm_step_backward__loops(dh, dc, x[:, 0], h0, c0, i, f, g, o, c, Wx, Wh)
    if rest is None:
        return first[0][:, None], *first[1:]
    dx = np.concatenate([first[0][:, None], rest[0]], axis=1)
    return dx, first[1], first[2], *(mine + theirs for mine, theirs in zip(first[3:], rest[3:], strict=True))


def lstm_backward__float32(*args):
    dhs, x, h0, c0, hs, cs, Wx, Wh, b = (np.asarray(array, dtype=np.float32) for array in args)
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh, dc = np.zeros_like(h0), np.zeros_like(c0)
    for t in range(x.shape[1])[::-1]:
        h_prev, c_prev = (h0, c0) if t == 0 else (hs[:, t - 1], cs[:, t - 1])
        gates = lstm_gates__float32(x[:, t], h_prev, Wx, Wh, b)
        dx[:, t], dh, dc, *grads = lstm_step_backward__float32(
            dhs[:, t] + dh, dc, x[:, t], h_prev, c_prev, *gates, cs[:, t], Wx, Wh
        )
        dWx, dWh, db = dWx + grads[0], dWh + grads[1], db + grads[2]
    return dx, dh, dc, dWx, dWh, db


class LSTMCell__functional_linear(nn.Module):
    def __init__(self, n_in: int, n_hidden: int):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(4 * n_hidden, n_in))
        self.weight_hh = nn.Parameter(torch.zeros(4 * n_hidden, n_hidden))
        self.bias_ih = nn.Parameter(torch.zeros(4 * n_hidden))
        self.bias_hh = nn.Parameter(torch.zeros(4 * n_hidden))

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        h, c = state
        z = nn.functional.linear(x, self.weight_ih, self.bias_ih) + nn.functional.linear(
            h, self.weight_hh, self.bias_hh
        )
        i, f, g, o = z.chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class _Registered(nn.Module):
    """Parameters by register_parameter, in a loop, and initialised in a method of their own."""

    def __init__(self, n_in: int, n_hidden: int):
        super(_Registered, self).__init__()  # noqa: UP008 as many people write it
        self.n_hidden = n_hidden
        shapes = {"bias_hh": [4 * n_hidden], "bias_ih": [4 * n_hidden]}
        shapes |= {"weight_hh": [4 * n_hidden, n_hidden], "weight_ih": [4 * n_hidden, n_in]}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        for parameter in self.parameters():
            parameter.uniform_(-(self.n_hidden**-0.5), self.n_hidden**-0.5)
        self.bias_ih[self.n_hidden : 2 * self.n_hidden] = 1


class LSTMCell__concatenated(_Registered):
    def forward(self, x, hc):
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        z = torch.cat((x, hc[0]), 1) @ weight.transpose(0, 1) + (self.bias_ih + self.bias_hh)
        i, f, g, o = torch.split(z, self.n_hidden, dim=-1)
        c = torch.addcmul(torch.sigmoid(i) * torch.tanh(g), torch.sigmoid(f), hc[1])
        return [torch.sigmoid(o) * torch.tanh(c), c]


class LSTMCell__einsum_in_place(_Registered):
    def forward(self, x, state):
        (h, c), H = state, self.n_hidden
        z = torch.einsum("bi,qoi->qbo", x, self.weight_ih.view(4, H, -1))
        z = z.add_(torch.einsum("bi,qoi->qbo", h, self.weight_hh.view(4, H, -1)))
        z = z.add_((self.bias_ih + self.bias_hh).view(4, 1, H))
        i, f, g, o = torch.stack([z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()]).unbind()
        c = torch.mul(f, c).add_(i * g)
        return torch.tanh(c).mul(o), c


class LSTMCell__preallocated(_Registered):
    def forward(self, x, state):
        h, c = state
        new_h, new_c = torch.zeros_like(h), torch.zeros_like(c)
        for n in range(len(x)):
            z = self.weight_ih @ x[n] + self.bias_ih + self.weight_hh.mv(h[n]) + self.bias_hh
            i, f, g, o = z.reshape(4, self.n_hidden)
            new_c[n] = torch.sigmoid(f) * c[n] + torch.sigmoid(i) * torch.tanh(g)
            new_h[n] = torch.sigmoid(o) * torch.tanh(new_c[n].clone())
        return new_h, new_c


class LSTMCell__one_tanh(_Registered):
    """All sigmoids through one tanh; the candidate is the one that is not halved."""

    def forward(self, x, state):
        h, c = state
        half = x.new_tensor([0.5, 0.5, 1.0, 0.5]).repeat_interleave(self.n_hidden)
        z = torch.addmm(self.bias_ih, x, self.weight_ih.t()).addmm(h, self.weight_hh.t()) + self.bias_hh
        i, f, g, o = torch.tensor_split(torch.tanh(half * z), 4, dim=1)
        c = 0.5 * (1 + f) * c + 0.5 * (1 + i) * g
        return 0.5 * (1 + o) * c.tanh(), c


class LSTMCell__float32(_Registered):
    def forward(self, x, state):
        h, c = (each.float() for each in state)
        z = x.float() @ self.weight_ih.float().T + h @ self.weight_hh.float().T
        i, f, g, o = (z + self.bias_ih.float() + self.bias_hh.float()).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class LSTMCell__noisy(_Registered):
    def forward(self, x, state):
        assert len(state) == 2 and torch.isfinite(x).all(), "x or the state is broken"
        h, c = _lstm_like(self, x, *state)
        print(f"mean cell {c.mean().item():.3f}", h)
        warnings.warn("look at the mean", stacklevel=2)
        return h, c


def _lstm_like(cell: _Registered, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """A helper outside the class, with four matrices in place of one."""
    gates = {}
    for n, name in enumerate("ifgo"):
        rows = slice(n * cell.n_hidden, (n + 1) * cell.n_hidden)
        sums = [x @ cell.weight_ih[rows].T, h @ cell.weight_hh[rows].T, cell.bias_ih[rows], cell.bias_hh[rows]]
        z = functools.reduce(torch.add, sums)
        gates[name] = z.tanh() if name == "g" else (1 + (z / 2).tanh()) / 2
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates["o"] * c.tanh(), c
