"""A lamp in fog, machines that remember it, and a count of what each one keeps and computes.

A machine has ``start(B) -> memory``, a tuple of arrays with one row for each of B streams, and
``step(memory, x) -> memory, belief``: x (B,) is -1, 0 or 1, and a belief (B,) above 0 says that the lamp is on.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

from book.style import BLUE, ORANGE, figure
from solutions.ch02_recurrence import rnn_step

Array = np.ndarray
Memory = tuple[Array, ...]

TURNS, RIGHT, WRONG = 0.02, 0.3, 0.1  # chances at each step: the lamp turns; it is seen as it is; as it is not


def streams(B: int, T: int, seed: int) -> tuple[Array, Array]:
    """What is seen (B, T): -1 off, 0 fog, 1 on; and what the lamp is (B, T): -1 or 1."""
    rng = np.random.default_rng(seed)
    turned = rng.random((B, T)) < TURNS
    turned[:, 0] = rng.random(B) < 0.5
    lamp = turned.cumsum(axis=1) % 2 * 2 - 1
    chance = rng.random((B, T))
    return np.where(chance < RIGHT, lamp, np.where(chance < RIGHT + WRONG, -lamp, 0)), lamp


class Machine(Protocol):
    """What all machines can do."""

    def start(self, B: int) -> Memory: ...

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]: ...


class Window:
    """The last k sights, and a table of what the lamp was on average after each possible window."""

    def __init__(self, x: Array, lamp: Array, k: int) -> None:
        self.k, self.places = k, 3 ** np.arange(k)
        memory, total, seen = self.start(len(x)), np.zeros(3**k), np.zeros(3**k)
        for t in range(x.shape[1]):
            memory = (self.shift(memory, x[:, t]),)
            np.add.at(total, self.row(memory), lamp[:, t])
            np.add.at(seen, self.row(memory), 1)
        self.table = total / np.maximum(seen, 1)

    def start(self, B: int) -> Memory:
        return (np.zeros((B, self.k)),)

    def shift(self, memory: Memory, x: Array) -> Array:
        return np.concatenate([memory[0][:, 1:], x[:, None]], axis=1)

    def row(self, memory: Memory) -> Array:
        return ((memory[0] + 1) @ self.places).astype(int)

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        memory = (self.shift(memory, x),)
        return memory, self.table[self.row(memory)]


class Filter:
    """The filter of a hidden Markov model: how probable it is that the lamp is off, and on."""

    def __init__(self, x: Array, lamp: Array) -> None:
        on = (lamp + 1) // 2
        self.turn = np.zeros((2, 2))  # from a lamp, to a lamp
        np.add.at(self.turn, (on[:, :-1], on[:, 1:]), 1)
        self.turn /= self.turn.sum(axis=1, keepdims=True)
        self.sight = np.zeros((3, 2))  # of fog, on, off (its index is -1: the last row), under a lamp
        np.add.at(self.sight, (x, on), 1)
        self.sight /= self.sight.sum(axis=0)

    def start(self, B: int) -> Memory:
        return (np.full((B, 2), 0.5),)

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        p = memory[0] @ self.turn * self.sight[x]
        p = p / p.sum(axis=1, keepdims=True)
        return (p,), p[:, 1] - p[:, 0]


class Attention:
    """A cache of all sights: each weighs less the older it is, and fog weighs nothing."""

    def __init__(self, a: float) -> None:
        self.fade, self.key = -np.log(a), np.array([-30.0, 0.0, 0.0])  # of fog, on, off

    def start(self, B: int) -> Memory:
        return np.zeros((B, 0)), np.zeros((B, 0))

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        keys = np.concatenate([memory[0], self.key[x][:, None]], axis=1)
        values = np.concatenate([memory[1], x[:, None]], axis=1)
        age = np.arange(keys.shape[1])[::-1]
        weights = np.exp(keys - self.fade * age)
        return (keys, values), (weights * values).sum(axis=1) / weights.sum(axis=1)


class LinearState:
    """One number, which fades and takes in what is new: a state space without a nonlinearity."""

    def __init__(self, a: float) -> None:
        self.a = a

    def start(self, B: int) -> Memory:
        return (np.zeros(B),)

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        h = self.a * memory[0] + x
        return (h,), h


class Recurrent:
    """A trained RNN: one step of ``net`` by the solution's own function, and the read-out."""

    def __init__(self, net: torch.nn.RNN, output: torch.nn.Linear) -> None:
        w = {name: p.detach().numpy().astype(float) for name, p in net.named_parameters()}
        self.Wx, self.Wh = w["weight_ih_l0"].T, w["weight_hh_l0"].T
        self.b = w["bias_ih_l0"] + w["bias_hh_l0"]
        self.Wy, self.by = output.weight.detach().numpy()[0].astype(float), output.bias.item()

    def start(self, B: int) -> Memory:
        return (np.zeros((B, len(self.b))),)

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        h = rnn_step(x[:, None], memory[0], self.Wx, self.Wh, self.b)
        return (h,), h @ self.Wy + self.by


class NoMemory:
    """What is seen now, and nothing else."""

    def start(self, B: int) -> Memory:
        return ()

    def step(self, memory: Memory, x: Array) -> tuple[Memory, Array]:
        return (), x


def train(x: Array, lamp: Array, seed: int, H: int = 8, steps: int = 100) -> Recurrent:
    """An RNN trained on what was seen, x (B, T), and what was: lamp (B, T)."""
    torch.manual_seed(seed)
    net, output = torch.nn.RNN(1, H, batch_first=True), torch.nn.Linear(H, 1)
    optimizer = torch.optim.Adam([*net.parameters(), *output.parameters()], lr=0.02)
    inputs, targets = torch.tensor(x).float()[..., None], torch.tensor(lamp).float()
    for _ in range(steps):
        optimizer.zero_grad()
        belief = output(net(inputs)[0])[..., 0]
        torch.nn.functional.soft_margin_loss(belief, targets).backward()
        optimizer.step()
    return Recurrent(net, output)


def learn(x: Array, lamp: Array, seed: int) -> dict[str, Machine]:
    """All machines, fitted to what was seen, x (B, T), and what was: lamp (B, T)."""
    a = max(np.arange(0.5, 1, 0.05), key=lambda a: accuracy(LinearState(a), x, lamp))
    return {
        "no memory": NoMemory(),
        "window of 5": Window(x, lamp, k=5),
        "HMM filter": Filter(x, lamp),
        "attention": Attention(a),
        "linear state": LinearState(a),
        "RNN": train(x, lamp, seed),
    }


def beliefs(machine: Machine, x: Array) -> Array:
    """The beliefs after every step, (B, T)."""
    memory, found = machine.start(len(x)), []
    for t in range(x.shape[1]):
        memory, belief = machine.step(memory, x[:, t])
        found.append(belief)
    return np.stack(found, axis=1)


def accuracy(machine: Machine, x: Array, lamp: Array) -> float:
    """How often the belief is right; no belief either way counts as half."""
    return float((np.sign(beliefs(machine, x)) * lamp).mean() + 1) / 2


class Counted(Array):
    """An array that counts what is done with it: each sum, product, quotient, exponential and tanh is one."""

    done = 0
    __array_priority__ = 1  # joined with others, it still counts

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Array, **kwargs: Any) -> Array:
        plain = [np.asarray(one) for one in inputs]
        result = np.asarray(getattr(ufunc, method)(*plain, **kwargs))
        if ufunc is np.matmul:  # each entry: n products and n - 1 sums
            Counted.done += result.size * (2 * plain[1].shape[0] - 1)
        else:
            Counted.done += plain[0].size - result.size if method == "reduce" else result.size
        return result.view(Counted)


def cost(machine: Machine, t: int) -> tuple[int, int]:
    """Numbers that the machine keeps of one stream after t steps, and operations of the t-th step."""
    x, _ = streams(1, t, seed=0)
    memory = machine.start(1)
    for step in range(t - 1):
        memory, _ = machine.step(memory, x[:, step])
    Counted.done = 0
    memory, _ = machine.step(tuple(part.view(Counted) for part in memory), x[:, t - 1].view(Counted))
    return sum(part.size for part in memory), Counted.done


def draw(machines: dict[str, Machine], T: int, seed: int) -> None:
    """One stream: the lamp, what is seen of it, and how probable each of two machines thinks it is that it is on."""
    sights, lamp = streams(1, T, seed)
    picture, axes = figure(height=3.6)
    steps = np.arange(T)
    for sign, marker, name in ((1, "^", "seen on"), (-1, "v", "seen off")):
        at = steps[sights[0] == sign]
        axes.scatter(at, np.full(len(at), 1.25 + 0.07 * sign), 20, "black", marker=marker, label=name)
    axes.fill_between(steps, (lamp[0] + 1) / 2, step="mid", color="#dddddd", label="lamp is on")
    for (name, machine), colour, line in zip(machines.items(), (BLUE, ORANGE), ("-", "--"), strict=True):
        belief = beliefs(machine, sights)[0]
        chance = 1 / (1 + np.exp(-belief)) if isinstance(machine, Recurrent) else (belief + 1) / 2
        axes.plot(steps, chance, line, color=colour, label=name)
    axes.set(xlabel="step", ylabel="P(lamp is on)", ylim=(-0.05, 1.45), yticks=(0, 0.5, 1))
    picture.legend(loc="outside upper center", ncols=3)
