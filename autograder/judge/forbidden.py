"""What an exercise may not use: how it is recognised among what ran, and how it is named.

A policy, not a boundary: see `worker.source`, which reads, and `worker.watch`, which looks on. Who hides what is used
well enough is not found; the box is what keeps learners' code in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.checks import CheckFailed

READY_MADE = {  # torch functions that a torch exercise may not reach, and what they are known as
    **dict.fromkeys(("rnn_tanh_cell", "rnn_relu_cell"), "torch.nn.RNNCell"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), "torch.nn.RNN"),
    **dict.fromkeys(("lstm_cell", "_thnn_fused_lstm_cell"), "torch.nn.LSTMCell"),
    **dict.fromkeys(("gru_cell", "_thnn_fused_gru_cell"), "torch.nn.GRUCell"),
    **dict.fromkeys(("lstm", "mkldnn_rnn_layer", "_cudnn_rnn", "miopen_rnn", "_lstm_mps"), "torch.nn.LSTM"),
    "gru": "torch.nn.GRU",
}
LAYER = re.compile(r"torch\.nn\.(?:RNN|LSTM|GRU)\w*\Z")
OPERATOR = re.compile(r"aten::|torch\.")


class ForbiddenCall(CheckFailed):
    """The exercise was answered with what it may not use: found by reading, or ``ran`` inside a call."""

    def __init__(self, used: str, library: str, ran: bool = False) -> None:
        used += ", which ran when your code was called" if ran else ""
        numpy = f"this is a NumPy exercise: it may not use {used}"
        torch = f"this exercise may not use {used}: it is what you are to build yourself"
        super().__init__(numpy if library == "numpy" else torch)


def forbidden_use(used: Sequence[str], library: str) -> str:
    """What a call may not have used, judged by the names of `watch` that ran; "" when all is well."""
    if library == "numpy":
        names = [_known_as(name) for name in used]
        return min(names, key=lambda name: ("(" in name, "(__" in name), default="")
    layers = [name for name in used if LAYER.match(name)]
    operators = [name.rpartition(".")[2].removeprefix("aten::") for name in used if OPERATOR.match(name)]
    functions = [f"torch.{name} (part of {READY_MADE[name]})" for name in operators if name in READY_MADE]
    return next(iter([*layers, *functions]), "")


def _known_as(name: str) -> str:
    """A name of `watch` as learners know it: "torch.autograd.grad", or "torch (add)" where the place is internal."""
    if name.startswith("aten::"):
        return f"torch ({name.removeprefix('aten::')})"
    library, *inside = name.split(".")
    return f"{library} ({inside[-1]})" if any(part.startswith("_") for part in inside) else name
