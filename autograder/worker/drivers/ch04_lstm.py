"""Drivers of ch04_lstm: a learner's class is built, fed and asked here, and only arrays come back.

Each driver is an object named like the exercise; its functions take the learner's class first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.worker import modules
from autograder.worker.modules import Array, Kind, State

PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
CELL = Kind("LSTMCell", "torch.nn.LSTMCell", PARAMETERS, results=("h", "c"))


class LSTMCell:
    """Drives `LSTMCell(n_in, n_hidden)`; weights are dicts of arrays with the names of torch.nn.LSTMCell's."""

    @staticmethod
    def parameters(cls: type, n_in: int, n_hidden: int) -> dict[str, list[int]]:
        """The shape of each parameter, by name."""
        return modules.parameters(CELL, cls, (n_in, n_hidden))

    @staticmethod
    def not_trained(cls: type, n_in: int, n_hidden: int) -> str:
        """A sentence on the tensors that should be parameters and are none; "" when there are none."""
        return modules.not_trained(CELL, cls, (n_in, n_hidden))

    @staticmethod
    def forward(cls: type, weights: State, x: Array, h: Array, c: Array, device: str = "cpu") -> Any:
        """The pair (h, c), each (B, n_hidden), that a cell with these weights makes of x (B, n_in) and of h and c."""
        return modules.forward(CELL, cls, _sizes(weights), weights, (x, (h, c)), device)

    @staticmethod
    def second_call(
        cls: type, weights: State, before: list[Array], x: Array, h: Array, c: Array, device: str = "cpu"
    ) -> Any:
        """What the same cell makes of x, h and c after it was called with those in ``before``."""
        x_before, h_before, c_before = before
        earlier = x_before, (h_before, c_before)
        return modules.second_call(CELL, cls, _sizes(weights), weights, earlier, (x, (h, c)), device)

    @staticmethod
    def gradients(
        cls: type, weights: State, x: Array, h: Array, c: Array, dh: Array, dc: Array, device: str = "cpu"
    ) -> dict[str, Array | None]:
        """Gradients of sum(h * dh) + sum(c * dc), of the new h and c, by name: x, h, c, and each of the weights."""
        inputs = {"x": x, "h": h, "c": c}
        return modules.gradients(
            CELL, cls, _sizes(weights), weights, inputs,
            lambda given: (given["x"], (given["h"], given["c"])), [dh, dc], device,
        )  # fmt: skip

    @staticmethod
    def device_clash(cls: type, n_in: int, n_hidden: int, batch: int) -> str:
        """The line of your code where a tensor on the CPU would meet one on a GPU; "" when there is none."""
        state = np.full((batch, n_hidden), 0.1), np.full((batch, n_hidden), 0.1)
        return modules.device_clash(CELL, cls, (n_in, n_hidden), (np.full((batch, n_in), 0.1), state))


def _sizes(weights: State) -> tuple[int, int]:
    """n_in and n_hidden of a cell with these weights."""
    four_hidden, n_in = weights["weight_ih"].shape
    return n_in, four_hidden // 4
