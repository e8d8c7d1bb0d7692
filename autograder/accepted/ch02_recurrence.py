"""Right answers to ch02_recurrence as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import scipy.special
import torch
from torch import Tensor, nn

Array = np.ndarray


def rnn_step__loops(x, h_prev, Wx, Wh, b):
    h = np.zeros(h_prev.shape)
    for n in range(x.shape[0]):
        for j in range(b.shape[0]):
            total = b[j]
            for d in range(x.shape[1]):
                total += x[n, d] * Wx[d, j]
            for k in range(h_prev.shape[1]):
                total += h_prev[n, k] * Wh[k, j]
            h[n, j] = math.tanh(total)
    return h


def rnn_step__einsum(x, h_prev, Wx, Wh, b):
    return np.tanh(np.einsum("bd,dh->bh", x, Wx) + np.einsum("bk,kh->bh", h_prev, Wh) + b[None, :])


def rnn_step__concatenated(x, h_prev, Wx, Wh, b):
    inputs = np.concatenate([x, h_prev, np.ones((len(x), 1))], axis=1)
    return np.tanh(inputs @ np.vstack([Wx, Wh, b]))


def rnn_step__float32(x, h_prev, Wx, Wh, b):
    x, h_prev, Wx, Wh, b = (array.astype(np.float32) for array in (x, h_prev, Wx, Wh, b))
    return np.tanh(np.dot(x, Wx) + np.dot(h_prev, Wh) + b)


def rnn_step__through_a_sigmoid(x, h_prev, Wx, Wh, b):
    def sigmoid(z: Array) -> Array:
        e = np.exp(-np.abs(z))
        return np.where(z >= 0, 1 / (1 + e), e / (1 + e))

    return 2 * sigmoid(2 * (x @ Wx + h_prev @ Wh + b)) - 1


def rnn_step__column_vectors(x, h_prev, Wx, Wh, b):
    columns = [np.tanh(Wx.T.dot(row) + Wh.T.dot(state) + b) for row, state in zip(x, h_prev, strict=True)]
    return np.array(columns).reshape(len(x), -1)


def _timed(function: Callable[..., Array]) -> Callable[..., Array]:
    @functools.wraps(function)
    def wrapper(*args: Array, **kwargs: Array) -> Array:
        print("calling", function.__name__, *(array.shape for array in args))
        return function(*args, **kwargs)

    return wrapper


@_timed
def rnn_step__decorated(x: Array, h_prev: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    warnings.warn("is this the right order?", stacklevel=1)
    z: Array = np.empty_like(h_prev, dtype=float)
    np.matmul(x, Wx, out=z)
    z += np.matmul(h_prev, Wh)
    z += b
    return np.tanh(z, out=z)


class _Step:
    """A callable object is a function too."""

    def __call__(self, x, h_prev, Wx, Wh, b):
        return np.tanh(np.tensordot(x, Wx, axes=1) + np.tensordot(h_prev, Wh, axes=1) + b)


rnn_step__callable_object = _Step()


def rnn_forward__preallocated(x, h0, Wx, Wh, b):
    B, T, _ = x.shape
    hs = np.empty((B, T, h0.shape[1]))
    for t in range(T):
        before = hs[:, t - 1] if t > 0 else h0
        hs[:, t] = np.tanh(x[:, t] @ Wx + before @ Wh + b)
    return hs


def rnn_forward__time_first_inside(x, h0, Wx, Wh, b):
    states = [h0]
    for inputs in x.transpose(1, 0, 2) @ Wx + b:
        states.append(np.tanh(inputs + states[-1] @ Wh))
    return np.array(states[1:]).transpose(1, 0, 2)


def rnn_forward__loops(x, h0, Wx, Wh, b):
    B, T, D = x.shape
    H = len(b)
    hs = [[[0.0] * H for _ in range(T)] for _ in range(B)]
    for n in range(B):
        h = list(h0[n])
        for t in range(T):
            z = [b[j] + sum(x[n, t, d] * Wx[d, j] for d in range(D)) for j in range(H)]
            h = [math.tanh(z[j] + sum(h[k] * Wh[k, j] for k in range(H))) for j in range(H)]
            hs[n][t] = h
    return np.array(hs)


def rnn_forward__recursive(x, h0, Wx, Wh, b):
    if x.shape[1] == 0:
        return np.zeros((len(x), 0, len(b)))
    h = np.tanh(x[:, 0] @ Wx + h0 @ Wh + b)
    return np.concatenate([h[:, None], rnn_forward__recursive(x[:, 1:], h, Wx, Wh, b)], axis=1)


def rnn_forward__generator(x, h0, Wx, Wh, b):
    def states(h: Array) -> Iterator[Array]:
        for t in range(x.shape[1]):
            h = rnn_step__einsum(x[:, t], h, Wx, Wh, b)
            yield h

    return np.stack(tuple(states(h0)), axis=-2)


def rnn_forward__float32(x, h0, Wx, Wh, b):
    hs = np.zeros((*x.shape[:2], len(b)), dtype=np.float32)
    h = np.float32(h0)
    for t in range(x.shape[1]):
        h = np.tanh(np.float32(x[:, t]) @ np.float32(Wx) + h @ np.float32(Wh) + np.float32(b))
        hs[:, t] = h
    return hs


def rnn_forward__noisy(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    h, hs = h0.copy(), []
    for t in range(x.shape[1]):
        h = rnn_step__concatenated(x[:, t, :], h, Wx, Wh, b)
        warnings.warn(f"step {t}", RuntimeWarning, stacklevel=2)
        print("step", t, "mean", h.mean(), np.exp(1e3 + t))
        hs += [h[:, np.newaxis, :]]
    return np.concatenate(hs, 1)


def rnn_forward_padded__one_example_at_a_time(x, h0, lengths, Wx, Wh, b):
    hs = np.empty((*x.shape[:2], len(b)))
    for n, length in enumerate(lengths):
        h = h0[n]
        for t in range(x.shape[1]):
            if t < length:
                h = np.tanh(x[n, t] @ Wx + h @ Wh + b)
            hs[n, t] = h
    return hs


def rnn_forward_padded__blended_with_a_mask(x, h0, lengths, Wx, Wh, b):
    mask = (np.arange(x.shape[1])[None, :] < lengths[:, None]).astype(float)
    h, hs = h0, []
    for t in range(x.shape[1]):
        m = mask[:, t : t + 1]
        h = m * np.tanh(x[:, t] @ Wx + h @ Wh + b) + (1 - m) * h
        hs += [h[:, None, :]]
    return np.concatenate(hs, axis=1)


def rnn_forward_padded__only_those_running(x, h0, lengths, Wx, Wh, b):
    h = h0.copy()
    hs = np.zeros((len(x), x.shape[1], h0.shape[1]))
    for t in range(x.shape[1]):
        (running,) = np.nonzero(lengths > t)
        h[running] = np.tanh(x[running, t] @ Wx + h[running] @ Wh + b)
        hs[:, t] = h
    return hs


def rnn_forward_padded__first_all_then_frozen(x, h0, lengths, Wx, Wh, b):
    every = np.concatenate([h0[:, None], rnn_forward__preallocated(x, h0, Wx, Wh, b)], axis=1)  # h0 is state 0
    at = np.minimum(np.arange(1, x.shape[1] + 1)[None, :], np.asarray(lengths)[:, None])
    return np.take_along_axis(every, at[:, :, None], axis=1)


def rnn_forward_padded__float32(x, h0, lengths, Wx, Wh, b):
    x, h, Wx, Wh, b = (np.asarray(array, dtype=np.float32) for array in (x, h0, Wx, Wh, b))
    states = []
    for t in range(x.shape[1]):
        h = np.where((lengths > t).reshape(-1, 1), np.tanh(x[:, t] @ Wx + h @ Wh + b), h)
        states.append(h)
    return np.stack(states, 1)


def readout__from_every_step(hs, lengths, Wy, by, mode):
    logits = np.einsum("bth,hv->btv", hs, Wy) + by
    if mode == "many-to-many":
        return logits
    if mode == "many-to-one":
        return np.stack([one[length - 1] for one, length in zip(logits, lengths, strict=True)])
    raise ValueError("unknown mode")


def readout__table_of_modes(hs, lengths, Wy, by, mode):
    modes = {
        "many-to-one": lambda: np.take_along_axis(hs, (lengths - 1)[:, None, None], axis=1)[:, 0],
        "many-to-many": lambda: hs,
    }
    if mode not in modes:
        raise ValueError(f"{mode} is none of {sorted(modes)}")
    return np.dot(modes[mode](), Wy) + by[np.newaxis]


class UnknownMode(ValueError):
    """A ValueError of one's own is one too."""


def readout__loops(hs, lengths, Wy, by, mode):
    print("mode:", mode)
    B, T, H = hs.shape
    if mode == "many-to-one":
        out = np.zeros((B, len(by)))
        for n in range(B):
            for v in range(len(by)):
                out[n, v] = by[v] + sum(hs[n, int(lengths[n]) - 1, k] * Wy[k, v] for k in range(H))
        return out
    elif mode == "many-to-many":
        out = np.zeros((B, T, len(by)))
        for n in range(B):
            for t in range(T):
                out[n, t] = [by[v] + sum(hs[n, t, k] * Wy[k, v] for k in range(H)) for v in range(len(by))]
        return out
    try:
        raise UnknownMode(mode)
    except ValueError as error:
        raise ValueError("use many-to-one or many-to-many") from error


def readout__float32(hs, lengths, Wy, by, mode):
    match mode:
        case "many-to-one":
            chosen = np.array([states[: int(n)][-1] for states, n in zip(hs, lengths, strict=True)])
        case "many-to-many":
            chosen = hs
        case _:
            raise ValueError
    return chosen.astype(np.float32) @ Wy.astype("f4") + by.astype("f4")


def next_symbol_pairs__loops(ids, T):
    C = (len(ids) - 1) // T
    x, y = np.zeros((C, T), int), np.zeros((C, T), int)
    for c in range(C):
        for t in range(T):
            x[c, t], y[c, t] = ids[c * T + t], ids[c * T + t + 1]
    return x, y


def next_symbol_pairs__list_of_chunks(ids, T):
    x, y, start = [], [], 0
    while start + T < len(ids):
        x.append(ids[start : start + T])
        y.append(ids[start + 1 : start + T + 1])
        start += T
    return [np.array(x), np.stack(y)]


def next_symbol_pairs__indices(ids, T):
    at = np.arange((ids.size - 1) // T)[:, None] * T + np.arange(T)
    return ids[at], ids[at + 1]


def next_symbol_pairs__small_integers(ids, T):
    inputs, targets = ids[:-1], ids[1:]
    keep = len(inputs) - len(inputs) % T
    return tuple(part[:keep].reshape(-1, T).astype(np.int16) for part in (inputs, targets))


def next_symbol_pairs__windows(ids, T):
    chunks = np.lib.stride_tricks.sliding_window_view(ids, T + 1)[::T]
    warnings.warn(f"{len(ids) - 1 - T * len(chunks)} symbols left over", stacklevel=1)
    return chunks[:, :-1], chunks[:, 1:]


def sample_symbol__loop(logits, temperature, u):
    z = [float(each) / temperature for each in logits]
    top = max(z)
    pieces = [math.exp(each - top) for each in z]
    total, so_far = math.fsum(pieces), 0.0
    for k, piece in enumerate(pieces):
        so_far += piece / total
        if so_far > u:
            return k
    return len(pieces) - 1  # rounding


def sample_symbol__count(logits, temperature, u):
    z = logits / temperature
    p = np.exp(z - np.max(z))
    p /= np.sum(p)
    return min(np.sum(np.cumsum(p) <= u), len(p) - 1)


def sample_symbol__logarithms(logits, temperature, u):
    log_p = logits / temperature - np.logaddexp.reduce(logits / temperature)
    cdf = np.exp(np.logaddexp.accumulate(log_p))
    cdf[-1] = 1.0
    return np.argmax(cdf > u)


def sample_symbol__not_normalised(logits, temperature, u):
    weights = np.exp((logits - np.amax(logits)) / temperature)
    ends = np.cumsum(weights)
    below = np.flatnonzero(ends > u * ends[-1])
    return int(below[0]) if below.size else len(logits) - 1


def sample_symbol__triangle(logits, temperature, u):
    """Sums by a matrix of ones, in extended precision; the answer is a NumPy integer."""
    z = np.longdouble(logits) / np.longdouble(temperature)
    e = np.exp(z - z.max())
    cdf = np.tril(np.ones((len(e), len(e)))) @ e / e.sum()
    return np.int32(np.clip(np.searchsorted(cdf, u, side="right"), 0, len(e) - 1))


def generate__row_lookup(start, h0, n, temperature, uniforms, Wx, Wh, b, Wy, by):
    h, symbol, text = h0, start, []
    for u in uniforms:
        h = np.tanh(Wx[symbol] + h @ Wh + b)
        symbol = sample_symbol__count(h @ Wy + by, temperature, u)
        text.append(symbol)
    return np.array(text, dtype=np.int64)


def generate__recursive(start, h0, n, temperature, uniforms, Wx, Wh, b, Wy, by):
    if n == 0:
        return np.array([])
    x = np.zeros((1, len(Wx)))
    x[0, start] = 1
    h = rnn_step__concatenated(x, h0[None], Wx, Wh, b)[0]
    first = sample_symbol__loop(by + h.dot(Wy), temperature, uniforms[0])
    rest = generate__recursive(first, h, n - 1, temperature, uniforms[1:], Wx, Wh, b, Wy, by)
    return np.concatenate([[first], rest]).astype(int)


def generate__generator(start, h0, n, temperature, uniforms, Wx, Wh, b, Wy, by):
    def written() -> Iterator[int]:
        h, one_hot = h0.reshape(1, -1), np.eye(len(Wx))[[start]]
        for t in range(n):
            h = np.tanh(one_hot @ Wx + h @ Wh + b)
            (logits,) = h @ Wy + by
            print("logits", logits)
            symbol = sample_symbol__logarithms(logits, temperature, uniforms[t])
            one_hot = (np.arange(len(Wx)) == symbol)[None].astype(float)
            yield symbol

    return np.fromiter(written(), dtype=np.int32)


def generate__float32(start, h0, n, temperature, uniforms, Wx, Wh, b, Wy, by):
    h, Wx, Wh, b, Wy, by = (array.astype(np.float32) for array in (h0, Wx, Wh, b, Wy, by))
    ids = np.empty(n, dtype=int)
    for t in range(n):
        h = np.tanh(Wx[ids[t - 1] if t else start] + h @ Wh + b)
        z = (h @ Wy + by) / np.float32(temperature)
        p = np.exp(z - z.max())
        ids[t] = min((np.cumsum(p / p.sum()) <= np.float32(uniforms[t])).sum(), len(p) - 1)
    return ids


def design_adder__whole_numbers():
    Wx = np.array([[1, 1, 1], [1, 1, 1]])
    Wh = np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]])
    return [Wx, Wh, np.array([0, -1, -2]), np.array([[1], [-1], [1]]), np.array([0])]


def design_adder__units_in_another_order():
    """The carry comes first."""
    Wx, Wh = np.full((2, 3), 2.0), np.zeros((3, 3))
    Wh[0] = 2.0
    return Wx, Wh, np.array([-3.0, -5.0, -1.0]), np.array([[-4.0], [4.0], [4.0]]), np.array([-2.0])


def design_adder__computed():
    """The k-th unit asks for a count of at least k."""
    k = np.arange(1, 4)
    return np.ones((2, 3)), np.outer([0, 1, 0], np.ones(3)), 0.5 - k, (-1.0) ** (k[:, None] + 1), -0.5 * np.ones(1)


def design_adder__float32():
    one, carry = np.float32(1), np.zeros((3, 3), dtype=np.float32)
    carry[1, :] = one
    b = np.array([-0.25, -1.25, -2.25], dtype=np.float32)
    return np.ones((2, 3), np.float32), carry, b, np.array([[one], [-one], [one]]), np.array([-0.75], np.float16)


def design_adder__opposite_units():
    """The first unit is on where there is no 1 at all: a negated question."""
    Wx = np.array([[-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    Wh = np.array([[0.0, 0.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    return Wx, Wh, np.array([0.5, -1.5, -2.5]), np.array([[-1.0], [-1.0], [1.0]]), np.array([0.5])


def design_adder__scaled():
    """Each unit's question may be multiplied by any number above 0."""
    scales = np.random.default_rng(1).uniform(1, 9, size=3)
    Wx, Wh, b, Wy, by = design_adder__whole_numbers()
    return Wx * scales, Wh * scales, (b - 0.3) * scales, Wy * 7.0, by - 1.0


class RNNCell__functional_linear(nn.Module):
    def __init__(self, n_in: int, n_hidden: int):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(n_hidden, n_in))
        self.weight_hh = nn.Parameter(torch.zeros(n_hidden, n_hidden))
        self.bias_ih = nn.Parameter(torch.zeros(n_hidden))
        self.bias_hh = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        gates = nn.functional.linear(x, self.weight_ih, self.bias_ih)
        return (gates + nn.functional.linear(h, self.weight_hh, self.bias_hh)).tanh()


class _Registered(nn.Module):
    """Parameters by register_parameter, in a loop, and initialised in a method of their own."""

    def __init__(self, n_in: int, n_hidden: int):
        super(_Registered, self).__init__()  # noqa: UP008 as many people write it
        shapes = {"bias_hh": [n_hidden], "bias_ih": [n_hidden]}
        shapes |= {"weight_hh": [n_hidden, n_hidden], "weight_ih": [n_hidden, n_in]}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.xavier_uniform_(parameter)
            else:
                parameter.zero_()


class RNNCell__addmm(_Registered):
    def forward(self, x, h):
        z = torch.addmm(self.bias_ih, x, self.weight_ih.t())
        return torch.tanh(torch.addmm(z, h, self.weight_hh.t()) + self.bias_hh)


class RNNCell__concatenated(_Registered):
    def forward(self, x, h):
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        return torch.tanh(torch.cat((x, h), 1) @ weight.transpose(0, 1) + (self.bias_ih + self.bias_hh))


class RNNCell__einsum_in_place(_Registered):
    def forward(self, x, h):
        z = torch.einsum("bi,oi->bo", x, self.weight_ih)
        z = z.add_(torch.einsum("bi,oi->bo", h, self.weight_hh)).add_(self.bias_ih).add_(self.bias_hh)
        return z.tanh_()


class RNNCell__preallocated(_Registered):
    def forward(self, x, h):
        out = torch.zeros(x.shape[0], self.bias_ih.numel(), dtype=x.dtype, device=x.device)
        for n in range(len(x)):
            out[n] = torch.tanh(self.weight_ih @ x[n] + self.bias_ih + self.weight_hh.mv(h[n]) + self.bias_hh)
        return out


class RNNCell__float32(_Registered):
    def forward(self, x, h):
        z = x.float() @ self.weight_ih.float().T + h.float() @ self.weight_hh.float().T
        return torch.tanh(z + self.bias_ih.float() + self.bias_hh.float())


class RNNCell__noisy(_Registered):
    def forward(self, x, h):
        assert torch.isfinite(x).all(), "x is broken"
        result = rnn_like(self, x, h)
        print(f"mean state {result.mean().item():.3f}", result)
        warnings.warn("look at the mean", stacklevel=2)
        return result


def rnn_like(cell: _Registered, x: Tensor, h: Tensor) -> Tensor:
    """A helper outside the class."""
    sums = [x @ cell.weight_ih.T, h @ cell.weight_hh.T, cell.bias_ih, cell.bias_hh]
    return torch.tanh(functools.reduce(torch.add, sums))


# Written from the exercise notebook alone, before any hint was opened.


def rnn_forward__inputs_first(x, h0, Wx, Wh, b):
    projected = np.einsum("btd,dh->bth", x, Wx) + b
    h, out = h0, []
    for t in range(x.shape[1]):
        h = np.tanh(projected[:, t] + h @ Wh)
        out.append(h)
    return np.stack(out, axis=1)


def readout__match(hs, lengths, Wy, by, mode):
    match mode:
        case "many-to-many":
            return np.einsum("bth,hv->btv", hs, Wy) + by
        case "many-to-one":
            last = np.take_along_axis(hs, (np.asarray(lengths) - 1)[:, None, None], axis=1)[:, 0]
            return last @ Wy + by
        case _:
            raise ValueError(f"unknown mode {mode!r}")


def sample_symbol__softmax_of_scipy(logits, temperature, u):
    p = scipy.special.softmax(np.asarray(logits, dtype=np.float64) / temperature)
    k = np.searchsorted(np.cumsum(p), u, side="right")
    return int(min(k, len(p) - 1))


def generate__all_in_one(start, h0, n, temperature, uniforms, Wx, Wh, b, Wy, by):
    ids = []
    h = h0
    last = start
    eye = np.eye(Wx.shape[0])
    for t in range(n):
        h = np.tanh(eye[last] @ Wx + h @ Wh + b)
        z = (h @ Wy + by) / temperature
        p = np.exp(z - z.max())
        c = np.cumsum(p / p.sum())
        last = len(c) - 1
        for k, ck in enumerate(c):
            if ck > uniforms[t]:
                last = k
                break
        ids.append(last)
    return np.array(ids)
