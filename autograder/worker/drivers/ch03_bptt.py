"""Drivers of ch03_bptt: what a learner's test says of backward functions, and what a learner's step does to a model.

The models are made here, of what the check draws; the backward functions come with the call, as text: some are right,
and nothing right may lie about where learners' code runs. torch is imported where it is needed: `is_correct_backward`
is a NumPy exercise, and has to work without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.worker.calls import Refused

with contextlib.suppress(ImportError):  # where there is no torch
    from autograder.worker import modules

if TYPE_CHECKING:
    import torch

Array = np.ndarray
Backward = Callable[[Array, Array, Array, Array, Array, Array], Any]  # of dhs, x, h0, hs, Wx, Wh


class is_correct_backward:
    """Drives `is_correct_backward(backward)`."""

    @staticmethod
    def verdicts(test: Callable[[Backward], Any], kinds: list[str], numbers: Array, source: str) -> dict[str, str]:
        """What the test calls a backward function of each kind, "right" or "broken"; random numbers make each one new.

        A row of ``numbers``, drawn between 0 and 1, is for one of the kinds; ``source`` makes them: see
        `autograder.checks.backwards`.
        """
        made: dict[str, Any] = {"__name__": "backwards"}
        exec(source, made)
        return {kind: _verdict(test(made["make"](kind, row))) for kind, row in zip(kinds, numbers, strict=True)}


class train_step:
    """Drives `train_step(model, optimizer, x, y, state)`."""

    @staticmethod
    def steps(
        function: Callable[..., Any], model: str, weights: dict[str, Array], x: Array, y: Array, state: Any,
        optimizer: str = "SGD", rate: float = 0.5, stale: float = 0.0, device: str = "cpu",
    ) -> dict[str, Any]:  # fmt: skip
        """Train for x.shape[0] steps in a row on x[n], y[n] (B, T), each from the state that the one before returned.

        ``stale`` fills all gradients before the first step. What comes back: the losses, their types, the states,
        what they are, whether a history hangs on them, and the parameters at the end.
        """
        module = _model(model, weights).to(device)
        if stale:
            for parameter in module.parameters():
                parameter.grad = parameter.detach() * 0 + stale
        chooses = _optimizer(optimizer, module, rate)
        found: dict[str, Any] = {name: [] for name in ("losses", "types", "states", "forms", "histories")}
        given = _tensors(state, device)
        for inputs, targets in zip(x, y, strict=True):
            symbols = [modules.tensor(array, device).clone() for array in (inputs, targets)]
            loss, given = _pair(function(module, chooses, *symbols, given))
            report = _loss(loss), _type(loss), modules.plain(given), _form(given), _history(given)
            for name, entry in zip(found, report, strict=True):
                found[name].append(entry)
        return found | {"parameters": {n: modules.plain(p).copy() for n, p in module.named_parameters()}}


def _verdict(said: Any) -> str:
    if isinstance(said, np.ndarray) and said.shape == ():
        said = said[()]
    if not isinstance(said, (bool, np.bool_)):
        raise Refused(f"is_correct_backward returned {_named(said)}; True or False is expected")
    return "right" if said else "broken"


def _named(value: Any) -> str:
    return "None (is a `return` missing?)" if value is None else f"a value of type {type(value).__name__}"


# The models that are trained


def _model(kind: str, weights: dict[str, Array]) -> torch.nn.Module:
    """An embedding, a tanh layer with no state, one or two, and a read-out; plain products throughout."""
    import torch

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, array in weights.items():
                setattr(self, name, torch.nn.Parameter(torch.tensor(array, dtype=torch.float64)))

        def forward(self, x: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
            """Logits (B, T, V), and the state after the last step."""
            own: Any = self  # its parameters have the names of the weights
            inputs = own.E[x] @ own.Wx + own.b
            if kind == "memoryless":
                return torch.tanh(inputs) @ own.Wy + own.by, None
            h = c = torch.zeros_like(inputs[:, 0])
            if state is not None:
                h, c = state if kind == "two states" else (state, c)
            hs = []
            for t in range(x.shape[1]):
                c = torch.tanh(inputs[:, t] + h @ own.Wh) + (0.5 * c if kind == "two states" else 0.0)
                h = torch.tanh(c) if kind == "two states" else c
                hs.append(h)
            return torch.stack(hs, dim=1) @ own.Wy + own.by, (h, c) if kind == "two states" else h

    return Model()


def _optimizer(name: str, module: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
    import torch

    if name == "Adam":
        return torch.optim.Adam(module.parameters(), lr=rate)
    return torch.optim.SGD(module.parameters(), lr=rate, momentum=0.9 if name == "momentum" else 0.0)


def _tensors(state: Any, device: str) -> Any:
    """The state as tensors that share no memory with the check's arrays."""
    if state is None:
        return None
    if isinstance(state, (tuple, list)):
        return tuple(_tensors(part, device) for part in state)
    return modules.tensor(state, device).clone()


def _pair(returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise Refused(f"train_step returned {_named(returned)}; a pair is expected: the loss and the new state")
    return returned[0], returned[1]


def _loss(loss: Any) -> float:
    """The loss as a number, also where it is a tensor that should be none."""
    try:
        return float(loss.detach() if _type(loss) == "a tensor" else loss)
    except Exception:
        raise Refused(f"train_step returned {_named(loss)} as the loss; a float is expected") from None


def _type(loss: Any) -> str:
    import torch

    return "a tensor" if isinstance(loss, torch.Tensor) else "a number"


def _parts(state: Any) -> list[Any]:
    """The tensors of a state."""
    import torch

    parts = list(state) if isinstance(state, (tuple, list)) else [] if state is None else [state]
    if not all(isinstance(part, torch.Tensor) for part in parts):
        raise Refused(
            f"train_step returned {_named(state)} as the state; None, a tensor or a tuple of tensors is expected"
        )
    return parts


def _form(state: Any) -> str:
    parts = _parts(state)
    return f"a tuple of {len(parts)}" if isinstance(state, (tuple, list)) else "a tensor" if parts else "None"


def _history(state: Any) -> str:
    """Does a gradient flow from this state into what came before?"""
    attached = [part.requires_grad for part in _parts(state)]
    return "attached" if attached and all(attached) else "attached in part" if any(attached) else "detached"
