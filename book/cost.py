"""What back-propagation through time costs: bytes kept, multiplications, and the longest chain, all counted exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from solutions.ch02_recurrence import RNNCell


class Reader(torch.nn.Module):
    """A recurrent network that reads D features and names one of V symbols at every step."""

    def __init__(self, D: int, H: int, V: int) -> None:
        super().__init__()
        self.cell, self.output = RNNCell(D, H), torch.nn.Linear(H, V)

    def forward(self, x: torch.Tensor, y: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x (B, T, D), y (B, T), h (B, H) -> the loss, summed over all steps, and the last state (B, H)."""
        losses = []
        for x_t, y_t in zip(x.unbind(1), y.unbind(1), strict=True):
            h = self.cell(x_t, h)
            losses.append(cross_entropy(self.output(h), y_t, reduction="sum"))
        return torch.stack(losses).sum(), h


def kept(run: Callable[[], Any], *but: torch.Tensor) -> tuple[int, Any]:
    """How many bytes PyTorch keeps for the way back through what `run` does, and what it returns.

    Each piece of memory counts once, and those of the tensors in `but`, which exist anyway, not at all.
    """
    pieces: dict[int, torch.UntypedStorage] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        piece = tensor.untyped_storage()
        pieces[piece.data_ptr()] = piece  # held, so that no other piece can get its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = run()
    others = {tensor.untyped_storage().data_ptr() for tensor in but}
    return sum(piece.nbytes() for address, piece in pieces.items() if address not in others), result


def multiplications(run: Callable[[], Any]) -> int:
    """How many multiplications the matrix products take in what `run` does."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2  # it counts an addition for each of them, too


def longest_chain(last: Any) -> int:
    """The most operations, behind this grad_fn, of which each has to wait for the one before."""
    length: dict[Any, int] = {None: 0}
    to_do = [last]
    while to_do:
        before = [node for node, _ in to_do[-1].next_functions]
        waiting = [node for node in before if node not in length]
        if waiting:
            to_do += waiting
        else:
            length[to_do.pop()] = 1 + max(length[node] for node in before or [None])
    return length[last]


def same_direction(a: Any, b: Any) -> float:
    """The cosine of the angle between two gradients of any shape."""
    return float((a * b).sum() / ((a * a).sum() * (b * b).sum()) ** 0.5)
