"""A lamp in fog: what is seen of it, machines that learn to remember it, and what each one keeps and computes."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import torch

from book.memories import Attention, Filter, LinearState, Machine, NoMemory, Recurrent, Window
from book.style import BLUE, ORANGE, figure

Array = np.ndarray

TURNS, RIGHT, WRONG = 0.02, 0.3, 0.1  # chances at each step: the lamp turns; it is seen as it is; as it is not


def streams(B: int, T: int, seed: int) -> tuple[Array, Array]:
    """What is seen (B, T): -1 off, 0 fog, 1 on; and what the lamp is (B, T): -1 or 1."""
    rng = np.random.default_rng(seed)
    turned = rng.random((B, T)) < TURNS
    turned[:, 0] = rng.random(B) < 0.5
    lamp = turned.cumsum(axis=1) % 2 * 2 - 1
    chance = rng.random((B, T))
    return np.where(chance < RIGHT, lamp, np.where(chance < RIGHT + WRONG, -lamp, 0)), lamp


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
    machine, memory = copy(machine), machine.start(1)
    numbers = {name: value for name, value in vars(machine).items() if isinstance(value, np.ndarray | np.floating)}
    vars(machine).update({name: np.asarray(value).view(Counted) for name, value in numbers.items()})
    for step in range(t - 1):
        memory, _ = machine.step(memory, x[:, step])
    Counted.done = 0
    memory, _ = machine.step(tuple(part.view(Counted) for part in memory), x[:, t - 1].view(Counted))
    return sum(part.size for part in memory), Counted.done


def print_costs(machines: dict[str, Machine]) -> dict[str, tuple[list[int], list[int]]]:
    """Numbers that each machine keeps, and operations of a step, after 10, 100 and 1000 steps; as a table, too."""
    table = {}
    print("after t steps  numbers kept     computed in a step")
    print("           t =   10  100  1000    10  100  1000")
    for name, machine in machines.items():
        costs = [cost(machine, t) for t in (10, 100, 1000)]
        kept, computed = [n for n, _ in costs], [n for _, n in costs]
        print(f"{name:14}", *(f"{n:4}" for n in kept), "  ", *(f"{n:4}" for n in computed))
        table[name] = kept, computed
    return table


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
