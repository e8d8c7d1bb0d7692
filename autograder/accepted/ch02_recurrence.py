"""Right answers to ch02_recurrence as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np
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
