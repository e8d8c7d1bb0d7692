"""Networks that predict the next symbol of a text, and how they are trained and measured."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.nn.functional import cross_entropy

from solutions.ch03_bptt import train_step

Loop = type[torch.nn.RNN] | type[torch.nn.LSTM]
State = torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None


class Reader(torch.nn.Module):
    """Predicts the next symbol from what its state has kept of the others."""

    def __init__(self, loop: Loop, n_symbols: int, n_embed: int, n_hidden: int) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(n_symbols, n_embed)
        self.loop = loop(n_embed, n_hidden, batch_first=True)
        self.output = torch.nn.Linear(n_hidden, n_symbols)

    def forward(self, ids: torch.Tensor, state: State = None) -> tuple[torch.Tensor, State]:
        """ids (B, T) -> logits (B, T, V) and the last state."""
        hs, state = self.loop(self.embed(ids), state)
        return self.output(hs), state


def streams(ids: torch.Tensor, B: int, T: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """ids (N,) as B streams side by side, in consecutive pieces x, y (B, T): y is the symbol after each x."""
    length = (len(ids) - 1) // B
    x, y = (part[: B * length].view(B, length) for part in (ids[:-1], ids[1:]))
    for start in range(0, length - T + 1, T):
        yield x[:, start : start + T], y[:, start : start + T]


def learning_rate(step: int, steps: int, top: float) -> float:
    """Up to `top` in the first tenth of the steps, then down to 0 on a cosine."""
    warm = steps // 10
    if step < warm:
        return top * (step + 1) / warm
    return top * (1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2


def train_reader(net: Reader, ids: torch.Tensor, steps: int, B: int, T: int, top: float) -> Iterator[tuple[int, float]]:
    """Train for that many steps; the state is handed on from piece to piece. Yields each step and its loss."""
    optimizer = torch.optim.Adam(net.parameters())
    step = 0
    while step < steps:
        state = None  # a new pass over the text starts from nothing
        for x, y in streams(ids, B, T):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps, top)
            loss, state = train_step(net, optimizer, x, y, state)
            yield step, loss
            step += 1
            if step == steps:
                return


def train_window(net: torch.nn.Module, ids: torch.Tensor, k: int, steps: int, B: int, top: float) -> None:
    """Train a network that sees the last k symbols on ids (N,): each step on B windows, drawn at random."""
    X, y = ids.unfold(0, k, 1)[:-1], ids[k:]  # (N-k, k), (N-k,)
    optimizer = torch.optim.Adam(net.parameters())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, top)
        drawn = torch.randint(len(y), (B,))
        optimizer.zero_grad()
        cross_entropy(net(X[drawn]), y[drawn]).backward()
        optimizer.step()


@torch.no_grad()
def reader_bits(net: Reader, ids: torch.Tensor, every: int = 1) -> float:
    """Mean bits per symbol on ids (N,), read as one stream: the N-1 symbols after the first, or some of them."""
    logits, _ = net(ids[None, :-1])
    return cross_entropy(logits[0, ::every], ids[1::every]).item() / math.log(2)


@torch.no_grad()
def window_bits(net: torch.nn.Module, ids: torch.Tensor, k: int, every: int = 1) -> float:
    """Mean bits per symbol on ids (N,) when only the last k are seen; a Reader starts each window from nothing."""
    X, y = ids.unfold(0, k, 1)[:-1:every], ids[k::every]
    logits = net(X)[0][:, -1] if isinstance(net, Reader) else net(X)
    return cross_entropy(logits, y).item() / math.log(2)
