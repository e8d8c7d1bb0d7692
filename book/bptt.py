"""Training by back-propagation through time, with the functions of the exercises, and how much survives of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from book.style import BLUE, GRAY, ORANGE, figure
from solutions.ch01_feedforward import softmax_cross_entropy
from solutions.ch02_recurrence import RNNCell, rnn_forward
from solutions.ch03_bptt import (
    clip_by_global_norm,
    readout_backward,
    rnn_backward,
    state_jacobian_norms,
    train_step,
    truncated_backward,
)

Array = np.ndarray


def start_weights(rng: np.random.Generator, V: int, H: int) -> list[Array]:
    """Wx (V, H), Wh (H, H), b (H,), Wy (H, V), by (V,), each uniform in -1/sqrt(H) .. 1/sqrt(H) as in PyTorch."""
    bound = H**-0.5
    return [rng.uniform(-bound, bound, size=size) for size in ((V, H), (H, H), (H,), (H, V), (V,))]


def recall_batch(rng: np.random.Generator, lag: int, B: int, T: int, V: int) -> tuple[Array, Array, Array]:
    """Random symbols, one-hot (B, T, V); the symbol of `lag` steps ago (B, T); True where there is one (B, T)."""
    ids = rng.integers(V, size=(B, T))
    return np.eye(V)[ids], np.roll(ids, lag, axis=1), np.broadcast_to(np.arange(T) >= lag, (B, T))


def gradients(weights: list[Array], batch: tuple[Array, Array, Array], k: int) -> tuple[float, list[Array]]:
    """The mean loss on the batch, and its gradients by Wx, Wh, b, Wy, by; none goes back across a chunk of k steps."""
    Wx, Wh, b, Wy, by = weights
    x, y, mask = batch
    h0 = np.zeros((len(x), len(Wh)))
    hs = rnn_forward(x, h0, Wx, Wh, b)
    logits = hs @ Wy + by
    loss, dlogits = softmax_cross_entropy(logits.reshape(-1, len(by)), y.flatten(), mask.flatten())
    dhs, dWy, dby = readout_backward(dlogits.reshape(logits.shape), hs, Wy)
    dWx, dWh, db = truncated_backward(dhs, x, h0, hs, Wx, Wh, k)
    return loss, [dWx, dWh, db, dWy, dby]


def train(k: int, seed: int, lag: int, T: int, frozen: bool = False, steps: int = 200) -> tuple[float, list[Array]]:
    """The mean loss of the last 20 steps of training, and the weights; frozen: the read-out alone learns."""
    rng, losses = np.random.default_rng(seed), []
    weights = start_weights(rng, V=4, H=24)
    parameters = [torch.from_numpy(w) for w in weights]  # the same memory: what Adam changes is `weights`
    adam = torch.optim.Adam(parameters[3:] if frozen else parameters, lr=0.01)
    for _ in range(steps):
        loss, grads = gradients(weights, recall_batch(rng, lag, B=16, T=T, V=4), k)
        for parameter, grad in zip(parameters, clip_by_global_norm(grads, 1.0)[0], strict=True):
            parameter.grad = torch.from_numpy(grad)
        adam.step()
        losses.append(loss)
    return float(np.mean(losses[-20:])), weights


def survival(weights: list[Array], lag: int, T: int = 40) -> Array:
    """At index n, the norm of the derivative of the last state by that n steps before; geometric mean of 64 runs."""
    x, _, _ = recall_batch(np.random.default_rng(9), lag, B=64, T=T, V=4)
    hs = rnn_forward(x, np.zeros((64, len(weights[1]))), *weights[:3])
    norms = [state_jacobian_norms(run, weights[1]) for run in hs]
    return np.exp(np.log(norms).mean(axis=0))[::-1]


def print_survival(rows: dict[str, list[Array]], places: tuple[int, ...]) -> None:
    """The norms of `survival` at some numbers of steps back: a row for each name and number, a column for each seed."""
    print("steps back            seeds 0, 1, 2")
    for name, seeds in rows.items():
        for back in places:
            print(f"{back:2} {name:15}", *(f"{norms[back]:6.0e}" for norms in seeds))


def draw_survival(rows: dict[str, list[Array]], lag: int) -> None:
    """The norms of `survival` against the steps back: a style for each name, a line for each seed."""
    picture, axes = figure(height=3.4)
    for (name, seeds), look in zip(rows.items(), ((GRAY, ":"), (ORANGE, "--"), (BLUE, "-")), strict=True):
        axes.semilogy(np.transpose(seeds), look[1], color=look[0])
        axes.plot([], look[1], color=look[0], label=name)
    axes.axvline(lag, color="black", linewidth=1)
    axes.text(lag + 0.7, 3e-9, "the symbol asked for")
    axes.set(xlabel="steps back", ylabel="norm", ylim=(1e-9, 1e3))
    picture.legend(loc="outside upper center", ncols=2)


def descend(w: float, b: float, max_norm: float) -> tuple[float, float]:
    """One unit, 200 steps of descent -> the loss at the end, and the longest gradient on the way, before clipping."""
    x, h0, Wx = np.zeros((1, 50, 1)), np.full((1, 1), 0.5), np.zeros((1, 1))
    Wh, bias, longest = np.full((1, 1), w), np.full(1, b), 0.0
    for _ in range(200):
        hs, dhs = rnn_forward(x, h0, Wx, Wh, bias), np.zeros((1, 50, 1))
        error = hs[0, -1, 0] + 0.7
        dhs[0, -1] = 2 * error
        *_, dWh, db = rnn_backward(dhs, x, h0, hs, Wx, Wh)
        (dWh, db), norm = clip_by_global_norm([dWh, db], max_norm)
        Wh, bias, longest = Wh - 0.1 * dWh, bias - 0.1 * db, max(longest, norm)
    return float(error**2), longest


class Reader(torch.nn.Module):
    """Four symbols in, the chances of four symbols out; 24 units."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.output = RNNCell(4, 24), torch.nn.Linear(24, 4)

    def forward(self, x: torch.Tensor, h: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """x (B, T) whole numbers -> logits (B, T, 4), the last state (B, 24)."""
        h, logits = torch.zeros(len(x), 24) if h is None else h, []
        for symbol in torch.nn.functional.one_hot(x, 4).float().unbind(1):
            h = self.cell(symbol, h)
            logits.append(self.output(h))
        return torch.stack(logits, dim=1), h


def right_by_step(carry: bool, seed: int, lag: int = 4, k: int = 5) -> Array:
    """How often right in the last 50 of 300 chunks, at each of the k steps of a chunk."""
    torch.manual_seed(seed)
    stream, net = torch.randint(4, (32, 300 * k + lag)), Reader()
    state: Any = None
    adam, right = torch.optim.Adam(net.parameters(), lr=0.01), []
    for start in range(0, 300 * k, k):
        x, y = stream[:, start + lag : start + lag + k], stream[:, start : start + k]
        with torch.no_grad():
            right.append((net(x, state)[0].argmax(dim=2) == y).double().mean(dim=0))
        _, state = train_step(net, adam, x, y, state)
        state = state if carry else None
    return torch.stack(right[-50:]).mean(dim=0).numpy()
