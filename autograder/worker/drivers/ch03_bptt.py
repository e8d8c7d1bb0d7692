"""Drivers of ch03_bptt: what a learner's test says of backward functions, and what a learner's step does to a model.

The functions and models are made here, of what the check draws. torch is imported where it is needed:
`is_correct_backward` is a NumPy exercise, and has to work without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.worker.calls import Refused

if TYPE_CHECKING:
    import torch

Array = np.ndarray
Gradients = dict[str, Array]  # dx, dh0, dWx, dWh, db
Backward = Callable[[Array, Array, Array, Array, Array, Array], Any]  # of dhs, x, h0, hs, Wx, Wh


class is_correct_backward:
    """Drives `is_correct_backward(backward)`."""

    @staticmethod
    def verdicts(test: Callable[[Backward], Any], kinds: list[str], numbers: Array) -> dict[str, str]:
        """What the test calls a backward function of each kind, "right" or "broken"; random numbers make each one new.

        A row of ``numbers``, drawn between 0 and 1, is for one of the kinds.
        """
        return {kind: _verdict(test(_made(kind, row))) for kind, row in zip(kinds, numbers, strict=True)}


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
        from autograder.worker import modules

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


# The backward functions


def _made(kind: str, numbers: Array) -> Backward:
    """A backward function of this kind; all of them have the same name and the same signature."""
    make = KINDS[kind]

    def backward(dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
        return make(numbers, dhs, x, h0, hs, Wx, Wh)

    return backward


def _loop(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
    dx, dWx, dWh, db, dh = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(len(Wh)), 0 * h0
    for t in reversed(range(x.shape[1])):
        dz = (dhs[:, t] + dh) * (1 - hs[:, t] ** 2)
        dx[:, t], dh = dz @ Wx.T, dz @ Wh.T
        dWx += x[:, t].T @ dz
        dWh += (hs[:, t - 1] if t else h0).T @ dz
        db += dz.sum(axis=0)
    return dx, dh, dWx, dWh, db


def _time_first(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
    x, dhs, states = x.swapaxes(0, 1), dhs.swapaxes(0, 1), [h0, *hs.swapaxes(0, 1)]
    dzs: list[Array] = []
    dh = np.zeros(h0.shape)
    for upstream, h in zip(dhs[::-1], states[:0:-1], strict=True):
        dzs.insert(0, (upstream + dh) * (1 - h) * (1 + h))
        dh = np.dot(dzs[0], Wh.T)
    dz, before = np.array(dzs), np.array(states[:-1])
    dWx, dWh = np.tensordot(x, dz, axes=([0, 1], [0, 1])), np.tensordot(before, dz, axes=([0, 1], [0, 1]))
    return np.dot(dz, Wx.T).swapaxes(0, 1), dh, dWx, dWh, dz.sum(axis=0).sum(axis=0)


def _deltas(dhs: Array, hs: Array, Wh: Array, carry: float = 1.0, slope: bool = True) -> Array:
    """The gradient with respect to the sum inside tanh, at every step."""
    dz, dh = np.zeros(hs.shape), np.zeros(hs[:, 0].shape)
    for t in reversed(range(hs.shape[1])):
        dz[:, t] = (dhs[:, t] + carry * dh) * (1 - hs[:, t] ** 2 if slope else 1)
        dh = dz[:, t] @ Wh.T
    return dz


def _sums(dz: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Gradients:
    """All five gradients from the one inside tanh."""
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    dWx, dWh = np.einsum("btd,bth->dh", x, dz), np.einsum("bti,btj->ij", before, dz)
    return {"dx": dz @ Wx.T, "dh0": dz[:, 0] @ Wh.T, "dWx": dWx, "dWh": dWh, "db": dz.sum(axis=(0, 1))}


def _along_time(change: Callable[..., Array]) -> Callable[..., tuple[Array, ...]]:
    """A function whose gradient inside tanh is what ``change`` makes of the numbers, dhs, hs and Wh."""

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
        return tuple(_sums(change(numbers, dhs, hs, Wh), x, h0, hs, Wx, Wh).values())

    return make


def _in_the_end(change: Callable[..., Gradients]) -> Callable[..., tuple[Array, ...]]:
    """A function that computes all gradients and then spoils some: ``change`` returns these."""

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, ...]:
        dz = _deltas(dhs, hs, Wh)
        right = _sums(dz, x, h0, hs, Wx, Wh)
        return tuple((right | change(numbers, right, dz, x, h0, hs)).values())

    return make


def _scaled(name: str) -> Callable[..., tuple[Array, ...]]:
    """One gradient alone is wrong, by four tenths to a half."""
    return _in_the_end(lambda n, right, *_: {name: right[name] * (0.5 + 0.1 * n[0])})


def _rounded(numbers: Array, *args: Array) -> list[Array]:
    noise = np.random.default_rng(int(1e9 * numbers[0]))
    return [gradient + noise.uniform(-1e-9, 1e-9, size=gradient.shape) for gradient in _loop(numbers, *args)]


def _slightly_off(numbers: Array, *args: Array) -> tuple[Array, ...]:
    return tuple(gradient * (1.02 + 0.03 * numbers[0]) for gradient in _loop(numbers, *args))


def _walks_forward(numbers: Array, dhs: Array, hs: Array, Wh: Array) -> Array:
    return _deltas(dhs[:, ::-1], hs[:, ::-1], Wh)[:, ::-1]


def _weights_overwritten(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    return {"dWx": x[:, 0].T @ dz[:, 0], "dWh": h0.T @ dz[:, 0], "db": dz[:, 0].sum(axis=0)}


def _h0_taken_for_zeros(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    return {"dWh": right["dWh"] - h0.T @ dz[:, 0]}


def _first_example_only(numbers: Array, right: Gradients, dz: Array, x: Array, h0: Array, hs: Array) -> Gradients:
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    return {"dWx": x[0].T @ dz[0], "dWh": before[0].T @ dz[0], "db": dz[0].sum(axis=0)}


def _writes_into_dhs(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
    gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
    for t in reversed(range(1, x.shape[1])):
        dhs[:, t - 1] += (dhs[:, t] * (1 - hs[:, t] ** 2)) @ Wh.T
    return gradients


def _writes_into_hs(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
    gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
    hs[...] = 1 - hs**2
    return gradients


def _writes_into(name: str) -> Callable[..., Any]:
    """One gradient takes the place of what it is the gradient of."""
    place = ("x", "h0", "Wx", "Wh").index(name)

    def make(numbers: Array, dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Any:
        gradients = _loop(numbers, dhs, x, h0, hs, Wx, Wh)
        (x, h0, Wx, Wh)[place][...] = gradients[place]
        return gradients

    return make


KINDS: dict[str, Callable[..., Any]] = {
    "loop": _loop,
    "sums": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh)),
    "rounded": _rounded,
    "time_first": _time_first,
    "zeros": lambda n, *args: tuple(0 * gradient for gradient in _loop(n, *args)),
    "nothing_carried": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, carry=0)),
    "carried_weakly": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, carry=0.2 + 0.5 * n[0])),
    "last_upstream_only": _along_time(lambda n, dhs, hs, Wh: _deltas(_last(dhs), hs, Wh)),
    "weights_overwritten": _in_the_end(_weights_overwritten),
    "walks_forward": _along_time(_walks_forward),
    "h0_taken_for_zeros": _in_the_end(_h0_taken_for_zeros),
    "dh0_zeros": _in_the_end(lambda n, right, *_: {"dh0": 0 * right["dh0"]}),
    "dh0_before_Wh": _in_the_end(lambda n, right, dz, *_: {"dh0": dz[:, 0].copy()}),
    **{f"{name}_wrong": _scaled(name) for name in ("dx", "dh0", "dWx", "dWh", "db")},
    "mean_over_examples": _in_the_end(
        lambda n, right, dz, *_: {name: right[name] / len(dz) for name in ("dWx", "dWh", "db")}
    ),
    "first_example_only": _in_the_end(_first_example_only),
    "Wh_not_transposed": lambda n, dhs, x, h0, hs, Wx, Wh: _loop(n, dhs, x, h0, hs, Wx, Wh.T),
    "dWh_transposed": _in_the_end(lambda n, right, *_: {"dWh": right["dWh"].T}),
    "tanh_forgotten": _along_time(lambda n, dhs, hs, Wh: _deltas(dhs, hs, Wh, slope=False)),
    "slightly_off": _slightly_off,
    "sign_wrong": lambda n, *args: tuple(-gradient for gradient in _loop(n, *args)),
    "axis_kept": _in_the_end(lambda n, right, *_: {"db": right["db"][None]}),
    "writes_into_dhs": _writes_into_dhs,
    "writes_into_hs": _writes_into_hs,
    **{f"writes_into_{name}": _writes_into(name) for name in ("x", "h0", "Wx", "Wh")},
}


def _last(dhs: Array) -> Array:
    """The upstream gradient at the last step, zeros before it."""
    return np.concatenate([0 * dhs[:, :-1], dhs[:, -1:]], axis=1)


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
    from autograder.worker import modules

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
