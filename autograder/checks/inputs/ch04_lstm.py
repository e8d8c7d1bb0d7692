"""Random inputs of ch04_lstm: weights of four gates side by side, and runs forward for the exercises that go back.

What a backward function is given must fit together, so the forward run is computed here, and not by a solution.
Inputs and weights have bounds, so that no sum is ever as far out as `huge` makes it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.checks.inputs import Array, Case, Sizes, away_from_zero, state

SIZE = 30.0  # of a large upstream gradient


def weights(rng: np.random.Generator, sizes: Sizes) -> tuple[Array, Array, Array]:
    """Wx (D, 4H), Wh (H, 4H), b (4H,), in the order i, f, g, o."""
    Wx = rng.uniform(-1.4, 1.4, size=(sizes.D, 4 * sizes.H)) / sizes.D**0.5
    Wh = rng.uniform(-1.4, 1.4, size=(sizes.H, 4 * sizes.H)) / sizes.H**0.5
    return Wx, Wh, away_from_zero(rng, 0.3, 0.7, (4 * sizes.H,))


def gates(rng: np.random.Generator, sizes: Sizes) -> Case:
    """x (B, D), h_prev (B, H), Wx, Wh, b."""
    return rng.uniform(-1.7, 1.7, size=(sizes.B, sizes.D)), state(rng, sizes), *weights(rng, sizes)


def step(rng: np.random.Generator, sizes: Sizes) -> Case:
    """x (B, D), h_prev (B, H), c_prev (B, H), Wx, Wh, b.

    Of three examples or more, some cell goes beyond 1, with this h_prev and with zeros: cutting it off would show.
    """
    while True:
        x, h_prev, *rest = gates(rng, sizes)
        case = x, h_prev, cell_state(rng, sizes), *rest
        if sizes.B < 3 or min(_largest_cell(*case), _largest_cell(x, 0 * h_prev, *case[2:])) > 1.1:
            return case


def sequence(rng: np.random.Generator, sizes: Sizes) -> Case:
    """x (B, T, D), h0 (B, H), c0 (B, H), Wx, Wh, b."""
    x = rng.uniform(-1.7, 1.7, size=(sizes.B, sizes.T, sizes.D))
    return x, state(rng, sizes), cell_state(rng, sizes), *weights(rng, sizes)


def cell_state(rng: np.random.Generator, sizes: Sizes) -> Array:
    """A cell (B, H): it may be larger than 1, which an output never is."""
    return away_from_zero(rng, 0.3, 1.8, (sizes.B, sizes.H))


def _largest_cell(x: Array, h_prev: Array, c_prev: Array, Wx: Array, Wh: Array, b: Array) -> float:
    """The size of the largest cell after the step."""
    i, f, g, _ = _gates(x @ Wx + h_prev @ Wh + b)
    return float(np.abs(f * c_prev + i * g).max())


def step_back(rng: np.random.Generator, sizes: Sizes, size: float = 1.0) -> Case:
    """dh, dc, x, h_prev, c_prev, i, f, g, o, c, Wx, Wh of one step; the upstreams are smaller than ``size``."""
    x, h_prev, c_prev, Wx, Wh, b = step(rng, sizes)
    i, f, g, o = _gates(x @ Wx + h_prev @ Wh + b)
    dh, dc = size * away_from_zero(rng, 0.2, 0.6, (2, sizes.B, sizes.H))
    return dh, dc, x, h_prev, c_prev, i, f, g, o, f * c_prev + i * g, Wx, Wh


def sequence_back(
    rng: np.random.Generator, sizes: Sizes, size: float = 1.0, change: Callable[[Case], Case] = tuple
) -> Case:
    """dhs, x, h0, c0, hs, cs, Wx, Wh, b of a run forward; ``change`` is `huge` or `tiny`."""
    x, h0, c0, Wx, Wh, b = change(sequence(rng, sizes))
    h, c, hs, cs = h0, c0, [], []
    for t in range(sizes.T):
        i, f, g, o = _gates(x[:, t] @ Wx + h @ Wh + b)
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
    dhs = size * rng.normal(size=(sizes.B, sizes.T, sizes.H))
    return dhs, x, h0, c0, np.stack(hs, axis=1), np.stack(cs, axis=1), Wx, Wh, b


def forget_gates(rng: np.random.Generator, sizes: Sizes, closed: bool = False) -> tuple[Array]:
    """Forget gates (B, T, H) that let most pass; ``closed``: some, one in the middle at least, are exactly 0."""
    f = rng.uniform(0.4, 0.95, size=(sizes.B, sizes.T, sizes.H))
    if closed:
        f[rng.random(f.shape) < 0.2] = 0.0
        f[0, sizes.T // 2, 0] = 0.0
        f[0, sizes.T // 2 + 1 :, 0] = 0.5  # what comes later is still there
    return (f,)


def module(
    rng: np.random.Generator, sizes: Sizes, change: Callable[[Case], Case] = tuple
) -> tuple[dict[str, Array], Array, Array, Array]:
    """The state dict of torch.nn.LSTMCell, x (B, D), h and c (B, H); ``change`` is `huge` or `tiny`."""
    x, h, c, Wx, Wh, b = change(step(rng, sizes))
    bias_ih = away_from_zero(rng, 0.1, 0.3, (4 * sizes.H,))
    return {"weight_ih": Wx.T.copy(), "weight_hh": Wh.T.copy(), "bias_ih": bias_ih, "bias_hh": b}, x, h, c


def huge(case: Case) -> Case:
    """The same case with inputs of 1e3, so that every sum is far out, half of them at either end.

    The inputs of an example have one sign, and the weights of a sum too: nothing cancels, as `inputs.huge` says.
    """
    x, *states, Wx, Wh, b = case
    signs = np.sign(x.reshape(len(x), -1)[:, 0]).reshape(-1, *[1] * (x.ndim - 1))
    ends = np.where(np.arange(Wx.shape[1]) % 3 == 0, -1.0, 1.0)
    return np.broadcast_to(1e3 * signs, x.shape).copy(), *states, ends * (np.abs(Wx) + 0.1), Wh, b


def _gates(sums: Array) -> tuple[Array, ...]:
    i, f, g, o = np.split(sums, 4, axis=1)
    return _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)


def _sigmoid(z: Array) -> Array:
    return (1 + np.tanh(z / 2)) / 2
