"""Machines that remember a stream of sights, each in its own way; ``fog.py`` tries them.

A machine has ``start(B) -> memory``, a tuple of arrays with one row for each of B streams, and
``step(memory, x) -> memory, belief``: x (B,) is -1, 0 or 1, and a belief (B,) above 0 says that the lamp is on.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from solutions.ch02_recurrence import rnn_step

Array = np.ndarray
Memory = tuple[Array, ...]


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
