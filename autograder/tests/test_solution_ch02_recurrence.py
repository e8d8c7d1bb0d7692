"""The reference solutions are proved here, against torch.nn and automatic differentiation in float64."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch

from autograder import course, prove
from autograder.checks import CheckFailed, inputs
from autograder.checks.behaviour import design_adder as adder
from autograder.checks.inputs import ch02_recurrence as own
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.subject import LocalLink

CHAPTER = "ch02_recurrence"


def test_solutions_agree_with_torch(seed: int) -> None:
    """`rnn_step` and `rnn_forward` compute what torch.nn.RNN computes in float64."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for sizes in inputs.ALL:
        x, h0, Wx, Wh, b = inputs.sequence(rng, sizes)
        rnn = _rnn(sizes.D, sizes.H, Wx, Wh, b)
        hs = rnn(torch.tensor(x), torch.tensor(h0)[None])[0].detach().numpy()
        np.testing.assert_allclose(solution["rnn_forward"](x, h0, Wx, Wh, b), hs, rtol=0, atol=1e-14)
        np.testing.assert_allclose(solution["rnn_step"](x[:, 0], h0, Wx, Wh, b), hs[:, 0], rtol=0, atol=1e-14)


def test_padded_states_are_those_of_packed_sequences(seed: int) -> None:
    """`rnn_forward_padded` gives what torch.nn.RNN gives for packed sequences, and holds each last state."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for sizes in inputs.ALL:
        x, h0, lengths, *weights = own.padded(rng, sizes, fewest=1)
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(x), torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        outputs, last = _rnn(sizes.D, sizes.H, *weights)(packed, torch.tensor(h0)[None])
        hs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=sizes.T)
        past = np.arange(sizes.T) >= lengths[:, None]
        expected = np.where(past[:, :, None], last[0, :, None].detach().numpy(), hs.detach().numpy())
        returned = solution["rnn_forward_padded"](x, h0, lengths, *weights)
        np.testing.assert_allclose(returned, expected, rtol=0, atol=1e-14)
        empty = solution["rnn_forward_padded"](x, h0, 0 * lengths, *weights)
        np.testing.assert_array_equal(empty, np.repeat(h0[:, None], sizes.T, axis=1))


def test_readout_agrees_with_torch(seed: int) -> None:
    """`readout` computes what torch.nn.Linear computes of the states at every step, or of each sequence's last."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for sizes in inputs.ALL:
        hs, lengths, Wy, by = own.states(rng, sizes)
        linear = torch.nn.Linear(sizes.H, sizes.V, dtype=torch.float64)
        linear.load_state_dict({"weight": torch.tensor(Wy.T), "bias": torch.tensor(by)})
        last = torch.stack([torch.tensor(one[:n])[-1] for one, n in zip(hs, lengths, strict=True)])
        for mode, states in (("many-to-many", torch.tensor(hs)), ("many-to-one", last)):
            expected = linear(states).detach().numpy()
            np.testing.assert_allclose(solution["readout"](hs, lengths, Wy, by, mode), expected, rtol=0, atol=1e-13)


def test_pairs_are_windows_of_one_more_symbol(seed: int) -> None:
    """`next_symbol_pairs` cuts the windows that torch's unfold finds, T symbols apart and T + 1 long."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for ids, T in own.streams(rng):
        x, y = solution["next_symbol_pairs"](ids, T)
        windows = torch.tensor(ids).unfold(0, T + 1, T).numpy()
        np.testing.assert_array_equal(x, windows[:, :-1])
        np.testing.assert_array_equal(y, windows[:, 1:])


def test_samples_agree_with_arithmetic_of_fifty_digits(seed: int) -> None:
    """`sample_symbol` finds the symbol that exact arithmetic finds, at any temperature."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for temperature in (1e-3, 0.1, 1.0, 30.0):
        for n_symbols in (1, 2, 5, 20):
            logits, _, u = own.draws(rng, n_symbols, temperature)
            assert solution["sample_symbol"](logits, temperature, u) == _exact(logits, temperature, u)
    for logits in own.sums_short_of_one(rng, 3):
        for u in (0.0, float(np.nextafter(1, 0))):
            assert solution["sample_symbol"](logits, 1.0, u) == _exact(logits, 1.0, u)


def _exact(logits: np.ndarray, temperature: float, u: float) -> int:
    with localcontext(prec=50):
        pieces = [(Decimal(float(each)) / Decimal(temperature)).exp() for each in logits]
        return next(k for k in range(len(pieces)) if sum(pieces[: k + 1]) > Decimal(u) * sum(pieces))


def test_many_lots_give_each_symbol_its_share(seed: int) -> None:
    """Over evenly spaced lots, `sample_symbol` draws each symbol as often as torch's softmax says."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    logits, lots = rng.normal(size=6), (np.arange(5000) + 0.5) / 5000
    drawn = np.bincount([solution["sample_symbol"](logits, 0.7, u) for u in lots], minlength=6)
    np.testing.assert_allclose(drawn / 5000, torch.softmax(torch.tensor(logits / 0.7), 0), rtol=0, atol=1 / 5000)


def test_texts_are_those_of_torch(seed: int) -> None:
    """`generate` writes what torch.nn.RNN and torch's own search write, symbol by symbol."""
    solution, rng = implementations.solution(CHAPTER).namespace, np.random.default_rng(seed)
    for sizes in inputs.ALL:
        start, h0, _, temperature, lots, Wx, Wh, b, Wy, by = case = own.writing(rng, sizes, 15, 0.8)
        rnn, h, symbol, expected = _rnn(sizes.V, sizes.H, Wx, Wh, b), torch.tensor(h0)[None, None], start, []
        for u in lots:
            x = torch.nn.functional.one_hot(torch.tensor([[symbol]]), sizes.V).double()
            out, h = rnn(x, h)
            p = torch.softmax((out[0, 0] @ torch.tensor(Wy) + torch.tensor(by)) / temperature, 0)
            symbol = int(torch.searchsorted(p.cumsum(0), u, right=True))
            expected.append(symbol)
        np.testing.assert_array_equal(solution["generate"](*case), expected)


def test_lots_keep_away_from_boundaries(seed: int) -> None:
    """Every lot that the checks hand out is at least 1e-4 away from the boundaries between the symbols' pieces."""
    rng = np.random.default_rng(seed)
    for temperature in (1e-3, 0.2, 1.0, 5.0):
        for sizes in inputs.ALL:
            _, h, _, _, lots, Wx, Wh, b, Wy, by = case = own.writing(rng, sizes, 15, temperature)
            symbols = [case[0], *implementations.solution(CHAPTER).namespace["generate"](*case)]
            for symbol, u in zip(symbols[:-1], lots, strict=True):
                h = np.tanh(Wx[symbol] + h @ Wh + b)
                boundaries = own.ends(h @ Wy + by, temperature)[:-1]
                assert np.abs(boundaries - u).min() >= 1e-4 and 0 <= u < 1
            logits, _, u = own.draws(rng, sizes.V, temperature, others=(1.0, 2.0))
            assert np.abs(own.ends(logits, temperature)[:-1] - u).min() >= 1e-4 and 0 <= u < 1


def test_the_adder_adds_as_python_does(seed: int) -> None:
    """Unit by unit, in plain Python, the designed network adds all small numbers and some of 300 bits."""
    network, rng = implementations.solution(CHAPTER).namespace["design_adder"](), np.random.default_rng(seed)
    pairs = [(p, q, 4) for p in range(16) for q in range(16)]
    pairs += [(int.from_bytes(rng.bytes(37)), int.from_bytes(rng.bytes(37)), 300) for _ in range(3)]
    for p, q, n in pairs:
        assert sum(bit << t for t, bit in enumerate(_run(network, p, q, n))) == p + q


def _run(network: tuple[np.ndarray, ...], p: int, q: int, n: int) -> list[int]:
    """The output bits of threshold units, each unit's sum written out."""
    Wx, Wh, b, Wy, by = (array.tolist() for array in network)
    h, bits = [0, 0, 0], []
    for t in range(n + 1):
        x = p >> t & 1, q >> t & 1
        sums = [sum(x[i] * Wx[i][k] for i in (0, 1)) + sum(h[j] * Wh[j][k] for j in range(3)) + b[k] for k in range(3)]
        h = [int(each > 0) for each in sums]
        bits.append(int(sum(h[k] * Wy[k][0] for k in range(3)) + by[0] > 0))
    return bits


def test_a_table_of_steps_does_what_the_units_do(seed: int) -> None:
    """The judge's quick simulation of a network gives the bits of the slow one, whatever the weights are."""
    rng = np.random.default_rng(seed)
    for scale in (1, 1, 1, 1e308):
        network = tuple(scale * rng.uniform(-1, 1, size=shape) for shape in adder.SHAPES.values())
        p, q = rng.integers(1 << 20, size=(2, 10))
        bits = adder.output_bits(network, p, q, 20)
        assert bits.tolist() == [_run(network, int(one), int(other), 20) for one, other in zip(p, q, strict=True)]


def test_a_wrong_sum_is_named() -> None:
    """The message shows the smallest sum that comes out wrong, and the step where it goes wrong."""
    Wx, _, b, Wy, by = implementations.solution(CHAPTER).namespace["design_adder"]()
    forgetful = Wx, np.zeros((3, 3)), b, Wy, by
    with pytest.raises(
        CheckFailed, match=r"the sum 1 \+ 1 is wrong: the network gives 0; at step 1, fed \(0, 0\) with"
    ):
        adder.expect_sums(forgetful, *adder.all_pairs(3), 3)
    assert adder.behaviour(forgetful).shape == (1024, 6)
    for junk in (None, 1.0, [], forgetful[:4], (*forgetful[:4], np.array([np.nan])), (*forgetful[:4], "by")):
        assert adder.behaviour(junk) is None


def test_a_design_is_compared_by_what_it_does() -> None:
    """Other weights that add earn no note on their digits, and nobody reads that weights are the wrong way round."""
    exercise, diagnoser = course.load(CHAPTER).exercise("design_adder"), Diagnoser(CHAPTER)
    right = next(v for v in implementations.accepted(CHAPTER) if v.style == "whole_numbers")
    verdict = prove.judge(exercise, right.link, 1, diagnoser)
    assert (verdict.status, verdict.message) == ("passed", "")
    upside_down = LocalLink({"design_adder": lambda: [-each for each in right.link.namespace["design_adder"]()]}, {})
    verdict = prove.judge(exercise, upside_down, 1, diagnoser)
    assert verdict.status == "failed" and not [d.id for d in verdict.diagnosis if d.id.startswith("relation")]


def _rnn(n_in: int, n_hidden: int, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> torch.nn.RNN:
    """torch.nn.RNN in float64 with our weights."""
    rnn = torch.nn.RNN(n_in, n_hidden, batch_first=True, dtype=torch.float64)
    tensors = {"weight_ih_l0": Wx.T, "weight_hh_l0": Wh.T, "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    rnn.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()})
    return rnn


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
