"""Drivers of ch01_feedforward: a learner's class is built, fed and asked here, and only arrays come back.

Each driver is an object named like the exercise; its functions take the learner's class first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.worker import modules
from autograder.worker.modules import Array, Kind, State

PARAMETERS = ("embed.weight", "hidden.weight", "hidden.bias", "output.weight", "output.bias")
WINDOW = Kind("WindowMLP", "the three layers embed, hidden and output", PARAMETERS)


class WindowMLP:
    """Drives `WindowMLP(n_symbols, k, n_embed, n_hidden)`; weights are dicts of arrays by the parameters' names."""

    @staticmethod
    def parameters(cls: type, n_symbols: int, k: int, n_embed: int, n_hidden: int) -> dict[str, list[int]]:
        """The shape of each parameter, by name."""
        return modules.parameters(WINDOW, cls, (n_symbols, k, n_embed, n_hidden))

    @staticmethod
    def forward(cls: type, weights: State, ids: Array, device: str = "cpu") -> Any:
        """The logits (B, n_symbols) that a module with these weights makes of the windows ids (B, k)."""
        return modules.forward(WINDOW, cls, _sizes(weights, ids), weights, (ids,), device)

    @staticmethod
    def gradients(
        cls: type, weights: State, ids: Array, upstream: Array, device: str = "cpu"
    ) -> dict[str, Array | None]:
        """Gradients of sum(logits * upstream) by name of the parameter; None where none arrives."""
        return modules.gradients(
            WINDOW, cls, _sizes(weights, ids), weights, {"ids": ids}, lambda given: (given["ids"],), [upstream], device
        )

    @staticmethod
    def device_clash(cls: type, n_symbols: int, k: int, n_embed: int, n_hidden: int, batch: int) -> str:
        """The line of your code where a tensor on the CPU would meet one on a GPU; "" when there is none."""
        ids = np.zeros((batch, k), int)
        return modules.device_clash(WINDOW, cls, (n_symbols, k, n_embed, n_hidden), (ids,))


def _sizes(weights: State, ids: Array) -> tuple[int, int, int, int]:
    """n_symbols, k, n_embed and n_hidden of a module with these weights."""
    n_symbols, n_embed = weights["embed.weight"].shape
    return n_symbols, ids.shape[1], n_embed, len(weights["hidden.bias"])
