"""Small LSTMs for the chapter about gates: streams to learn from, training, and a look at the trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from book.gate_runs import follow, two_inputs

Array = np.ndarray
Stream = Callable[[int, int], tuple[Tensor, Tensor]]  # (B, T) -> inputs (B, T, D), targets (B, T)
Optimize = Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
ADAM: Optimize = partial(torch.optim.Adam, lr=0.03)
OPTIMIZERS: dict[str, Optimize] = {
    "plain": partial(torch.optim.SGD, lr=1.0),
    "Adam": ADAM,
    "Adam, eps 1e-30": partial(torch.optim.Adam, lr=0.03, eps=1e-30),
}


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


TASKS: dict[str, Stream] = {which: partial(marked, which=which) for which in ("latest", "first")}


def letters(cell: nn.LSTM) -> tuple[Array, Array, Array]:
    """PyTorch's weights in the letters of the exercises, float64: Wx (D, 4H), Wh (H, 4H), b (4H,)."""
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    Wx, Wh, *b = (cell.get_parameter(name).detach().double().numpy().T for name in names)
    return Wx, Wh, b[0] + b[1]


def torch_case(B: int, T: int, D: int, H: int) -> tuple[list[Array], Array, list[Array]]:
    """Random arguments of `lstm_forward`, in its order, a gradient dhs (B, T, H) of its outputs, and PyTorch's answers.

    These are hs and the last cells, and the gradients in the order of `lstm_backward`.
    """
    torch.manual_seed(0)
    cell = nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    x, h0, c0, dhs = (torch.randn(shape, dtype=torch.float64) for shape in ((B, T, D), (1, B, H), (1, B, H), (B, T, H)))
    for part in (x, h0, c0):
        part.requires_grad_()
    hs, (_, c) = cell(x, (h0, c0))
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0"
    wanted = [x, h0, c0, *(cell.get_parameter(name) for name in names)]
    dx, dh0, dc0, *rest = (part.numpy() for part in torch.autograd.grad(hs, wanted, dhs))
    arguments = [x.detach().numpy(), h0[0].detach().numpy(), c0[0].detach().numpy(), *letters(cell)]
    answers = [hs.detach().numpy(), c[0].detach().numpy(), dx, dh0[0], dc0[0], *(part.T for part in rest)]
    return arguments, dhs.numpy(), answers


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
        return letters(self.cell)


def sign_loss(z: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of the target's sign, where there is a target."""
    return nn.functional.binary_cross_entropy_with_logits(z[y != 0], (y[y != 0] > 0).float())


@torch.no_grad()
def signs_right(net: Net, stream: Stream) -> float:
    """Part of the signs that are right, on 1000 fresh sequences of 20 steps."""
    x, y = stream(1000, 20)
    return ((net(x) > 0) == (y > 0))[y != 0].float().mean().item()


def train(
    net: Net, stream: Stream, loss: Callable[[Tensor, Tensor], Tensor], steps: int, optimize: Optimize = ADAM
) -> Net:
    """32 fresh sequences of 20 inputs at each step; by Adam with a rate of 0.03, if nothing else is said."""
    optimizer = optimize(net.parameters())
    for _ in range(steps):
        x, y = stream(32, 20)
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()
        net.hold()
    return net


def trained(
    H: int,
    stream: Stream,
    loss: Callable[[Tensor, Tensor], Tensor],
    keep_all: bool = False,
    seeds: Iterable[int] = range(3),
) -> list[Net]:
    """A net of H units for each seed, trained for 300 steps."""
    nets = []
    for seed in seeds:
        torch.manual_seed(seed)
        nets.append(train(Net(H, keep_all), stream, loss, steps=300))
    return nets


def learners(stream: Stream, seeds: Iterable[int]) -> int:
    """How many of the nets with one unit that start from these seeds get 97 % of the signs right."""
    return sum(signs_right(net, stream) > 0.97 for net in trained(1, stream, sign_loss, seeds=seeds))


def learn_latest(beta: float, optimize: Optimize) -> tuple[Array, Array, Array]:
    """Latest mark, one unit whose input gate has that bias at first, seeds 0 to 2, 200 steps.

    Size of the gradient of that bias before training (3,), part of the signs that are right afterwards (3,), and how
    wide the input gate then opens at most (3,).
    """
    gradients, right, gates = [], [], []
    for seed in range(3):
        torch.manual_seed(seed)
        net = Net(H=1)
        net.set_bias(beta, slice(0, 1))
        x, y = TASKS["latest"](1000, 20)
        (slope,) = torch.autograd.grad(sign_loss(net(x), y), net.cell.get_parameter("bias_ih_l0"))
        gradients.append(abs(slope[0].item()))
        train(net, TASKS["latest"], sign_loss, 200, optimize)
        right.append(signs_right(net, TASKS["latest"]))
        gates.append(follow(x.double().numpy(), *net.weights())[0][0].max())
    return np.array(gradients), np.array(right), np.array(gates)


def forget_and_candidate(net: Net) -> tuple[Array, Array]:
    """Forget gate and candidate of a net with one unit, with the two inputs: (2, 20) each."""
    _, f, g, _ = follow(two_inputs(), *net.weights())[0][..., 0]
    return f, g


def long_run(net: Net, x: Tensor, y: Tensor) -> tuple[float, float, float]:
    """Over x (B, T, 2): squared error in the first and in the last 20 steps, and the largest cell at the end."""
    with torch.no_grad():
        wrong = (net(x) - y).square().mean(dim=0)
    cells = follow(x.double().numpy(), *net.weights())[2]
    return wrong[:20].mean().item(), wrong[-20:].mean().item(), float(np.abs(cells[:, -1]).max())


def adds_only(net: Net, x: Tensor) -> bool:
    """The cell of 1997: over x (B, T, 2) each forget gate is 1, each cell the sum of all i * g until then."""
    (i, f, g, o), hs, cs = follow(x.double().numpy(), *net.weights())
    c = np.cumsum(i * g, axis=1)
    return bool((f == 1).all() and np.allclose(cs, c) and np.allclose(hs, o * np.tanh(c)))
