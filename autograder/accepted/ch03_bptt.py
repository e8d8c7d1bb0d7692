"""Right answers to ch03_bptt as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

Array = np.ndarray


def readout_backward__reshaped(dlogits, hs, Wy):
    B, T, V = dlogits.shape
    flat = dlogits.reshape(B * T, V)
    dhs = (flat @ Wy.T).reshape(B, T, -1)
    return dhs, hs.reshape(B * T, -1).T @ flat, flat.sum(axis=0)


def readout_backward__loops(dlogits, hs, Wy):
    B, T, V = dlogits.shape
    dhs, dWy, dby = np.zeros(hs.shape), np.zeros(Wy.shape), np.zeros(V)
    for n in range(B):
        for t in range(T):
            dhs[n, t] = Wy @ dlogits[n, t]
            dWy += np.outer(hs[n, t], dlogits[n, t])
            dby += dlogits[n, t]
    return [dhs, dWy, dby]


def readout_backward__tensordot(dlogits: Array, hs: Array, Wy: Array) -> list[Array]:
    print("shapes", dlogits.shape, hs.shape)
    dhs = np.tensordot(dlogits, Wy, axes=([2], [1]))
    dWy = np.tensordot(hs, dlogits, axes=([0, 1], [0, 1]))
    return [dhs, dWy, np.sum(np.sum(dlogits, axis=0), axis=0)]


def readout_backward__float32(dlogits, hs, Wy):
    dlogits, hs, Wy = (np.float32(array) for array in (dlogits, hs, Wy))
    return np.matmul(dlogits, Wy.T), sum(h.T @ d for h, d in zip(hs, dlogits, strict=True)), dlogits.sum((0, 1))


class StepGradients(NamedTuple):
    """A named tuple would not travel; its entries do."""

    dx: Array
    dh_prev: Array
    dWx: Array
    dWh: Array
    db: Array


def rnn_step_backward__einsum(dh, x, h_prev, h, Wx, Wh):
    dz = dh - dh * h * h
    dx, dh_prev = np.einsum("bh,dh->bd", dz, Wx), np.einsum("bh,kh->bk", dz, Wh)
    return dx, dh_prev, np.einsum("bd,bh->dh", x, dz), np.einsum("bk,bh->kh", h_prev, dz), np.einsum("bh->h", dz)


def rnn_step_backward__loops(dh, x, h_prev, h, Wx, Wh):
    dx, dh_prev = np.zeros(x.shape), np.zeros(h_prev.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), [0.0] * h.shape[1]
    for n in range(len(x)):
        for j in range(h.shape[1]):
            dz = dh[n, j] * (1.0 - h[n, j]) * (1.0 + h[n, j])
            db[j] += dz
            for d in range(x.shape[1]):
                dx[n, d] += dz * Wx[d, j]
                dWx[d, j] += dz * x[n, d]
            for k in range(h.shape[1]):
                dh_prev[n, k] += dz * Wh[k, j]
                dWh[k, j] += dz * h_prev[n, k]
    return dx, dh_prev, dWx, dWh, np.array(db)


def rnn_step_backward__concatenated(dh, x, h_prev, h, Wx, Wh):
    D = x.shape[1]
    dz = dh * (1 - np.square(h))
    both = dz @ np.concatenate([Wx, Wh]).T
    weights = np.hstack([x, h_prev, np.ones((len(x), 1))]).T @ dz
    return [both[:, :D], both[:, D:], weights[:D], weights[D:-1], weights[-1]]


def rnn_step_backward__float32(dh, x, h_prev, h, Wx, Wh):
    dh, x, h_prev, h, Wx, Wh = (array.astype("f4") for array in (dh, x, h_prev, h, Wx, Wh))
    dz = dh * (1 - h**2)
    return tuple(StepGradients(dz @ Wx.T, dz @ Wh.T, x.T @ dz, h_prev.T @ dz, dz.sum(0)))


def rnn_step_backward__one_example_at_a_time(dh, x, h_prev, h, Wx, Wh):
    slope = 1 / np.cosh(np.arctanh(np.clip(h, -1 + 1e-15, 1 - 1e-15))) ** 2
    rows = [
        (Wx @ dz, Wh @ dz, np.outer(a, dz), np.outer(s, dz), dz) for dz, a, s in zip(dh * slope, x, h_prev, strict=True)
    ]
    dx, dh_prev, dWx, dWh, db = zip(*rows, strict=True)
    warnings.warn("slow", stacklevel=1)
    return np.stack(dx), np.stack(dh_prev), sum(dWx), sum(dWh), sum(db)


def untied_gradients__lists(dhs, x, h0, hs, Wx, Wh):
    T = x.shape[1]
    states = [h0] + [hs[:, t] for t in range(T)]
    dWx, dWh, db = [], [], []
    dh = np.zeros_like(h0)
    for t in range(T - 1, -1, -1):
        _, dh, *gradients = rnn_step_backward__einsum(dhs[:, t] + dh, x[:, t], states[t], states[t + 1], Wx, Wh)
        for kept, gradient in zip((dWx, dWh, db), gradients, strict=True):
            kept.append(gradient)
    return [np.array(kept[::-1]) for kept in (dWx, dWh, db)]


def untied_gradients__deltas_first(dhs, x, h0, hs, Wx, Wh):
    before = np.concatenate((h0[:, np.newaxis], hs[:, :-1]), axis=1)
    delta = dhs * (1 - hs**2)
    for t in range(x.shape[1] - 2, -1, -1):
        delta[:, t] += delta[:, t + 1] @ Wh.T * (1 - hs[:, t] ** 2)
    return np.einsum("btd,bth->tdh", x, delta), np.einsum("bti,btj->tij", before, delta), delta.sum(axis=0)


def untied_gradients__recursive(dhs, x, h0, hs, Wx, Wh):
    def gradients(t: int) -> tuple[Array, list[tuple[Array, Array, Array]]]:
        """What comes back to the state after step t, and the gradients of the copies after it."""
        if t == x.shape[1] - 1:
            return np.zeros(h0.shape), []
        dh, later = gradients(t + 1)
        dz = (dhs[:, t + 1] + dh) * (1 - hs[:, t + 1] ** 2)
        before = hs[:, t] if t >= 0 else h0
        return dz @ Wh.T, [(x[:, t + 1].T @ dz, before.T @ dz, dz.sum(axis=0)), *later]

    return tuple(np.stack(copies) for copies in zip(*gradients(-1)[1], strict=True))


def untied_gradients__float32(dhs, x, h0, hs, Wx, Wh):
    return untied_gradients__lists(*(array.astype(np.float32) for array in (dhs, x, h0, hs, Wx, Wh)))


def untied_gradients__time_first(dhs, x, h0, hs, Wx, Wh):
    dhs, x = np.moveaxis(dhs, 1, 0), np.moveaxis(x, 1, 0)
    hs = np.concatenate([h0[None], np.moveaxis(hs, 1, 0)])
    T, B = x.shape[:2]
    carried = np.zeros((T + 1, *h0.shape))
    carried[:T] = dhs
    out = [np.empty((T, *Wx.shape)), np.empty((T, *Wh.shape)), np.empty((T, Wh.shape[1]))]
    for t in range(1, T + 1)[::-1]:
        dz = np.multiply(carried[t - 1], 1 - np.power(hs[t], 2))
        if t > 1:
            carried[t - 2] += np.dot(dz, Wh.T)
        inputs = np.hstack([x[t - 1], hs[t - 1], np.ones((B, 1))])
        out[0][t - 1], out[1][t - 1], last = np.split(inputs.T @ dz, [len(Wx), len(Wx) + len(Wh)])
        out[2][t - 1] = last[0]
    return tuple(out)


def rnn_backward__through_steps(dhs, x, h0, hs, Wx, Wh):
    T = x.shape[1]
    dxs, total, dh = [None] * T, None, 0.0
    for t in range(T - 1, -1, -1):
        before = h0 if t == 0 else hs[:, t - 1]
        dxs[t], dh, *parts = rnn_step_backward__concatenated(dhs[:, t] + dh, x[:, t], before, hs[:, t], Wx, Wh)
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return [np.stack(dxs, axis=1), dh, *total]


def rnn_backward__deltas_first(dhs, x, h0, hs, Wx, Wh):
    B, T, D = x.shape
    H = hs.shape[2]
    slope, delta = 1 - hs**2, np.empty((B, T, H))
    carry = np.zeros((B, H))
    for t in reversed(range(T)):
        delta[:, t] = slope[:, t] * (dhs[:, t] + carry)
        carry = delta[:, t] @ Wh.T
    flat = delta.reshape(-1, H)
    before = np.concatenate([h0[:, None, :], hs], axis=1)[:, :T].reshape(-1, H)
    return delta @ Wx.T, carry, x.reshape(-1, D).T @ flat, before.T @ flat, flat.sum(axis=0)


def rnn_backward__sum_of_copies(dhs, x, h0, hs, Wx, Wh):
    dWx, dWh, db = untied_gradients__deltas_first(dhs, x, h0, hs, Wx, Wh)
    delta = dhs * (1 - hs * hs)
    for t in range(x.shape[1] - 1, 0, -1):
        delta[:, t - 1] += delta[:, t] @ Wh.T * (1 - hs[:, t - 1] * hs[:, t - 1])
    return delta @ Wx.T, delta[:, 0] @ Wh.T, dWx.sum(0), dWh.sum(0), db.sum(0)


def rnn_backward__one_example_at_a_time(dhs, x, h0, hs, Wx, Wh):
    dx, dh0 = np.zeros(x.shape), np.zeros(h0.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(Wh.shape[0])
    for n in range(x.shape[0]):
        back = np.zeros(Wh.shape[0])
        t = x.shape[1]
        while t > 0:
            t -= 1
            dz = [(dhs[n, t, j] + back[j]) * (1 - math.pow(hs[n, t, j], 2)) for j in range(len(back))]
            before = hs[n, t - 1] if t else h0[n]
            dx[n, t], back = Wx.dot(dz), Wh.dot(dz)
            dWx, dWh, db = dWx + np.outer(x[n, t], dz), dWh + np.outer(before, dz), db + dz
        dh0[n] = back
    return dx, dh0, dWx, dWh, db


def rnn_backward__float32(dhs, x, h0, hs, Wx, Wh):
    return rnn_backward__through_steps(*map(np.float32, (dhs, x, h0, hs, Wx, Wh)))


def _logged(function: Callable[..., tuple[Array, ...]]) -> Callable[..., tuple[Array, ...]]:
    @functools.wraps(function)
    def wrapper(*args: Array, **kwargs: Array) -> tuple[Array, ...]:
        print(function.__name__, [array.shape for array in args])
        warnings.warn("is upstream the right word?", stacklevel=2)
        return function(*args, **kwargs)

    return wrapper


@_logged
def rnn_backward__copied_upstream(dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array):
    dhs = dhs.copy()
    states = np.insert(hs, 0, h0, axis=1)
    grads = {"Wx": np.zeros_like(Wx, dtype=float), "Wh": np.zeros_like(Wh, dtype=float), "b": np.zeros(len(Wh))}
    dx = np.empty(x.shape)
    for t in range(-1, -x.shape[1] - 1, -1):
        dz = dhs[:, t] * (1 - states[:, t] ** 2)
        dx[:, t] = dz @ np.transpose(Wx)
        grads["Wx"] += np.transpose(x[:, t]) @ dz
        grads["Wh"] += np.transpose(states[:, t - 1]) @ dz
        grads["b"] += np.sum(dz, 0)
        back = dz @ np.transpose(Wh)
        if t > -x.shape[1]:
            dhs[:, t - 1] += back
    return (dx, back, *grads.values())


def _network(seed: int, B: int = 2, T: int = 4, D: int = 3, H: int = 4) -> tuple[list[Array], Array]:
    rng = np.random.default_rng(seed)
    shapes = {"x": (B, T, D), "h0": (B, H), "Wx": (D, H), "Wh": (H, H), "b": (H,)}
    return [rng.normal(size=shape) * 0.6 for shape in shapes.values()], rng.normal(size=(B, T, H))


def _states(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    hs = np.empty((*x.shape[:2], len(b)))
    for t in range(x.shape[1]):
        hs[:, t] = h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    return hs


def is_correct_backward__every_entry(backward):
    inputs, dhs = _network(3)
    x, h0, Wx, Wh, _ = inputs
    hs = _states(*inputs)
    given = [dhs.copy(), x.copy(), h0.copy(), hs.copy(), Wx.copy(), Wh.copy()]
    returned = backward(*given)
    for before, after in zip([dhs, x, h0, hs, Wx, Wh], given, strict=True):
        if (before != after).any():
            return False
    for array, gradient in zip(inputs, returned, strict=True):
        if np.shape(gradient) != array.shape:
            return False
        numerical = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + 1e-5
            up = np.vdot(_states(*inputs), dhs)
            array[index] = kept - 1e-5
            numerical[index] = (up - np.vdot(_states(*inputs), dhs)) / 2e-5
            array[index] = kept
        if not np.allclose(gradient, numerical, rtol=1e-4, atol=1e-6):
            return False
    return True


def is_correct_backward__against_a_trusted_one(backward) -> np.bool_:
    good = []
    for seed, (B, T, D, H) in enumerate([(3, 5, 2, 4), (2, 3, 4, 4), (4, 4, 4, 4), (1, 1, 1, 1)]):
        (x, h0, Wx, Wh, b), dhs = _network(seed, B, T, D, H)
        args = dhs, x, h0, _states(x, h0, Wx, Wh, b), Wx, Wh
        kept = [array.copy() for array in args]
        expected = rnn_backward__deltas_first(*kept)
        got = backward(*args)
        good.append(all(np.array_equal(one, two) for one, two in zip(args, kept, strict=True)))
        good += [np.asarray(one).shape == right.shape for one, right in zip(got, expected, strict=True)]
        good += [np.abs(np.ravel(one) - np.ravel(right)).max() < 1e-7 for one, right in zip(got, expected, strict=True)]
    return np.all(good)


def is_correct_backward__assertions(backward) -> bool:
    """Asserts, as in a test file, and turns a failure into False."""
    rng = np.random.default_rng(5)
    for _ in range(3):
        arrays, dhs = _network(int(rng.integers(1000)), 3, 4, 2, 3)
        x, h0, Wx, Wh, _ = arrays
        hs = _states(*arrays)
        passed = [a.copy() for a in (dhs, x, h0, hs, Wx, Wh)]
        for array in passed:
            array.setflags(write=True)
        try:
            results = dict(zip(("dx", "dh0", "dWx", "dWh", "db"), backward(*passed), strict=True))
            for one, other in zip(passed, (dhs, x, h0, hs, Wx, Wh), strict=True):
                np.testing.assert_array_equal(one, other)
            for n, (name, gradient) in enumerate(results.items()):
                assert gradient.shape == arrays[n].shape, name
                for _ in range(3):
                    v = rng.normal(size=arrays[n].shape)
                    up, down = list(arrays), list(arrays)
                    up[n], down[n] = arrays[n] + 1e-5 * v, arrays[n] - 1e-5 * v
                    slope = (np.sum(_states(*up) * dhs) - np.sum(_states(*down) * dhs)) / 2e-5
                    np.testing.assert_allclose(np.sum(gradient * v), slope, rtol=1e-5, atol=1e-6)
        except AssertionError as error:
            print(str(error)[:50])
            return False
    return True


def is_correct_backward__by_keyword(backward):
    (x, h0, Wx, Wh, b), dhs = _network(11, 4, 3, 2, 5)
    hs = _states(x, h0, Wx, Wh, b)
    named = {"dhs": dhs, "x": x, "h0": h0, "hs": hs, "Wx": Wx, "Wh": Wh}
    copies = {name: array.copy() for name, array in named.items()}
    expected = untied_gradients__lists(dhs, x, h0, hs, Wx, Wh)
    dx, dh0, dWx, dWh, db = backward(**copies)
    reference = rnn_backward__sum_of_copies(dhs, x, h0, hs, Wx, Wh)
    same = all((copies[name] == named[name]).all() for name in named)
    shapes = [np.shape(g) for g in (dx, dh0, dWx, dWh, db)] == [x.shape, h0.shape, Wx.shape, Wh.shape, b.shape]
    pairs = [(dx, reference[0]), (dh0, reference[1]), *zip((dWx, dWh, db), [e.sum(0) for e in expected], strict=True)]
    return same and shapes and max(float(np.linalg.norm(a - e) / np.linalg.norm(e)) for a, e in pairs) < 1e-4


def truncated_backward__chunk_by_chunk(dhs, x, h0, hs, Wx, Wh, k):
    T = x.shape[1]
    total = [np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(Wh.shape[1])]
    for start in range(0, T, k):
        part = slice(start, start + k)
        before = h0 if start == 0 else hs[:, start - 1]
        _, _, *gradients = rnn_backward__deltas_first(dhs[:, part], x[:, part], before, hs[:, part], Wx, Wh)
        total = [a + g for a, g in zip(total, gradients, strict=True)]
    return total


def truncated_backward__masked_carry(dhs, x, h0, hs, Wx, Wh, k):
    T = x.shape[1]
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    passes = np.array([(t + 1) // k == t // k for t in range(T)], dtype=float)
    delta = np.zeros(hs.shape)
    dh = np.zeros(h0.shape)
    for t in np.arange(T)[::-1]:
        delta[:, t] = (dhs[:, t] + passes[t] * dh) * (1 - hs[:, t] ** 2)
        dh = delta[:, t] @ Wh.T
    return np.einsum("btd,bth->dh", x, delta), np.einsum("bti,btj->ij", before, delta), delta.sum((0, 1))


def truncated_backward__float32(dhs, x, h0, hs, Wx, Wh, k):
    return tuple(truncated_backward__chunk_by_chunk(*map(np.float32, (dhs, x, h0, hs, Wx, Wh)), k=int(k)))


def truncated_backward__array_split(dhs, x, h0, hs, Wx, Wh, k):
    cuts = list(range(k, x.shape[1], k))
    states = np.concatenate([h0[:, None], hs], axis=1)
    firsts = [0, *cuts]
    pieces = zip(*(np.split(array, cuts, axis=1) for array in (dhs, x, hs)), firsts, strict=True)

    def chunks() -> Iterator[tuple[Array, ...]]:
        for d, inputs, h, first in pieces:
            yield tuple(
                copies.sum(axis=0) for copies in untied_gradients__recursive(d, inputs, states[:, first], h, Wx, Wh)
            )

    return [np.sum(parts, axis=0) for parts in zip(*chunks(), strict=True)]


def state_jacobian_norms__diag(hs, Wh):
    T, H = hs.shape
    product, norms = np.identity(H), [1.0]
    for t in range(T - 1, 0, -1):
        product = Wh @ np.diag(1 - hs[t] ** 2) @ product
        norms.insert(0, np.linalg.svd(product, compute_uv=False)[0])
    return np.array(norms)


def state_jacobian_norms__columns(hs, Wh):
    """The other convention: columns, everything transposed."""
    norms = np.ones(len(hs))
    product = np.eye(len(Wh))
    for t in range(len(hs) - 2, -1, -1):
        product = product @ ((1 - hs[t + 1] ** 2)[:, None] * Wh.T)
        norms[t] = np.sqrt(np.linalg.eigvalsh(product.T @ product).max().clip(0))
    return norms


def state_jacobian_norms__float32(hs, Wh):
    hs, Wh = hs.astype(np.float32), Wh.astype(np.float32)
    norms = np.ones(hs.shape[0], np.float32)
    for t in range(len(hs) - 1):
        factors = [Wh * (1 - h**2) for h in hs[t + 1 :]]
        norms[t] = np.linalg.norm(functools.reduce(np.matmul, factors), ord=2)
    return norms


def state_jacobian_norms__all_norms_at_once(hs, Wh):
    jacobians = np.einsum("ij,tj->tij", Wh, 1 - hs**2)
    products = [np.eye(Wh.shape[0])]
    for jacobian in jacobians[:0:-1]:
        products.append(np.dot(jacobian, products[-1]))
    return np.linalg.norm(products[::-1], ord=2, axis=(1, 2))


def clip_by_global_norm__as_in_torch(grads, max_norm):
    if any(not np.all(np.isfinite(grad)) for grad in grads):
        raise ValueError("not finite")
    norm = np.sqrt(sum(np.sum(np.square(grad)) for grad in grads))
    factor = min(1.0, max_norm / (norm + 1e-6))
    return [grad * factor for grad in grads], norm


def clip_by_global_norm__flat(grads, max_norm):
    flat = np.concatenate([np.zeros(1), *(np.ravel(grad) for grad in grads)])
    if np.isnan(flat).any() or np.isinf(flat).any():
        raise ValueError
    norm = np.linalg.norm(flat)
    clipped = [grad.copy() for grad in grads]
    if norm > max_norm:
        for grad in clipped:
            np.multiply(grad, max_norm / norm, out=grad)
    return tuple(clipped), norm


def clip_by_global_norm__loops(grads: list[Array], max_norm: float) -> tuple[list[Array], float]:
    total = 0.0
    for grad in grads:
        for entry in grad.flat:
            if not math.isfinite(entry):
                raise ValueError(f"{entry} in a gradient")
            total += entry * entry
    norm = math.sqrt(total)
    if norm <= max_norm:
        return list(grads), norm
    return [np.array(grad) / norm * max_norm for grad in grads], norm


def clip_by_global_norm__norm_of_norms(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(grad) for grad in grads]) if grads else 0.0
    if not np.isfinite(norm):
        raise ValueError("NaN or infinity")
    print("norm", norm)
    return [np.where(norm > max_norm, grad * max_norm / np.maximum(norm, 1e-12), grad) for grad in grads], norm


def clip_by_global_norm__float32(grads, max_norm):
    singles = [np.float32(grad) for grad in grads]
    if not all(np.isfinite(single).all() for single in singles):
        raise ValueError("broken")
    norm = np.sqrt(np.float32(sum((single**2).sum() for single in singles)))
    scale = np.float32(1) if norm <= max_norm else np.float32(max_norm) / norm
    return [single * scale for single in singles], norm


def _detached(state):
    if state is None:
        return None
    return tuple(_detached(part) for part in state) if isinstance(state, (tuple, list)) else state.detach()


def train_step__class_axis_second(model, optimizer, x, y, state):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    logits, state = model(x, state)
    loss = nn.CrossEntropyLoss()(logits.transpose(1, 2), y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    return float(loss.detach()), _detached(state)


def train_step__by_hand(model, optimizer, x, y, state):
    for parameter in model.parameters():
        parameter.grad = None
    logits, state = model(x, _detached(state))
    log_p = logits - logits.logsumexp(dim=-1, keepdim=True)
    loss = -log_p.gather(-1, y.unsqueeze(-1)).mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    norm = torch.sqrt(sum((g**2).sum() for g in gradients))
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient * min(1.0, 1.0 / norm.item())
    optimizer.step()
    return [loss.detach().cpu().numpy().item(), _detached(state)]


def train_step__zeroes_at_the_end(model, optimizer, x, y, state):
    model.zero_grad()
    logits, new = model(x, state)
    B, T, V = logits.shape
    loss = nn.functional.nll_loss(logits.log_softmax(-1).view(B * T, V), y.reshape(-1))
    print(f"loss {loss.item():.3f}")
    loss.backward()
    total = nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    if total > 1:
        warnings.warn("clipped", stacklevel=2)
    optimizer.step()
    optimizer.zero_grad()
    if torch.is_tensor(new):
        new = new.clone().detach()
    elif new:
        new = tuple(map(torch.Tensor.detach, new))
    return np.float64(loss.item()), new


def train_step__float32(model, optimizer, x, y, state):
    optimizer.zero_grad()
    logits, new = model(x, state)
    loss = nn.functional.cross_entropy(logits.float().reshape(-1, logits.shape[-1]), y.reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        kept = tuple(part.data for part in new) if isinstance(new, tuple) else new.data if new is not None else None
    return loss.item(), kept


def train_step__closure(model, optimizer, x, y, state):
    kept = {}

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits, kept["state"] = model(x, state)
        losses = nn.functional.cross_entropy(logits.flatten(end_dim=1), y.flatten(), reduction="none")
        loss = losses.sum() / y.numel()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        return loss

    return optimizer.step(closure).item(), _detached(kept["state"])


# Written from the exercise notebook alone, before any hint was opened.


def is_correct_backward__beside_the_largest_slope(backward):
    rng = np.random.default_rng(0)
    B, T, D, H = 3, 4, 2, 5
    x, h0 = rng.standard_normal((B, T, D)), rng.standard_normal((B, H))
    Wx, Wh, b = rng.standard_normal((D, H)), rng.standard_normal((H, H)), rng.standard_normal(H)
    dhs = rng.standard_normal((B, T, H))

    def run(x, h0, Wx, Wh, b):
        h = h0
        out = []
        for t in range(T):
            h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
            out.append(h)
        return np.stack(out, axis=1)

    params = [x, h0, Wx, Wh, b]
    args = [dhs, x, h0, run(*params), Wx, Wh]
    saved = [a.copy() for a in args]
    result = backward(*args)
    if len(result) != 5 or not all(map(np.array_equal, args, saved)):
        return False
    eps = 1e-5
    for i, got in enumerate(result):
        want = np.zeros_like(params[i])
        for idx in np.ndindex(want.shape):
            plus = [p.copy() for p in params]
            minus = [p.copy() for p in params]
            plus[i][idx] += eps
            minus[i][idx] -= eps
            want[idx] = ((run(*plus) * dhs).sum() - (run(*minus) * dhs).sum()) / (2 * eps)
        if np.shape(got) != want.shape or np.abs(got - want).max() > 1e-3 * np.abs(want).max():
            return False
    return True


def state_jacobian_norms__scaled_columns(hs, Wh):
    T, H = hs.shape
    norms = np.ones(T)
    M = np.eye(H)
    for t in range(T - 1, 0, -1):
        M = (Wh * (1 - hs[t] ** 2)) @ M
        norms[t - 1] = np.linalg.norm(M, 2)
    return norms
