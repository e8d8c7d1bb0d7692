"""How a learner's torch.nn.Module is built, loaded, called and asked for gradients: what the drivers have in common.

What cannot be judged is refused in a sentence, which is all that the learner reads of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from autograder.worker import calls
from autograder.worker.calls import Refused

Array = np.ndarray
State = dict[str, Array]  # a state dict: arrays by the names of the parameters


@dataclass(frozen=True)
class Kind:
    """A class of the course: its name, whose weights it loads, its parameters, and what ``forward`` returns.

    ``results`` names the tensors of a tuple, e.g. ("h", "c"); none where one tensor comes back by itself.
    """

    name: str
    like: str
    parameters: tuple[str, ...]
    results: tuple[str, ...] = ()


def made(kind: Kind, cls: type, sizes: Sequence[int]) -> torch.nn.Module:
    """A module with the weights that it gives itself; ``sizes`` are the arguments of its constructor."""
    if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)):
        raise Refused(f"{kind.name} must be a class derived from torch.nn.Module")
    return cls(*sizes)


def loaded(kind: Kind, cls: type, sizes: Sequence[int], state: State, device: str) -> torch.nn.Module:
    """A module in float64 with exactly these weights."""
    module = made(kind, cls, sizes).double().to(device)
    _refuse_plain_tensors(kind, module)
    try:
        given = {name: tensor(array, device) for name, array in state.items()}
        module.load_state_dict(given | _other_names(module, given), strict=True)
    except RuntimeError:  # torch says so in six lines
        if differences := _differences(kind, module, state):
            raise Refused(differences) from None
        raise
    return module


def _other_names(module: torch.nn.Module, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What is given, by other names that the module has for the same parameter: a layer may be registered twice."""
    named = dict(module.named_parameters(remove_duplicate=False))
    own = {id(named[name]): tensor for name, tensor in given.items() if name in named}
    return {name: own[id(each)] for name, each in named.items() if name not in given and id(each) in own}


def called(kind: Kind, module: torch.nn.Module, args: Sequence[Any]) -> Any:
    """What ``forward`` returns: a tensor, or a tuple or list of the tensors that the kind names."""
    result = module(*args)
    if not kind.results:
        if isinstance(result, torch.Tensor):
            return result
        raise Refused(f"forward returned {_described(result)}; a torch.Tensor is expected")
    wanted = f"a tuple ({', '.join(kind.results)}) of {len(kind.results)} tensors is expected"
    if not isinstance(result, (tuple, list)) or len(result) != len(kind.results):
        raise Refused(f"forward returned {_described(result)}; {wanted}")
    for name, entry in zip(kind.results, result, strict=True):
        if not isinstance(entry, torch.Tensor):
            raise Refused(f"forward returned {_described(entry)} as {name}; {wanted}")
    return result


def parameters(kind: Kind, cls: type, sizes: Sequence[int]) -> dict[str, list[int]]:
    """The shape of each parameter, by name."""
    return {name: list(parameter.shape) for name, parameter in made(kind, cls, sizes).named_parameters()}


def not_trained(kind: Kind, cls: type, sizes: Sequence[int]) -> str:
    """A sentence on the tensors that should be parameters and are none; "" when there are none."""
    return _not_trained(kind, made(kind, cls, sizes))


def forward(kind: Kind, cls: type, sizes: Sequence[int], state: State, args: Any, device: str) -> Any:
    """What a module with these weights makes of ``args``: arrays, and tuples of them."""
    return plain(called(kind, loaded(kind, cls, sizes, state, device), _tensors(args, device)))


def second_call(kind: Kind, cls: type, sizes: Sequence[int], state: State, before: Any, args: Any, device: str) -> Any:
    """What the same module makes of ``args`` after it was called with ``before``."""
    module = loaded(kind, cls, sizes, state, device)
    called(kind, module, _tensors(before, device))
    return plain(called(kind, module, _tensors(args, device)))


def gradients(
    kind: Kind, cls: type, sizes: Sequence[int], state: State, inputs: Mapping[str, Array],
    arrange: Callable[[dict[str, torch.Tensor]], Sequence[Any]], upstream: Sequence[Array], device: str,
) -> dict[str, Array | None]:  # fmt: skip
    """Gradients of sum(result * upstream) by name: each input, each entry of the state; None where none arrives.

    ``arrange`` makes the arguments of ``forward`` of the inputs; whole numbers have no gradient, and are left out.
    """
    module = loaded(kind, cls, sizes, state, device)
    given = {name: tensor(array, device).clone() for name, array in inputs.items()}
    asked: dict[str, Any] = {name: each.requires_grad_() for name, each in given.items() if each.is_floating_point()}
    # handed over as copies: writing into a leaf would be an error of torch's, and what is judged here is the flow
    result = called(kind, module, arrange({name: each.clone() for name, each in given.items()}))
    trained = dict(module.named_parameters())
    asked |= {name: trained.get(name) for name in state}
    flowing = {name: source for name, source in asked.items() if source is not None and source.requires_grad}
    ends = [(r, tensor(u, device)) for r, u in zip(tree_leaves(result), upstream, strict=True) if r.requires_grad]
    if not ends or not flowing:
        return dict.fromkeys(asked)
    outputs, along = zip(*ends, strict=True)
    found = torch.autograd.grad(outputs, list(flowing.values()), along, allow_unused=True)
    return {**dict.fromkeys(asked), **{name: plain(g) for name, g in zip(flowing, found, strict=True)}}


def device_clash(kind: Kind, cls: type, sizes: Sequence[int], args: Any) -> str:
    """The line of your code where a tensor on the CPU would meet one on a GPU; "" when there is none.

    Needs no GPU: the module moves to torch's "meta" device, which has shapes and no values.
    """
    module = made(kind, cls, sizes)
    _refuse_plain_tensors(kind, module)
    args = tree_map(lambda each: each.float() if each.is_floating_point() else each, _tensors(args, "cpu"))
    called(kind, module, args)  # what goes wrong here has nothing to do with the device
    try:
        with _OneDevice():  # type: ignore[no-untyped-call]
            result = module.to("meta")(*tree_map(lambda each: each.to("meta"), args))
    except _DeviceError as error:
        place = calls.describe(error)
        return f"line {place.line}: {place.source}" if place.source else "an operation of two tensors"
    except Exception:  # it looked at values (a print, an assertion), which this device has not: nothing is known
        return ""
    elsewhere = [each.device.type for each in tree_leaves(result) if each.device.type != "meta"]
    return f"the result, on the {elsewhere[0]}" if elsewhere else ""


def tensor(array: Array, device: str) -> torch.Tensor:
    """float64, or int64 for whole numbers; on the CPU it shares the array's memory, so that a change is seen."""
    shared = torch.from_numpy(array)
    return (shared.double() if shared.is_floating_point() else shared.long()).to(device)


def plain(value: Any) -> Any:
    """Tensors as arrays; anything else as it is, for the check to name."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy()
    if type(value) in (tuple, list):
        return type(value)(plain(entry) for entry in value)
    return value


def _tensors(args: Any, device: str) -> Any:
    return tree_map(lambda array: tensor(array, device), args)


def _described(value: Any) -> str:
    if isinstance(value, (tuple, list)) and len(value) != 1:
        return f"a {type(value).__name__}" + (f" of {len(value)}" if value else "")
    known = {type(None): "None (is a `return` missing?)", np.ndarray: "a NumPy array", torch.Tensor: "one tensor"}
    return known.get(type(value), f"a {type(value).__name__}")


class _DeviceError(RuntimeError):
    """Tensors of two devices in one operation."""


class _OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Stops an operation on tensors of two devices; torch itself lets some of them pass on "meta".

    A single number may live on the CPU: torch brings it over.
    """

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [*args, *(kwargs or {}).values()]
        flat = itertools.chain.from_iterable(each if isinstance(each, (list, tuple)) else [each] for each in given)
        if len({leaf.device.type for leaf in flat if isinstance(leaf, torch.Tensor) and leaf.ndim}) > 1:
            raise _DeviceError(str(operator))
        return operator(*args, **(kwargs or {}))


def _not_trained(kind: Kind, module: torch.nn.Module, of: Collection[str] | None = None) -> str:
    """Which of the names belong to tensors that are no parameters, in a sentence; "" when none does."""
    tensors = {name: getattr(module, name, None) for name in kind.parameters if of is None or name in of}
    names = [n for n, t in tensors.items() if isinstance(t, torch.Tensor) and not isinstance(t, torch.nn.Parameter)]
    if not names:
        return ""
    what = "buffer" if names[0] in dict(module.named_buffers()) else "plain tensor"
    if len(names) == 1:
        return f"{names[0]} is a {what}; wrap it in torch.nn.Parameter, so that it can be trained, saved and loaded"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} are {what}s; wrap each in torch.nn.Parameter, so that it can be trained, saved and loaded"


def _refuse_plain_tensors(kind: Kind, module: torch.nn.Module) -> None:
    """Buffers are saved, loaded and moved too; plain tensors are not, and nothing goes on with them."""
    if sentence := _not_trained(kind, module, of=set(kind.parameters) - module.state_dict().keys()):
        raise Refused(sentence)


def _differences(kind: Kind, module: torch.nn.Module, state: State) -> str:
    """Why the module does not take this state, in a sentence; "" when the reason is another one."""
    own = {name: tuple(entry.shape) for name, entry in module.state_dict().items()}
    shapes = [
        f"{name} has the shape {own[name]}, {array.shape} is expected"
        for name, array in state.items()
        if name in own and own[name] != array.shape
    ]
    parts = {"missing: ": [n for n in state if n not in own], "unexpected: ": [n for n in own if n not in state]}
    reasons = [what + ", ".join(names) for what, names in parts.items() if names] + shapes[:1]
    return f"the weights of {kind.like} cannot be loaded; {'; '.join(reasons)}" if reasons else ""
