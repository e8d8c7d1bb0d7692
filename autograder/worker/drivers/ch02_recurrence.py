"""Drivers of ch02_recurrence: a learner's class is built, fed and asked here, and only arrays come back.

Each driver is an object named like the exercise; its functions take the learner's class first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.worker import modules
from autograder.worker.modules import Array, Kind, State

CELL = Kind("RNNCell", "torch.nn.RNNCell", ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))


class RNNCell:
    """Drives `RNNCell(n_in, n_hidden)`; weights are dicts of arrays with the names of torch.nn.RNNCell's."""

    @staticmethod
    def parameters(cls: type, n_in: int, n_hidden: int) -> dict[str, list[int]]:
        """The shape of each parameter, by name."""
        return modules.parameters(CELL, cls, (n_in, n_hidden))

    @staticmethod
    def not_trained(cls: type, n_in: int, n_hidden: int) -> str:
        """A sentence on the tensors that should be parameters and are none; "" when there are none."""
        return modules.not_trained(CELL, cls, (n_in, n_hidden))

    @staticmethod
    def forward(cls: type, weights: State, x: Array, h: Array, device: str = "cpu") -> Any:
        """The new h (B, n_hidden) that a cell with these weights makes of x (B, n_in) and h (B, n_hidden)."""
        return modules.forward(CELL, cls, _sizes(weights), weights, (x, h), device)

    @staticmethod
    def second_call(
        cls: type, weights: State, x_before: Array, h_before: Array, x: Array, h: Array, device: str = "cpu"
    ) -> Any:
        """What the same cell makes of x and h after it was called with x_before and h_before."""
        return modules.second_call(CELL, cls, _sizes(weights), weights, (x_before, h_before), (x, h), device)

    @staticmethod
    def gradients(
        cls: type, weights: State, x: Array, h: Array, upstream: Array, device: str = "cpu"
    ) -> dict[str, Array | None]:
        """Gradients of sum(result * upstream) by name: x, h, and each of the weights; None where none arrives."""
        inputs = {"x": x, "h": h}
        return modules.gradients(
            CELL, cls, _sizes(weights), weights, inputs, lambda given: (given["x"], given["h"]), [upstream], device
        )

    @staticmethod
    def device_clash(cls: type, n_in: int, n_hidden: int, batch: int) -> str:
        """The line of your code where a tensor on the CPU would meet one on a GPU; "" when there is none."""
        args = np.full((batch, n_in), 0.1), np.full((batch, n_hidden), 0.1)
        return modules.device_clash(CELL, cls, (n_in, n_hidden), args)


def _sizes(weights: State) -> tuple[int, int]:
    """n_in and n_hidden of a cell with these weights."""
    n_hidden, n_in = weights["weight_ih"].shape
    return n_in, n_hidden
