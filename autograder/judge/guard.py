"""What ends an exercise at once: a forbidden call, a call without end, a process that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.checks import CheckFailed
from autograder.judge.subject import CallTimeout, Link, WorkerDied
from autograder.worker.calls import Reply

READY_MADE = {  # torch functions that a torch exercise may not reach, and what they are known as
    **dict.fromkeys(("rnn_tanh_cell", "rnn_relu_cell"), "torch.nn.RNNCell"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), "torch.nn.RNN"),
    **dict.fromkeys(("lstm_cell", "_thnn_fused_lstm_cell"), "torch.nn.LSTMCell"),
    **dict.fromkeys(("gru_cell", "_thnn_fused_gru_cell"), "torch.nn.GRUCell"),
    **dict.fromkeys(("lstm", "mkldnn_rnn_layer", "_cudnn_rnn"), "torch.nn.LSTM"),
    "gru": "torch.nn.GRU",
}


class ForbiddenCall(CheckFailed):
    """The exercise was answered with what it may not use: found by reading, or ``ran`` inside a call."""

    def __init__(self, used: str, library: str, ran: bool = False) -> None:
        used += ", which ran when your code was called" if ran else ""
        numpy = f"this is a NumPy exercise: it may not use {used}"
        torch = f"this exercise may not use {used}: it is what you are to build yourself"
        super().__init__(numpy if library == "numpy" else torch)


@dataclass
class Guard:
    """A link that traces the first call after each `arm`, and remembers what ends the whole exercise in ``stop``."""

    link: Link
    library: str
    stop: CheckFailed | None = None
    armed: bool = False

    def arm(self) -> None:
        self.armed = True

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through; raises ForbiddenCall, CallTimeout or WorkerDied, and again at every later call."""
        if self.stop:
            raise self.stop
        try:
            reply = self.link.call(name, args, kwargs, trace or self.armed)
            self.armed = False
            if used := forbidden_use(reply.operators, self.library):
                raise ForbiddenCall(used, self.library, ran=True)
        except (CallTimeout, WorkerDied, ForbiddenCall) as stop:
            self.stop = stop
            raise
        return reply


def forbidden_use(functions: Sequence[str], library: str) -> str:
    """What a call may not have used, judged by the torch functions that ran; "" when all is well."""
    names = [function.removeprefix("aten::") for function in functions]
    if library == "numpy":
        named = [name for name in names if not name.startswith("__")] or names
        return f"torch ({named[0]})" if named else ""
    return next((f"torch.{name} (part of {READY_MADE[name]})" for name in names if name in READY_MADE), "")
