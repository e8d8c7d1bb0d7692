"""Small LSTMs for the chapter about gates: streams to learn from, training, and what the gates do afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from solutions.ch04_lstm import lstm_gates, lstm_step

Array = np.ndarray
Stream = Callable[[int, int], tuple[Tensor, Tensor]]  # (B, T) -> inputs (B, T, D), targets (B, T)


def marked(B: int, T: int, which: str) -> tuple[Tensor, Tensor]:
    """Inputs (value, mark) (B, T, 2); target: the value at the "latest" mark or at the "first", 0 before any, (B, T)."""
    value = 2.0 * torch.randint(0, 2, (B, T)) - 1
    mark = (torch.rand(B, T) < 0.15).float()
    mark[range(B), torch.randint(0, 5, (B,))] = 1  # so that one comes early
    latest = torch.where(mark > 0, torch.arange(T), 0).cummax(dim=1).values
    at = latest if which == "latest" else mark.argmax(dim=1, keepdim=True).expand(B, T)
    return torch.stack([value, mark], dim=2), value.gather(1, at) * (mark.cumsum(dim=1) > 0)


def count(B: int, T: int) -> tuple[Tensor, Tensor]:
    """Inputs (tick, reset) (B, T, 2); target: the ticks since the last reset, (B, T)."""
    reset = (torch.rand(B, T) < 0.2).float()
    tick = (torch.rand(B, T) < 0.5).float() * (1 - reset)
    total = tick.cumsum(dim=1)
    before = torch.where(reset > 0, total, 0).cummax(dim=1).values
    return torch.stack([tick, reset], dim=2), total - before


class Net(nn.Module):
    """An LSTM and a linear read-out of one number; forget biases start at 1, or f is 1 for good."""

    def __init__(self, H: int, keep_all: bool = False) -> None:
        super().__init__()
        self.cell, self.output = nn.LSTM(2, H, batch_first=True), nn.Linear(H, 1)
        self.forget, self.keep_all = slice(H, 2 * H), keep_all
        self.set_bias(1.0, self.forget)
        self.hold()

    @torch.no_grad()
    def set_bias(self, beta: float, gate: slice) -> None:
        """Both of PyTorch's biases of that gate: their sum becomes beta."""
        self.cell.bias_ih_l0[gate], self.cell.bias_hh_l0[gate] = beta, 0

    @torch.no_grad()
    def hold(self) -> None:
        """With keep_all, nothing reaches the forget gates but a bias of 40, of which the sigmoid is 1."""
        if self.keep_all:
            self.cell.weight_ih_l0[self.forget] = 0
            self.cell.weight_hh_l0[self.forget] = 0
            self.set_bias(40.0, self.forget)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, 2) -> (B, T)."""
        return self.output(self.cell(x)[0])[:, :, 0]

    def weights(self) -> tuple[Array, Array, Array]:
        """In the letters of the exercises, float64: Wx (2, 4H), Wh (H, 4H), b (4H,)."""
        cell = self.cell
        parts = cell.weight_ih_l0.T, cell.weight_hh_l0.T, cell.bias_ih_l0 + cell.bias_hh_l0
        Wx, Wh, b = (part.detach().double().numpy() for part in parts)
        return Wx, Wh, b


def sign_loss(z: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of the target's sign, where there is a target."""
    return nn.functional.binary_cross_entropy_with_logits(z[y != 0], (y[y != 0] > 0).float())


@torch.no_grad()
def signs_right(net: Net, stream: Stream) -> float:
    """Part of the signs that are right, on 1000 fresh sequences of 20 steps."""
    x, y = stream(1000, 20)
    return ((net(x) > 0) == (y > 0))[y != 0].float().mean().item()


def train(net: Net, stream: Stream, loss: Callable[[Tensor, Tensor], Tensor], steps: int, T: int = 20) -> Net:
    """Adam, rate 0.03, 32 fresh sequences of T inputs at each step."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(steps):
        x, y = stream(32, T)
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()
        net.hold()
    return net


def follow(x: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Array]:
    """The solutions' LSTM over x (B, T, D): gates i, f, g, o (4, B, T, H), outputs and cells (B, T, H)."""
    h = c = np.zeros((len(x), len(Wh)))
    gates, hs, cs = [], [], []
    for t in range(x.shape[1]):
        gates.append(lstm_gates(x[:, t], h, Wx, Wh, b))
        h, c = lstm_step(x[:, t], h, c, Wx, Wh, b)
        hs.append(h)
        cs.append(c)
    return np.stack(gates, axis=2), np.stack(hs, axis=1), np.stack(cs, axis=1)
