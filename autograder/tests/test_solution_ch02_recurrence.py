"""The reference solutions are proved here, against torch.nn and automatic differentiation in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder.checks import inputs
from autograder.judge import implementations

CHAPTER = "ch02_recurrence"


def test_solutions_agree_with_torch(seed: int) -> None:
    """`rnn_step` and `rnn_forward` compute what torch.nn.RNN computes in float64."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for sizes in inputs.ALL:
        x, h0, Wx, Wh, b = inputs.sequence(rng, sizes)
        rnn = torch.nn.RNN(sizes.D, sizes.H, batch_first=True, dtype=torch.float64)
        tensors = {"weight_ih_l0": Wx.T, "weight_hh_l0": Wh.T, "bias_ih_l0": b, "bias_hh_l0": 0 * b}
        rnn.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()})
        hs = rnn(torch.tensor(x), torch.tensor(h0)[None])[0].detach().numpy()
        np.testing.assert_allclose(solution["rnn_forward"](x, h0, Wx, Wh, b), hs, rtol=0, atol=1e-14)
        np.testing.assert_allclose(solution["rnn_step"](x[:, 0], h0, Wx, Wh, b), hs[:, 0], rtol=0, atol=1e-14)


def test_cell_agrees_with_torch_and_autograd(seed: int) -> None:
    """`RNNCell` gives the values and all gradients of torch.nn.RNNCell in float64, through the same driver."""
    rng, driver = np.random.default_rng(seed), implementations.drivers(CHAPTER)["RNNCell"]
    ours = implementations.solution(CHAPTER).namespace["RNNCell"]
    assert driver.parameters(ours, 7, 9) == driver.parameters(torch.nn.RNNCell, 7, 9)
    for sizes in inputs.ALL:
        state, x, h = inputs.cell(rng, sizes)
        np.testing.assert_allclose(
            driver.forward(ours, state, x, h), driver.forward(torch.nn.RNNCell, state, x, h), rtol=0, atol=1e-14
        )
        case = state, x, h, rng.normal(size=h.shape)
        theirs = driver.gradients(torch.nn.RNNCell, *case)
        for name, gradient in driver.gradients(ours, *case).items():
            np.testing.assert_allclose(gradient, theirs[name], rtol=0, atol=1e-13, err_msg=name)


def test_gradients_agree_with_finite_differences(seed: int) -> None:
    """The driver's gradients are the slopes of what its forward returns: no detour of autograd's enters."""
    rng, driver = np.random.default_rng(seed), implementations.drivers(CHAPTER)["RNNCell"]
    ours = implementations.solution(CHAPTER).namespace["RNNCell"]
    state, x, h = inputs.cell(rng, inputs.DIFFERENT)
    upstream, nudge = rng.normal(size=h.shape), 1e-6 * rng.normal(size=h.shape)
    rise = driver.forward(ours, state, x, h + nudge) - driver.forward(ours, state, x, h - nudge)
    slope = driver.gradients(ours, state, x, h, upstream)["h"]
    assert (rise * upstream).sum() == pytest.approx(2 * (slope * nudge).sum(), rel=1e-6)
