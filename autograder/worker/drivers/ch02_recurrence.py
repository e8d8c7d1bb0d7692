"""Drivers of ch02_recurrence: a learner's class is built, fed and asked here, and only arrays come back.

Each driver is an object named like the exercise; its functions take the learner's class first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from autograder.worker import calls

Array = np.ndarray
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Refused(TypeError):
    """A class, or a result of its, that cannot be judged; the text is all that the learner reads of it."""


class RNNCell:
    """Drives `RNNCell(n_in, n_hidden)`; states are dicts of arrays with the names of torch.nn.RNNCell's."""

    @staticmethod
    def parameters(cls: type, n_in: int, n_hidden: int) -> dict[str, list[int]]:
        """The shape of each parameter, by name."""
        return {name: list(parameter.shape) for name, parameter in _made(cls, n_in, n_hidden).named_parameters()}

    @staticmethod
    def not_trained(cls: type, n_in: int, n_hidden: int) -> str:
        """A sentence on the tensors that should be parameters and are none; "" when there are none."""
        return _not_trained(_made(cls, n_in, n_hidden))

    @staticmethod
    def forward(cls: type, state: dict[str, Array], x: Array, h: Array, device: str = "cpu") -> Any:
        """The state (B, n_hidden) that a cell with these weights makes of x (B, n_in) and h (B, n_hidden)."""
        return _plain(_called(_loaded(cls, state, device), _tensor(x, device), _tensor(h, device)))

    @staticmethod
    def second_call(
        cls: type, state: dict[str, Array], x_before: Array, h_before: Array, x: Array, h: Array, device: str = "cpu"
    ) -> Any:
        """What the same cell makes of x and h after it was called with x_before and h_before."""
        module = _loaded(cls, state, device)
        _called(module, _tensor(x_before, device), _tensor(h_before, device))
        return _plain(_called(module, _tensor(x, device), _tensor(h, device)))

    @staticmethod
    def gradients(
        cls: type, state: dict[str, Array], x: Array, h: Array, upstream: Array, device: str = "cpu"
    ) -> dict[str, Array | None]:
        """Gradients of sum(result * upstream) by name: x, h, and each entry of the state; None where none arrives."""
        module = _loaded(cls, state, device)
        inputs = {"x": _tensor(x, device).clone().requires_grad_(), "h": _tensor(h, device).clone().requires_grad_()}
        # handed over as copies: writing into a leaf would be an error of torch's, and what is judged here is the flow
        result = _called(module, inputs["x"].clone(), inputs["h"].clone())
        parameters = dict(module.named_parameters())
        asked: dict[str, Any] = {**inputs, **{name: parameters.get(name) for name in state}}
        flowing = {name: source for name, source in asked.items() if source is not None and source.requires_grad}
        if not result.requires_grad:
            return dict.fromkeys(asked)
        found = torch.autograd.grad(result, list(flowing.values()), _tensor(upstream, device), allow_unused=True)
        return {**dict.fromkeys(asked), **{name: _plain(g) for name, g in zip(flowing, found, strict=True)}}

    @staticmethod
    def device_clash(cls: type, n_in: int, n_hidden: int, batch: int) -> str:
        """The learner's line where a tensor on the CPU would meet one on a GPU; "" when there is none.

        Needs no GPU: the cell moves to torch's "meta" device, which has shapes and no values.
        """
        module, x, h = _made(cls, n_in, n_hidden), torch.full((batch, n_in), 0.1), torch.full((batch, n_hidden), 0.1)
        _refuse_plain_tensors(module)
        _called(module, x, h)  # what goes wrong here has nothing to do with the device
        try:
            with _OneDevice():  # type: ignore[no-untyped-call]
                result = module.to("meta")(x.to("meta"), h.to("meta"))
        except _DeviceError as error:
            place = calls.describe(error)
            return f"line {place.line}: {place.source}" if place.source else "in an operation of two tensors"
        except Exception:  # it looked at values (a print, an assertion), which this device has not: nothing is known
            return ""
        return "" if result.device.type == "meta" else f"the result, on the {result.device.type}"


class _DeviceError(RuntimeError):
    """Tensors of two devices in one operation."""


class _OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Stops an operation on tensors of two devices; torch itself lets some of them pass on "meta".

    A single number may live on the CPU: torch brings it over.
    """

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor) and leaf.ndim]
        if len({tensor.device.type for tensor in tensors}) > 1:
            raise _DeviceError(str(operator))
        return operator(*args, **(kwargs or {}))


def _made(cls: type, n_in: int, n_hidden: int) -> torch.nn.Module:
    """A cell with the weights that it gives itself."""
    if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)):
        raise Refused("RNNCell must be a class derived from torch.nn.Module")
    return cls(n_in, n_hidden)


def _loaded(cls: type, state: dict[str, Array], device: str) -> torch.nn.Module:
    """A cell in float64 with exactly these weights."""
    n_hidden, n_in = state["weight_ih"].shape
    module = _made(cls, n_in, n_hidden).double().to(device)
    _refuse_plain_tensors(module)
    try:
        module.load_state_dict({name: _tensor(array, device) for name, array in state.items()}, strict=True)
    except RuntimeError:  # torch says so in six lines
        if differences := _differences(module, state):
            raise Refused(differences) from None
        raise
    return module


def _called(module: torch.nn.Module, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """The new state, which must be a tensor."""
    result = module(x, h)
    if isinstance(result, torch.Tensor):
        return result
    known = {type(None): "None (is a `return` missing?)", np.ndarray: "a NumPy array"}
    kind = known.get(type(result), f"a {type(result).__name__}")
    raise Refused(f"forward returned {kind}; a torch.Tensor is expected")


def _not_trained(module: torch.nn.Module, of: Collection[str] = PARAMETERS) -> str:
    """Which of the names belong to tensors that are no parameters, in a sentence; "" when none does."""
    tensors = {name: getattr(module, name, None) for name in PARAMETERS if name in of}
    names = [n for n, t in tensors.items() if isinstance(t, torch.Tensor) and not isinstance(t, torch.nn.Parameter)]
    if not names:
        return ""
    kind = "buffer" if names[0] in dict(module.named_buffers()) else "plain tensor"
    if len(names) == 1:
        return f"{names[0]} is a {kind}; wrap it in torch.nn.Parameter, so that it can be trained, saved and loaded"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} are {kind}s; wrap each in torch.nn.Parameter, so that it can be trained, saved and loaded"


def _refuse_plain_tensors(module: torch.nn.Module) -> None:
    """Buffers are saved, loaded and moved too; plain tensors are not, and nothing goes on with them."""
    if sentence := _not_trained(module, of=set(PARAMETERS) - module.state_dict().keys()):
        raise Refused(sentence)


def _differences(module: torch.nn.Module, state: dict[str, Array]) -> str:
    """Why the module does not take this state, in a sentence; "" when the reason is another one."""
    own = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    shapes = [
        f"{name} has the shape {own[name]}, {array.shape} is expected"
        for name, array in state.items()
        if name in own and own[name] != array.shape
    ]
    parts = {"missing: ": [n for n in state if n not in own], "unexpected: ": [n for n in own if n not in state]}
    reasons = [kind + ", ".join(names) for kind, names in parts.items() if names] + shapes[:1]
    return f"the weights of torch.nn.RNNCell cannot be loaded; {'; '.join(reasons)}" if reasons else ""


def _tensor(array: Array, device: str) -> torch.Tensor:
    """float64; on the CPU it shares the array's memory, so that a modified argument is seen."""
    return torch.from_numpy(array).double().to(device)


def _plain(value: Any) -> Any:
    """Tensors as arrays; anything else as it is, for the check to name."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(entry) for entry in value)
    return value
