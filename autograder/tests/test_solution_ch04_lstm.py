"""The reference solutions are proved here, against torch.nn and automatic differentiation in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks import inputs
from autograder.checks.behaviour import design_latch as latch
from autograder.checks.inputs import ch04_lstm as lstm
from autograder.judge import implementations

CHAPTER = "ch04_lstm"
CHANGES: dict[str, Any] = {"ordinary": tuple, "huge": lstm.huge, "tiny": inputs.tiny}


def solved() -> dict[str, Any]:
    """The solutions of the chapter, by name."""
    return dict(implementations.solution(CHAPTER).namespace)


def close(one: Any, other: Any, tolerance: float = 1e-12) -> None:
    """Equal up to the rounding of float64; tensors count as arrays."""
    one, other = (each.detach().numpy() if isinstance(each, torch.Tensor) else each for each in (one, other))
    np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def torch_lstm(sizes: inputs.Sizes, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> torch.nn.LSTM:
    """torch.nn.LSTM in float64 with these weights."""
    module = torch.nn.LSTM(sizes.D, sizes.H, batch_first=True, dtype=torch.float64)
    tensors = {"weight_ih_l0": Wx.T, "weight_hh_l0": Wh.T, "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    module.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()})
    return module


@pytest.mark.parametrize("change", CHANGES)
def test_forward_agrees_with_torch(seed: int, change: str) -> None:
    """Step and loop compute what torch.nn.LSTM computes, at ordinary inputs, at 1e3 and at denormal ones."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        x, h0, c0, *weights = CHANGES[change](lstm.sequence(rng, sizes))
        theirs, (_, last) = torch_lstm(sizes, *weights)(torch.tensor(x), _states(h0, c0))
        hs, cs = solution["lstm_forward"](x, h0, c0, *weights)
        close(hs, theirs)
        close(cs[:, -1], last[0])
        h, c = solution["lstm_step"](x[:, 0], h0, c0, *weights)
        close(h, hs[:, 0], 1e-14)
        close(c, cs[:, 0], 1e-14)


@pytest.mark.parametrize("change", CHANGES)
def test_gates_agree_with_torch(seed: int, change: str) -> None:
    """The gates are torch's sigmoid and tanh of the four blocks, in the order i, f, g, o."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        x, h, Wx, Wh, b = CHANGES[change](lstm.gates(rng, sizes))
        blocks = torch.tensor(x @ Wx + h @ Wh + b).reshape(sizes.B, 4, sizes.H).unbind(1)
        kinds = torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid
        for ours, kind, block in zip(solution["lstm_gates"](x, h, Wx, Wh, b), kinds, blocks, strict=True):
            close(ours, kind(block))


@pytest.mark.parametrize("change", CHANGES)
def test_backward_agrees_with_autograd(seed: int, change: str) -> None:
    """All six gradients of `lstm_backward` are those that torch finds for torch.nn.LSTM."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        case = lstm.sequence_back(rng, sizes, lstm.SIZE, CHANGES[change])
        dhs, x, h0, c0, hs, _, Wx, Wh, b = case
        module = torch_lstm(sizes, Wx, Wh, b)
        given = [torch.tensor(each, requires_grad=True) for each in (x, h0[None], c0[None])]
        theirs, _ = module(given[0], tuple(given[1:]))
        close(theirs, hs)
        weights = [module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0]
        right = torch.autograd.grad(theirs, given + weights, torch.tensor(dhs))
        arranged = right[0], right[1][0], right[2][0], right[3].T, right[4].T, right[5]
        for ours, expected in zip(solution["lstm_backward"](*case), arranged, strict=True):
            close(ours, expected, 1e-11)


def test_step_backward_agrees_with_autograd(seed: int) -> None:
    """All six gradients of `lstm_step_backward` are torch's for one torch.nn.LSTMCell, with upstreams at h and at c."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        dh, dc, x, h, c, *_ = case = lstm.step_back(rng, sizes)
        Wx, Wh = case[-2:]
        i, f, g, o = case[5:9]
        sums = np.concatenate([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))], axis=1)
        b = (sums - x @ Wx - h @ Wh)[0]
        tensors = [torch.tensor(each, requires_grad=True) for each in (x, h, c, Wx, Wh, b)]
        new = _torch_step(*tensors)
        right = torch.autograd.grad(new, tensors, (torch.tensor(dh), torch.tensor(dc)))
        for ours, expected in zip(solution["lstm_step_backward"](*case), right, strict=True):
            close(ours, expected, 1e-10)


def test_backward_is_a_slope(seed: int) -> None:
    """Finite differences of the loss agree too, so no part of autograd's is taken on trust; `lstm_forward` is ours."""
    solution, rng = solved(), np.random.default_rng(seed)
    dhs, x, h0, c0, hs, cs, *weights = lstm.sequence_back(rng, inputs.DIFFERENT)
    found = solution["lstm_backward"](dhs, x, h0, c0, hs, cs, *weights)
    for k, (entry, gradient) in enumerate(zip((x, h0, c0, *weights), found, strict=True)):
        nudge = 1e-6 * rng.normal(size=entry.shape)
        ends = []
        for sign in (1, -1):
            given = [x, h0, c0, *weights]
            given[k] = entry + sign * nudge
            ends.append((solution["lstm_forward"](*given)[0] * dhs).sum())
        assert ends[0] - ends[1] == pytest.approx(2 * (gradient * nudge).sum(), rel=1e-5, abs=1e-10)


def test_cell_memory_is_the_direct_path(seed: int) -> None:
    """Torch differentiates a cell whose gates do not depend on it: that is `cell_memory`, gates of 0 included."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        for closed in (False, True):
            (f,) = lstm.forget_gates(rng, sizes, closed)
            written = torch.zeros(f.shape, dtype=torch.float64, requires_grad=True)
            c = torch.zeros(sizes.B, sizes.H, dtype=torch.float64)
            for t in range(sizes.T):
                c = torch.tensor(f[:, t]) * c + written[:, t]
            (right,) = torch.autograd.grad(c.sum(), written)
            close(solution["cell_memory"](f), right, 1e-14)


def test_forget_bias_opens_the_forget_gate(seed: int) -> None:
    """With all other weights zero, the gate that a large beta opens is the second of torch's four."""
    solution, rng = solved(), np.random.default_rng(seed)
    for sizes in inputs.ALL:
        b = lstm.weights(rng, sizes)[2]
        changed = solution["forget_bias"](b, 40.0)
        zero = np.zeros((1, sizes.D)), np.zeros((sizes.D, 4 * sizes.H)), np.zeros((sizes.H, 4 * sizes.H))
        cell = 5 * np.ones((1, sizes.H))
        i, _, g, _ = np.split(changed, 4)
        written = torch.sigmoid(torch.tensor(i)) * torch.tanh(torch.tensor(g))
        module = torch_lstm(sizes, zero[1], zero[2], changed)
        _, (_, c) = module(torch.tensor(zero[0])[:, None], _states(0 * cell, cell))
        close(c[0, 0], 5 + written.detach().numpy())


def test_latch_latches_in_torch(seed: int) -> None:
    """The designed weights hold a bit in torch.nn.LSTM as well, and our simulation gives torch's outputs."""
    network, rng = solved()["design_latch"](), np.random.default_rng(seed)
    values, write = rng.choice([-1.0, 1.0], size=(8, 250)), (rng.random((8, 250)) < 0.02).astype(float)
    write[:, 0] = 1
    x = torch.tensor(np.stack([values, write], axis=-1))
    hs = torch_lstm(inputs.Sizes(8, 250, 2, 1, 1), *network)(x)[0][..., 0].detach().numpy()
    close(latch.outputs(latch.weights(network), values, write), hs)
    last = np.maximum.accumulate(np.where(write == 1, np.arange(250), 0), axis=1)
    assert (hs * np.take_along_axis(values, last, axis=1) >= 0.7).all()


def test_cell_agrees_with_torch_and_autograd(seed: int) -> None:
    """`LSTMCell` gives the values and all gradients of torch.nn.LSTMCell in float64, through the same driver."""
    rng, driver = np.random.default_rng(seed), implementations.drivers(CHAPTER)["LSTMCell"]
    ours = solved()["LSTMCell"]
    assert driver.parameters(ours, 7, 9) == driver.parameters(torch.nn.LSTMCell, 7, 9)
    for sizes in inputs.ALL:
        for change in CHANGES.values():
            case = lstm.module(rng, sizes, change)
            for mine, theirs in zip(driver.forward(ours, *case), driver.forward(torch.nn.LSTMCell, *case), strict=True):
                close(mine, theirs)
            case = *case, *rng.normal(size=(2, sizes.B, sizes.H))
            right = driver.gradients(torch.nn.LSTMCell, *case)
            for name, gradient in driver.gradients(ours, *case).items():
                close(gradient, right[name])


def test_driver_refuses_what_is_no_pair() -> None:
    """A cell that returns one tensor, three, or a number in a pair hears so in a sentence."""
    rng, driver = np.random.default_rng(0), implementations.drivers(CHAPTER)["LSTMCell"]
    ours, case = solved()["LSTMCell"], lstm.module(rng, inputs.SMALL)
    spoilt = {
        "one tensor": lambda h, c: h,
        "a tuple of 3": lambda h, c: (h, c, c),
        "a float as c": lambda h, c: (h, 1.0),
    }
    for words, spoil in spoilt.items():
        forward = lambda self, x, state, spoil=spoil: spoil(*ours.forward(self, x, state))  # noqa: E731
        with pytest.raises(TypeError, match=f"forward returned {words}"):
            driver.forward(type("Spoilt", (ours,), {"forward": forward}), *case)


def test_latch_judges_junk_without_a_warning() -> None:
    """Wrong shapes and numbers have no behaviour; weights as large as floats go are judged and found wrong."""
    Wx, Wh, b = solved()["design_latch"]()
    for junk in (None, 0, "text", [], [Wx], (Wx.T, Wh, b), (Wx, Wh, b[None]), (Wx, Wh, b * np.nan), (Wx, Wh, {})):
        assert latch.behaviour(junk) is None
    facts = latch.behaviour((1e308 * np.ones((2, 4)), -1e308 * np.ones((1, 4)), 1e308 * np.ones(4)))
    assert facts is not None and not facts.all()
    assert np.array_equal(latch.behaviour((Wx, Wh, b)), np.array([[1, 1], [0, 0], *[[1, 1]] * 6]))


def _states(h: np.ndarray, c: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """h and c as torch.nn.LSTM takes them."""
    return torch.tensor(h)[None], torch.tensor(c)[None]


def _torch_step(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """torch's own cell as a function of its weights."""
    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1], dtype=torch.float64)
    named = {"weight_ih": Wx.T, "weight_hh": Wh.T, "bias_ih": b, "bias_hh": 0 * b}
    return torch.func.functional_call(cell, named, (x, (h, c)))
