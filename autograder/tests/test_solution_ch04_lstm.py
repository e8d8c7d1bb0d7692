"""The reference solutions are proved here, against torch.nn and automatic differentiation in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks import inputs
from autograder.checks.inputs import Array, Sizes
from autograder.judge import implementations

CHAPTER = "ch04_lstm"
EXACT = {"rtol": 1e-12, "atol": 1e-12}
NAMES = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


def solution(name: str) -> Any:
    """The reference solution of an exercise."""
    return implementations.solution(CHAPTER).namespace[name]


def packed(rng: np.random.Generator, sizes: Sizes) -> tuple[Array, Array, Array]:
    """Wx (D, 4H), Wh (H, 4H), b (4H,): four independent draws beside one another."""
    draws = [inputs.weights(rng, sizes) for _ in range(4)]
    Wx, Wh, b = (np.concatenate(quarters, axis=-1) for quarters in zip(*draws, strict=True))
    return Wx, Wh, b


def sequence(rng: np.random.Generator, sizes: Sizes) -> tuple[Array, ...]:
    """x (B, T, D), h0 (B, H), c0 (B, H), Wx, Wh, b; cells may be larger than states."""
    x = rng.normal(size=(sizes.B, sizes.T, sizes.D))
    return x, inputs.state(rng, sizes), 2 * inputs.state(rng, sizes), *packed(rng, sizes)


def tensors(arrays: Sequence[Array], grad: bool = False) -> list[torch.Tensor]:
    """Copies in float64, as leaves of a graph if gradients are asked for."""
    return [torch.tensor(array, dtype=torch.float64, requires_grad=grad) for array in arrays]


def torch_step(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """torch.nn.LSTMCell with these weights; gradients flow to all of them."""
    cell = torch.nn.LSTMCell(Wx.shape[0], Wh.shape[0], dtype=torch.float64)
    parameters = dict(zip(NAMES, (Wx.T, Wh.T, b, torch.zeros_like(b)), strict=True))
    return torch.func.functional_call(cell, parameters, (x, (h, c)))  # type: ignore[no-any-return]


def torch_forward(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> tuple[torch.Tensor, Any]:
    """torch.nn.LSTM with these weights: the states (B, T, H), and the last state and cell."""
    lstm = torch.nn.LSTM(Wx.shape[0], Wh.shape[0], batch_first=True, dtype=torch.float64)
    values = (Wx.T, Wh.T, b, torch.zeros_like(b))
    parameters = {f"{name}_l0": value for name, value in zip(NAMES, values, strict=True)}
    hs, (_, c) = torch.func.functional_call(lstm, parameters, (x, (h0[None], c0[None])))
    return hs, c[0]


def assert_close(ours: Sequence[Any], theirs: Sequence[Any], names: str, scale: float = 1.0) -> None:
    """As many arrays as there are names, equal to twelve digits."""
    assert isinstance(ours, (tuple, list)) and len(ours) == len(theirs) == len(names.split())
    for one, other, name in zip(ours, theirs, names.split(), strict=True):
        other = other.detach().numpy() if isinstance(other, torch.Tensor) else other
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * scale, err_msg=name, strict=True)


@pytest.mark.parametrize("size", [1.0, 1e3, 1e-310])
@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_step_and_gates_agree_with_torch(sizes: Sizes, size: float, seed: int) -> None:
    """`lstm_step` is torch.nn.LSTMCell, and `lstm_gates` the gates that make its cell and its state; no overflow."""
    x, h, c, *weights = sequence(np.random.default_rng(seed), sizes)
    x = size * x[:, 0]
    expected = torch_step(*tensors((x, h, c, *weights)))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert_close(solution("lstm_step")(x, h, c, *weights), expected, "h c")
        i, f, g, o = solution("lstm_gates")(x, h, *weights)
    assert_close([o * np.tanh(f * c + i * g), f * c + i * g], expected, "h c")
    Wx, Wh, b = tensors(weights)
    raw = (torch.tensor(x) @ Wx + torch.tensor(h) @ Wh + b).chunk(4, dim=1)
    gates = [torch.tanh(z) if n == 2 else torch.sigmoid(z) for n, z in enumerate(raw)]
    assert_close([i, f, g, o], gates, "i f g o")


@pytest.mark.parametrize("size", [1.0, 1e3])
@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_forward_agrees_with_torch(sizes: Sizes, size: float, seed: int) -> None:
    """`lstm_forward` gives the states of torch.nn.LSTM, and after every number of steps its cell."""
    x, *rest = sequence(np.random.default_rng(seed), sizes)
    x = size * x
    hs, cs = solution("lstm_forward")(x, *rest)
    cells = [torch_forward(*tensors((x[:, : t + 1], *rest)))[1] for t in range(sizes.T)]
    expected = torch_forward(*tensors((x, *rest)))[0], torch.stack(cells, dim=1)
    assert_close((hs, cs), expected, "hs cs")


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_step_backward_agrees_with_autograd(sizes: Sizes, scale: float, seed: int) -> None:
    """`lstm_step_backward` gives autograd's gradients of torch.nn.LSTMCell, with each upstream alone and with both."""
    rng = np.random.default_rng(seed)
    x, h, c, *weights = sequence(rng, sizes)
    x = x[:, 0]
    gates = solution("lstm_gates")(x, h, *weights)
    after = gates[1] * c + gates[0] * gates[2]
    for use_h, use_c in [(1, 1), (1, 0), (0, 1)]:
        dh, dc = (scale * use * rng.normal(size=h.shape) for use in (use_h, use_c))
        leaves = tensors((x, h, c, *weights), grad=True)
        expected = torch.autograd.grad(torch_step(*leaves), leaves, tensors((dh, dc)))
        ours = solution("lstm_step_backward")(dh, dc, x, h, c, *gates, after, *weights[:2])
        assert_close(ours, expected, "dx dh_prev dc_prev dWx dWh db", scale)


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("sizes", [*inputs.ALL, Sizes(B=2, T=40, D=3, H=4, V=1)], ids=str)
def test_backward_agrees_with_autograd(sizes: Sizes, scale: float, seed: int) -> None:
    """`lstm_backward` gives autograd's gradients of torch.nn.LSTM: upstream everywhere, and at the last step alone."""
    rng = np.random.default_rng(seed)
    case = sequence(rng, sizes)
    x, h0, c0, *weights = case
    hs, cs = solution("lstm_forward")(*case)
    everywhere = scale * rng.normal(size=hs.shape)
    last = everywhere * (np.arange(sizes.T) == sizes.T - 1)[:, None]
    for dhs in (everywhere, last):
        leaves = tensors(case, grad=True)
        expected = torch.autograd.grad(torch_forward(*leaves)[0], leaves, torch.tensor(dhs))
        ours = solution("lstm_backward")(dhs, x, h0, c0, hs, cs, *weights)
        assert_close(ours, expected, "dx dh0 dc0 dWx dWh db", 10 * scale)


def test_backward_agrees_with_finite_differences(seed: int) -> None:
    """The gradients of `lstm_backward` are the slopes of what `lstm_forward` returns, without any library."""
    rng = np.random.default_rng(seed)
    case = sequence(rng, inputs.DIFFERENT)
    x, h0, c0, *weights = case
    dhs = rng.normal(size=(*x.shape[:2], h0.shape[1]))
    gradients = solution("lstm_backward")(dhs, x, h0, c0, *solution("lstm_forward")(*case), *weights)
    for n, gradient in enumerate(gradients):
        nudge = 1e-6 * np.sign(gradient)
        above, below = (
            solution("lstm_forward")(*case[:n], case[n] + side * nudge, *case[n + 1 :])[0] for side in (1, -1)
        )
        assert ((above - below) * dhs).sum() == pytest.approx(2 * (gradient * nudge).sum(), rel=1e-6)


@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_memory_is_the_direct_slope(sizes: Sizes, seed: int) -> None:
    """`cell_memory` is dc_{T-1}/dc_t of autograd with the gates held fixed, and the product of the later f."""
    rng = np.random.default_rng(seed)
    x, h, c, *weights = sequence(rng, sizes)
    f, cells, state = [], [torch.tensor(c, requires_grad=True)], h
    for t in range(sizes.T):
        i, forget, g, o = solution("lstm_gates")(x[:, t], state, *weights)
        forget = forget * (rng.random(forget.shape) > 0.2)  # some gates are shut altogether
        f.append(forget)
        cells.append(torch.tensor(forget) * cells[-1] + torch.tensor(i * g))
        state = o * np.tanh(cells[-1].detach().numpy())
    f = np.stack(f, axis=1)
    slopes = torch.autograd.grad(cells[-1].sum(), cells[1:])
    memory = solution("cell_memory")(f)
    assert_close([memory], [torch.stack(slopes, dim=1)], "memory")
    products = [[[np.prod(f[n, t + 1 :, k]) for k in range(sizes.H)] for t in range(sizes.T)] for n in range(sizes.B)]
    np.testing.assert_allclose(memory, products, **EXACT)
    assert (memory[:, -1] == 1).all()


@pytest.mark.parametrize("beta", [-2.0, 0.0, 1.0, 1.5, 5])
@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_forget_bias_is_what_a_bare_cell_keeps(sizes: Sizes, beta: float, seed: int) -> None:
    """With `forget_bias` and no inputs torch.nn.LSTMCell keeps sigmoid(beta) of its cell; other gates are as before."""
    _, _, c, Wx, Wh, b = sequence(np.random.default_rng(seed), sizes)
    before = b.copy()
    new, H = solution("forget_bias")(b, beta), sizes.H
    np.testing.assert_array_equal(b, before)
    assert new.shape == b.shape and not np.shares_memory(new, b)
    np.testing.assert_array_equal(new, [beta if H <= j < 2 * H else entry for j, entry in enumerate(b)])
    x, h = torch.zeros(sizes.B, sizes.D, dtype=torch.float64), torch.zeros(sizes.B, H, dtype=torch.float64)
    kept, fresh = (torch_step(x, h, *tensors((cell, Wx, Wh, new)))[1] for cell in (c, 0 * c))
    np.testing.assert_allclose((kept - fresh).numpy(), c / (1 + np.exp(-beta)), **EXACT)


def latch(weights: Sequence[Array], values: Array, writes: Array) -> Array:
    """The output at each step of torch.nn.LSTMCell with a design's weights, from zeros; (B, T) as the inputs are."""
    Wx, Wh, b = tensors(weights)
    h = c = torch.zeros(len(values), 1, dtype=torch.float64)
    outputs = []
    for step in np.moveaxis(np.stack([values, writes], axis=-1).astype(float), 1, 0):
        h, c = torch_step(torch.tensor(step), h, c, Wx, Wh, b)
        outputs.append(h[:, 0].numpy())
    return np.stack(outputs, axis=1)


def assert_latches(weights: Sequence[Array], values: Array, writes: Array) -> None:
    """After a write: the sign of the value, at least 0.5, and at most 5 % less until the next one."""
    h = latch(weights, values, writes)
    for value, write, output in zip(values, writes, h, strict=True):
        written = np.flatnonzero(write)
        for start, end in zip(written, [*written[1:], len(write)], strict=True):
            held = output[start:end] * value[start]
            assert held[0] >= 0.5 and held.min() >= 0.95 * held[0]


def test_latch_latches_in_torch(seed: int) -> None:
    """`design_latch` holds what is written for 200 steps in torch.nn.LSTMCell, whatever comes along unwritten."""
    weights, rng = solution("design_latch")(), np.random.default_rng(seed)
    assert [np.shape(array) for array in weights] == [(2, 4), (1, 4), (4,)]
    values, once = rng.choice([-1, 1], size=(6, 221)), np.zeros((6, 221), int)
    once[np.arange(6), [0, 0, 1, 5, 12, 20]] = 1  # written at once, or later
    assert_latches(weights, values, once)
    for rest in (1, -1):  # the worst neighbours: all alike, and all against it
        for value in (1, -1):
            steady = np.full((1, 221), rest)
            steady[0, 0] = value
            assert_latches(weights, steady, once[:1])
    for share in (0.5, 0.1, 1.0):  # the same value twice, its opposite, one write upon the other
        assert_latches(weights, rng.choice([-1, 1], size=(20, 150)), (rng.random((20, 150)) < share).astype(int))
    pattern = [1, 1, -1, -1, 1, -1] + 199 * [1]
    assert_latches(weights, np.array([pattern, [-value for value in pattern]]), np.array([6 * [1] + 199 * [0]] * 2))


def made(kind: type, state: dict[str, Array]) -> torch.nn.Module:
    """A cell in float64 with these weights."""
    H, D = state["weight_hh"].shape[1], state["weight_ih"].shape[1]
    module = kind(D, H).double()
    module.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    return module  # type: ignore[no-any-return]


@pytest.mark.parametrize("size", [1.0, 1e3, 1e-310])
@pytest.mark.parametrize("sizes", inputs.ALL, ids=str)
def test_cell_agrees_with_torch_and_autograd(sizes: Sizes, size: float, seed: int) -> None:
    """`LSTMCell` has torch.nn.LSTMCell's parameters, values and gradients, and a second call is as the first."""
    rng = np.random.default_rng(seed)
    x, h, c, Wx, Wh, b = sequence(rng, sizes)
    arrays = size * x[:, 0], h, c
    bias = inputs.away_from_zero(rng, 0.1, 0.3, b.shape)
    state = dict(zip(NAMES, (Wx.T.copy(), Wh.T.copy(), bias, b), strict=True))
    ours, theirs = (made(kind, state) for kind in (solution("LSTMCell"), torch.nn.LSTMCell))
    assert {n: p.shape for n, p in ours.named_parameters()} == {n: p.shape for n, p in theirs.named_parameters()}
    upstream = tensors([rng.normal(size=h.shape) for _ in range(2)])
    results, gradients = [], []
    for cell in (ours, theirs):
        given = tensors(arrays, grad=True)
        before = [each.clone() for each in given]
        results.append(cell(given[0], (given[1], given[2])))
        assert all(torch.equal(*pair) for pair in zip(given, before, strict=True))
        along = [*given, *(cell.get_parameter(name) for name in NAMES)]
        gradients.append(torch.autograd.grad(results[-1], along, upstream))
        again = cell(given[0], (given[1], given[2]))
        assert all(torch.equal(*pair) for pair in zip(again, results[-1], strict=True))
    assert_close([each.detach().numpy() for each in results[0]], results[1], "h c")
    assert_close([each.numpy() for each in gradients[0]], gradients[1], f"x h c {' '.join(NAMES)}", max(1.0, size))
