"""Small LSTMs for the chapter about gates: streams to learn from, training, and what the gates do afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from book.style import BLUE, GRAY, GREEN, ORANGE, figure
from solutions.ch04_lstm import cell_memory, lstm_backward, lstm_gates, lstm_step

Array = np.ndarray
Stream = Callable[[int, int], tuple[Tensor, Tensor]]  # (B, T) -> inputs (B, T, D), targets (B, T)


def marked(B: int, T: int, which: str) -> tuple[Tensor, Tensor]:
    """Inputs (value, mark) (B, T, 2); target: the value at the "latest" or the "first" mark, 0 before any."""
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
        for name, value in (("bias_ih_l0", beta), ("bias_hh_l0", 0.0)):
            self.cell.get_parameter(name)[gate] = value

    @torch.no_grad()
    def hold(self) -> None:
        """With keep_all, nothing reaches the forget gates but a bias of 40, of which the sigmoid is 1."""
        if self.keep_all:
            for name in ("weight_ih_l0", "weight_hh_l0"):
                self.cell.get_parameter(name)[self.forget] = 0
            self.set_bias(40.0, self.forget)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, 2) -> (B, T)."""
        return self.output(self.cell(x)[0])[:, :, 0]

    def weights(self) -> tuple[Array, Array, Array]:
        """In the letters of the exercises, float64: Wx (2, 4H), Wh (H, 4H), b (4H,)."""
        names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
        Wx, Wh, *b = (self.cell.get_parameter(name).detach().double().numpy().T for name in names)
        return Wx, Wh, b[0] + b[1]


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


def left(up: Array, x: Array, Wx: Array, Wh: Array, b: Array, at: list[int]) -> tuple[list[float], list[float]]:
    """Gradient at the cells of the steps `at`, relative to the last cell: by the direct path, and all of it.

    up (B, H) is what reaches the last output, x (B, T, D) the inputs.
    """
    (_, f, _, o), hs, cs = follow(x, Wx, Wh, b)
    slope = o * (1 - np.tanh(cs) ** 2)  # from h to c
    last = up * slope[:, -1]
    size = np.linalg.norm(last)
    direct = [float(np.linalg.norm(last * part) / size) for part in cell_memory(f).swapaxes(0, 1)[at]]
    whole = []
    for t in at:  # what the steps after t send back to their first states
        dhs = np.zeros_like(hs[:, t + 1 :])
        dhs[:, -1] = up
        states = hs[:, t], cs[:, t], hs[:, t + 1 :], cs[:, t + 1 :]
        _, dh, dc, *_ = lstm_backward(dhs, x[:, t + 1 :], *states, Wx, Wh, b)
        whole.append(float(np.linalg.norm(dc + dh * slope[:, t]) / size))
    return direct, whole


def switched(x: Array, y: Array, Wx: Array, gate: Callable[[Array], Array]) -> float:
    """Squared error of a unit whose gates have that curve: x (B, T, 2), y (B, T), Wx (2, 4); Wh and b_f are 1."""
    h = c = np.zeros((len(x), 1))
    error = 0.0
    for t in range(x.shape[1]):
        a_i, a_f, a_g, a_o = np.split(x[:, t] @ Wx + h, 4, axis=1)
        c = gate(a_f + 1) * c + gate(a_i) * np.tanh(a_g)
        h = gate(a_o) * np.tanh(c)
        error += float(((h[:, 0] - y[:, t]) ** 2).mean())
    return error / x.shape[1]


def draw_forget_gates(latest: Array, first: Array) -> None:
    """The forget gates (2, 20) of two nets: of the first with both inputs, of the second with the first input."""
    picture, axes = figure(height=3.2)
    axes.plot(latest[0], "-o", color=BLUE, ms=5, label="latest, marks at 5 and 14")
    axes.plot(latest[1], "--s", color=ORANGE, ms=4, label="latest, mark at 14")
    axes.plot(first[0], ":^", color=GREEN, ms=5, label="first, marks at 5 and 14")
    axes.set(ylim=(-0.05, 1.05), xlabel="step", ylabel="forget gate", xticks=range(0, 20, 5))
    picture.legend(loc="outside upper center", ncols=1)


def draw_left(at: list[int], found: dict[float, tuple[list[float], list[float]]]) -> None:
    """What is left at the steps `at`, by forget bias: dotted by the direct path, solid all of it."""
    _, axes = figure(height=3.4)
    for (beta, (direct, whole)), color, marker in zip(found.items(), (ORANGE, GREEN, BLUE), "os^", strict=True):
        axes.semilogy(at, whole, "-", marker=marker, color=color, ms=5)
        axes.semilogy(at, direct, ":", marker=marker, color=color, ms=3)
        axes.annotate(f"bias {beta:.0f}", (at[0], whole[0]), (6, 8), textcoords="offset points", color=color)
    axes.axhline(1, color=GRAY, lw=1)
    axes.set(xlabel="step", ylabel="part that is left", ylim=(1e-17, 1e3))
