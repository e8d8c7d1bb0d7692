"""What is right in ch04_lstm: gates, the cell and its loop, a latch, and the way back through all of it.

Arguments: the function judged, and rng, device, reference; see `autograder.checks`.
"""

import numpy as np

from autograder.checks import CheckFailed, inputs, weight
from autograder.checks.behaviour import design_latch as latch
from autograder.checks.compare import (
    STATE,
    STATES,
    expect_close,
    expect_count,
    expect_entries,
    expect_results,
    expect_shape,
    expect_unchanged,
    from_step,
)
from autograder.checks.inputs import ALL, DIFFERENT, EQUAL, ONE_EXAMPLE, ONE_STEP, SMALL
from autograder.checks.inputs import ch04_lstm as lstm

GATES = dict.fromkeys("ifgo", STATE)
PAIR = {"h": STATE, "c": STATE}
RUN = {"hs": STATES, "cs": STATES}
INTO = {"dWx": ("input", "column"), "dWh": ("unit", "column"), "db": ("column",)}
STEP_BACK = {"dx": ("example", "input"), "dh_prev": STATE, "dc_prev": STATE, **INTO}
BACK = {"dx": ("example", "step", "input"), "dh0": STATE, "dc0": STATE, **INTO}


def test_lstm_gates_keeps_examples_apart(lstm_gates, rng):
    """The gates of an example do not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        x, h_prev, *weights = lstm.gates(rng, sizes)
        among_others, other_h, *_ = lstm.gates(rng, sizes)
        among_others[1], other_h[1] = x[1], h_prev[1]
        first, second = lstm_gates(x, h_prev, *weights), lstm_gates(among_others, other_h, *weights)
        for results in (first, second):
            expect_count(results, tuple(GATES))
            for name, gate in zip(GATES, results, strict=True):
                expect_shape(gate, h_prev.shape, name, STATE)
        for name, one, other in zip(GATES, first, second, strict=True):
            expect_close(other[1], one[1], f"{name} of example 1, among other examples,", ("unit",))


@weight(2)
def test_lstm_gates_without_memory(lstm_gates, rng, reference):
    """With a previous output of zeros, i, f and o are sigmoids and g is a tanh of x Wx + b, in this order."""
    for sizes in ALL:
        x, h_prev, *weights = lstm.gates(rng, sizes)
        case = x, 0 * h_prev, *weights
        expect_results(lstm_gates(*case), reference.lstm_gates(*case), GATES)


@weight(3)
def test_lstm_gates_remembers(lstm_gates, rng, reference):
    """The previous output counts too: the four sums are x Wx + h_prev Wh + b."""
    for sizes in ALL:
        case = lstm.gates(rng, sizes)
        expect_results(lstm_gates(*case), reference.lstm_gates(*case), GATES)


def test_lstm_gates_at_extremes(lstm_gates, rng, reference):
    """Inputs of a thousand, of either sign, or too small to matter, give finite and right gates."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        for case in lstm.huge(lstm.gates(rng, sizes)), inputs.tiny(lstm.gates(rng, sizes)):
            expect_results(lstm_gates(*case), reference.lstm_gates(*case), GATES)


def test_lstm_gates_in_any_layout(lstm_gates, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(lstm.gates(rng, sizes)):
            expect_results(lstm_gates(*case), reference.lstm_gates(*case), GATES)


def test_lstm_gates_is_pure(lstm_gates, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        lstm_gates(*lstm.gates(rng, sizes))
        expect_unchanged(lstm_gates)


@weight(0.5)
def test_lstm_step_keeps_examples_apart(lstm_step, rng):
    """Two states come back, and those of an example do not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        x, h_prev, c_prev, *weights = lstm.step(rng, sizes)
        among_others, other_h, other_c, *_ = lstm.step(rng, sizes)
        among_others[1], other_h[1], other_c[1] = x[1], h_prev[1], c_prev[1]
        first, second = lstm_step(x, h_prev, c_prev, *weights), lstm_step(among_others, other_h, other_c, *weights)
        for results in (first, second):
            expect_count(results, tuple(PAIR))
            for name, entry in zip(PAIR, results, strict=True):
                expect_shape(entry, h_prev.shape, name, STATE)
        for name, one, other in zip(PAIR, first, second, strict=True):
            expect_close(other[1], one[1], f"{name} of example 1, among other examples,", ("unit",))


def test_lstm_step_writes(lstm_step, rng, reference):
    """With output and cell of zeros before, the new cell is i g, and the new output o tanh(c)."""
    for sizes in ALL:
        x, h_prev, c_prev, *weights = lstm.step(rng, sizes)
        case = x, 0 * h_prev, 0 * c_prev, *weights
        expect_results(lstm_step(*case), reference.lstm_step(*case), PAIR)


@weight(2)
def test_lstm_step_keeps_the_cell(lstm_step, rng, reference):
    """What was in the cell before is kept as far as f lets it: the new cell is f c_prev + i g."""
    for sizes in ALL:
        x, h_prev, c_prev, *weights = lstm.step(rng, sizes)
        case = x, 0 * h_prev, c_prev, *weights
        expect_results(lstm_step(*case), reference.lstm_step(*case), PAIR)


@weight(3)
def test_lstm_step_remembers_its_output(lstm_step, rng, reference):
    """The previous output counts in all four sums: they are x Wx + h_prev Wh + b."""
    for sizes in ALL:
        case = lstm.step(rng, sizes)
        expect_results(lstm_step(*case), reference.lstm_step(*case), PAIR)


def test_lstm_step_at_extremes(lstm_step, rng, reference):
    """Inputs of a thousand, of either sign, or too small to matter, give finite and right states."""
    for sizes in (SMALL, DIFFERENT):
        for case in lstm.huge(lstm.step(rng, sizes)), inputs.tiny(lstm.step(rng, sizes)):
            expect_results(lstm_step(*case), reference.lstm_step(*case), PAIR)


def test_lstm_step_in_any_layout(lstm_step, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(lstm.step(rng, sizes)):
            expect_results(lstm_step(*case), reference.lstm_step(*case), PAIR)


def test_lstm_step_is_pure(lstm_step, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        lstm_step(*lstm.step(rng, sizes))
        expect_unchanged(lstm_step)


@weight(0.5)
def test_lstm_forward_returns_two_states_a_step(lstm_forward, rng):
    """An output and a cell come back for each example and each step: both have the shape (B, T, H)."""
    for sizes in ALL:
        _returned_run(lstm_forward(*lstm.sequence(rng, sizes)), sizes.B, sizes.T, sizes.H)


@weight(0.5)
def test_lstm_forward_keeps_examples_apart(lstm_forward, rng):
    """The states of an example do not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        case, others = lstm.sequence(rng, sizes), lstm.sequence(rng, sizes)
        for own, other in zip(case[:3], others[:3], strict=True):
            other[1] = own[1]
        first = _returned_run(lstm_forward(*case), sizes.B, sizes.T, sizes.H)
        second = _returned_run(lstm_forward(*others[:3], *case[3:]), sizes.B, sizes.T, sizes.H)
        for name, one, other in zip(RUN, first, second, strict=True):
            expect_close(other[1], one[1], f"{name} of example 1, among other examples,", STATES[1:])


def test_lstm_forward_never_looks_ahead(lstm_forward, rng):
    """A new input changes the states of its own step, and of no earlier one."""
    for sizes in (EQUAL, DIFFERENT):
        x, *rest = lstm.sequence(rng, sizes)
        changed = x.copy()
        changed[:, 2] = lstm.sequence(rng, sizes)[0][:, 2]
        first = _returned_run(lstm_forward(x, *rest), sizes.B, sizes.T, sizes.H)
        second = _returned_run(lstm_forward(changed, *rest), sizes.B, sizes.T, sizes.H)
        for name, one, other in zip(RUN, first, second, strict=True):
            expect_close(other[:, :2], one[:, :2], f"{name} before step 2, where alone the input changed,", STATES)
            if (one[:, 2] == other[:, 2]).all():
                raise CheckFailed(f"another input at step 2 leaves {name} of step 2 as it was", None, other)


@weight(2)
def test_lstm_forward_starts_from_h0_and_c0(lstm_forward, rng, reference):
    """The first states are one step of the cell from h0 and c0, whether or not more steps follow."""
    for sizes in ALL:
        x, *rest = lstm.sequence(rng, sizes)
        run = _returned_run(lstm_forward(x, *rest), sizes.B, sizes.T, sizes.H)
        right = reference.lstm_step(x[:, 0], *rest)
        for name, states, expected in zip(RUN, run, right, strict=True):
            expect_close(states[:, 0], expected, f"the first of {name}", STATE)


def test_lstm_forward_goes_on_where_it_stopped(lstm_forward, rng):
    """Run in two halves, the second from the last output and cell of the first, a sequence has the same states."""
    for sizes in (ONE_EXAMPLE, EQUAL, DIFFERENT):
        x, h0, c0, *weights = lstm.sequence(rng, sizes)
        hs, cs = _returned_run(lstm_forward(x, h0, c0, *weights), sizes.B, sizes.T, sizes.H)
        second = lstm_forward(x[:, 2:], hs[:, 1], cs[:, 1], *weights)
        expect_count(second, tuple(RUN))
        for name, later, whole in zip(RUN, second, (hs, cs), strict=True):
            expect_close(later, whole[:, 2:], f"{name} of the second half, run on its own,", STATES)


@weight(4)
def test_lstm_forward_computes_every_state(lstm_forward, rng, reference):
    """Every cell is f c_(t-1) + i g and every output o tanh(c_t), from the first step to the last."""
    for sizes in ALL:
        case = lstm.sequence(rng, sizes)
        expect_results(lstm_forward(*case), reference.lstm_forward(*case), RUN)


def test_lstm_forward_at_extremes(lstm_forward, rng, reference):
    """Inputs of a thousand, of either sign, or too small to matter, give finite and right states."""
    for sizes in (SMALL, DIFFERENT):
        for case in lstm.huge(lstm.sequence(rng, sizes)), inputs.tiny(lstm.sequence(rng, sizes)):
            expect_results(lstm_forward(*case), reference.lstm_forward(*case), RUN)


def test_lstm_forward_in_any_layout(lstm_forward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(lstm.sequence(rng, sizes)):
            expect_results(lstm_forward(*case), reference.lstm_forward(*case), RUN)


def test_lstm_forward_is_pure(lstm_forward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        lstm_forward(*lstm.sequence(rng, sizes))
        expect_unchanged(lstm_forward)


@weight(0.5)
def test_design_latch_returns_weights(design_latch):
    """Three arrays of finite numbers come back: Wx (2, 4), Wh (1, 4) and b (4,)."""
    latch.weights(design_latch())


@weight(2)
def test_design_latch_takes_a_value(design_latch, rng):
    """After the first write h has the sign of the value, and is at least 0.5 away from 0."""
    value = design_latch()
    for idle in (0, 3, 20):
        values = rng.choice([-1.0, 1.0], size=(8, idle + 1))
        values[:2, -1] = 1, -1
        write = np.zeros(values.shape)
        write[:, -1] = 1
        latch.expect_written(value, values, write)


@weight(2)
def test_design_latch_holds_it(design_latch):
    """200 steps after a write h has lost at most 5 %, even where the value stays what it was."""
    latch.expect_kept(design_latch(), *latch.shown("the value written"))


@weight(3)
def test_design_latch_ignores_the_value_while_write_is_0(design_latch, rng):
    """200 steps after a write h has lost at most 5 %, whatever the value was in the meantime."""
    values, meanwhile = latch.shown(*latch.PATTERNS)
    changing = rng.choice([-1.0, 1.0], size=(16, 1 + latch.KEEP))
    meanwhile += ["changing values"] * len(changing)
    latch.expect_kept(design_latch(), np.concatenate([values, changing]), meanwhile)


@weight(3)
def test_design_latch_overwrites(design_latch, rng):
    """A write takes the place of what was there: written once or several times, at once or long before."""
    value = design_latch()
    latch.expect_written(value, *latch.in_a_row())
    values = rng.choice([-1.0, 1.0], size=(16, 120))
    write = (rng.random(values.shape) < 0.1).astype(float)
    latch.expect_written(value, values, write)


@weight(0.5)
def test_cell_memory_ends_with_ones(cell_memory, rng):
    """At the last step everything is left: the result is 1 there, and has the shape of f."""
    for sizes in ALL:
        (f,) = lstm.forget_gates(rng, sizes)
        left = cell_memory(f)
        expect_shape(left, f.shape, "the result", STATES, np.ones(f.shape))
        expect_close(left[:, -1], np.ones((sizes.B, sizes.H)), "the last step", STATE)


@weight(0.5)
def test_cell_memory_looks_at_later_gates(cell_memory, rng):
    """The gate of a step counts for the steps before it, and not for its own or any later one."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        (f,) = lstm.forget_gates(rng, sizes)
        changed = f.copy()
        changed[:, 1] = 0.5 * f[:, 1]
        first, second = cell_memory(f), cell_memory(changed)
        for left in (first, second):
            expect_shape(left, f.shape, "the result", STATES)
        expect_close(
            second, from_step(1, second, first), "from step 1 on, after a change of gate 1, the result", STATES
        )
        expect_close(second[:, 0], 0.5 * first[:, 0], "step 0, after gate 1 was halved,", STATE)


@weight(4)
def test_cell_memory_multiplies_the_gates(cell_memory, rng, reference):
    """What is left of a step at the end is the product of all later forget gates."""
    for sizes in ALL:
        case = lstm.forget_gates(rng, sizes)
        expect_close(cell_memory(*case), reference.cell_memory(*case), "the result", STATES)


@weight(2)
def test_cell_memory_survives_closed_gates(cell_memory, rng, reference):
    """A gate of exactly 0 erases what was there before it, and nothing that comes later."""
    for sizes in (ONE_EXAMPLE, ONE_STEP, EQUAL, DIFFERENT):
        case = lstm.forget_gates(rng, sizes, closed=True)
        expect_close(cell_memory(*case), reference.cell_memory(*case), "the result", STATES)


@weight(0.5)
def test_cell_memory_in_any_layout(cell_memory, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(lstm.forget_gates(rng, sizes)):
            expect_close(cell_memory(*case), reference.cell_memory(*case), "the result", STATES)


@weight(0.5)
def test_cell_memory_is_pure(cell_memory, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        cell_memory(*lstm.forget_gates(rng, sizes))
        expect_unchanged(cell_memory)


@weight(4)
def test_forget_bias_opens_the_forget_gates(forget_bias, rng, reference):
    """The second quarter of the result is beta, and the other three are those of b."""
    for sizes in ALL:
        case = lstm.weights(rng, sizes)[2], float(rng.uniform(1, 3))
        expect_close(forget_bias(*case), reference.forget_bias(*case), "the bias", ("entry",))


@weight(2)
def test_forget_bias_sets_a_smaller_one_too(forget_bias, rng, reference):
    """The forget quarter is set to beta, whether beta is above or below what stood there, or zero."""
    for sizes in ALL:
        b = lstm.weights(rng, sizes)[2]
        for beta in (b.min() - float(rng.uniform(1, 2)), 0.0):
            expect_close(forget_bias(b, beta), reference.forget_bias(b, beta), "the bias", ("entry",))


@weight(0.5)
def test_forget_bias_in_any_layout(forget_bias, rng, reference):
    """The values of b count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts((lstm.weights(rng, sizes)[2], float(rng.uniform(1, 3)))):
            expect_close(forget_bias(*case), reference.forget_bias(*case), "the bias", ("entry",))


@weight(0.5)
def test_forget_bias_is_pure(forget_bias, rng):
    """The array b that is passed in is not modified."""
    for sizes in (SMALL, DIFFERENT):
        forget_bias(lstm.weights(rng, sizes)[2], float(rng.uniform(1, 3)))
        expect_unchanged(forget_bias)


@weight(0.5)
def test_lstm_step_backward_returns_six(lstm_step_backward, rng):
    """Six gradients come back, each of the shape of what it belongs to."""
    for sizes in (SMALL, ONE_STEP, DIFFERENT):
        case = lstm.step_back(rng, sizes)
        _, _, x, h_prev, c_prev, *_, Wx, Wh = case
        _returned_gradients(lstm_step_backward(*case), STEP_BACK, (x, h_prev, c_prev, Wx, Wh, Wx[0]))


@weight(0.5)
def test_lstm_step_backward_of_nothing(lstm_step_backward, rng):
    """Where nothing arrives, nothing goes on: an upstream of zeros gives gradients of zeros."""
    for sizes in (SMALL, DIFFERENT):
        dh, dc, *rest = lstm.step_back(rng, sizes)
        x, h_prev, c_prev, *_, Wx, Wh = rest
        zeros = [np.zeros(each.shape) for each in (x, h_prev, c_prev, Wx, Wh, Wx[0])]
        expect_results(lstm_step_backward(0 * dh, 0 * dc, *rest), zeros, STEP_BACK)


@weight(3)
def test_lstm_step_backward_through_the_output(lstm_step_backward, rng, reference):
    """What arrives at h alone, with dc of zeros, goes through the output gate and through the cell."""
    for sizes in ALL:
        dh, dc, *rest = lstm.step_back(rng, sizes)
        case = dh, 0 * dc, *rest
        expect_results(lstm_step_backward(*case), reference.lstm_step_backward(*case), STEP_BACK)


@weight(4)
def test_lstm_step_backward_adds_what_meets_at_the_cell(lstm_step_backward, rng, reference):
    """Both at once: what comes through h is added to dc, and all of it goes on from the cell."""
    for sizes in ALL:
        case = lstm.step_back(rng, sizes)
        expect_results(lstm_step_backward(*case), reference.lstm_step_backward(*case), STEP_BACK)


@weight(0.5)
def test_lstm_step_backward_is_linear(lstm_step_backward, rng, reference):
    """A large upstream gives gradients as large: nothing is clipped."""
    for sizes in (SMALL, DIFFERENT):
        case = lstm.step_back(rng, sizes, lstm.SIZE)
        expected = reference.lstm_step_backward(*case)
        expect_results(lstm_step_backward(*case), expected, STEP_BACK, scale=lstm.SIZE)


@weight(0.5)
def test_lstm_step_backward_in_any_layout(lstm_step_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(lstm.step_back(rng, sizes)):
            expect_results(lstm_step_backward(*case), reference.lstm_step_backward(*case), STEP_BACK)


@weight(0.5)
def test_lstm_step_backward_is_pure(lstm_step_backward, rng):
    """Nothing that is passed in is modified, the upstream gradients included."""
    for sizes in (SMALL, DIFFERENT):
        lstm_step_backward(*lstm.step_back(rng, sizes))
        expect_unchanged(lstm_step_backward)


@weight(0.5)
def test_lstm_backward_returns_six(lstm_backward, rng):
    """Six gradients come back, each of the shape of what it belongs to."""
    for sizes in (SMALL, ONE_STEP, DIFFERENT):
        case = lstm.sequence_back(rng, sizes)
        _, x, h0, c0, _, _, Wx, Wh, b = case
        _returned_gradients(lstm_backward(*case), BACK, (x, h0, c0, Wx, Wh, b))


@weight(0.5)
def test_lstm_backward_of_nothing(lstm_backward, rng):
    """Where nothing arrives, nothing goes on: an upstream of zeros gives gradients of zeros."""
    for sizes in (SMALL, DIFFERENT):
        dhs, *rest = lstm.sequence_back(rng, sizes)
        x, h0, c0, _, _, Wx, Wh, b = rest
        zeros = [np.zeros(each.shape) for each in (x, h0, c0, Wx, Wh, b)]
        expect_results(lstm_backward(0 * dhs, *rest), zeros, BACK)


@weight(2)
def test_lstm_backward_of_one_step(lstm_backward, rng, reference):
    """With T = 1 the six gradients are those of a single step."""
    for sizes in (ONE_STEP, inputs.Sizes(4, 1, 4, 4, 4)):
        case = lstm.sequence_back(rng, sizes)
        expect_results(lstm_backward(*case), reference.lstm_backward(*case), BACK)


@weight(0.5)
def test_lstm_backward_never_looks_ahead(lstm_backward, rng):
    """What arrives at step 1 reaches the inputs of steps 0 and 1, and of no later one."""
    for sizes in (ONE_EXAMPLE, EQUAL, DIFFERENT):
        dhs, x, *rest = lstm.sequence_back(rng, sizes)
        dhs[:, :1] = dhs[:, 2:] = 0
        results = lstm_backward(dhs, x, *rest)
        expect_count(results, tuple(BACK))
        expect_shape(results[0], x.shape, "dx", BACK["dx"])
        nothing = from_step(2, results[0], 0 * x)
        expect_close(results[0], nothing, "dx after step 1, where alone a gradient arrives,", BACK["dx"])
        if not results[0][:, 1].any():
            raise CheckFailed("what arrives at step 1 does not reach the input of step 1", None, results[0])


@weight(4)
def test_lstm_backward_carries_two_gradients(lstm_backward, rng, reference):
    """Both dh and dc go from step to step, so dx, dh0 and dc0 hold what arrives at every later step."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        case = lstm.sequence_back(rng, sizes)
        results, expected = lstm_backward(*case), reference.lstm_backward(*case)
        expect_count(results, tuple(BACK), expected)
        for (name, axes), one, right in list(zip(BACK.items(), results, expected, strict=True))[:3]:
            expect_close(one, right, name, axes)


@weight(3)
def test_lstm_backward_sums_over_the_steps(lstm_backward, rng, reference):
    """All six are right: the gradients of the weights are sums over all examples and all steps."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        case = lstm.sequence_back(rng, sizes)
        expect_results(lstm_backward(*case), reference.lstm_backward(*case), BACK)


@weight(0.5)
def test_lstm_backward_is_linear(lstm_backward, rng, reference):
    """A large upstream gives gradients as large: nothing is clipped."""
    for sizes in (SMALL, DIFFERENT):
        case = lstm.sequence_back(rng, sizes, lstm.SIZE)
        expect_results(lstm_backward(*case), reference.lstm_backward(*case), BACK, scale=lstm.SIZE)


@weight(0.5)
def test_lstm_backward_at_extremes(lstm_backward, rng, reference):
    """Inputs of a thousand, of either sign, or too small to matter, give finite and right gradients."""
    for sizes in (SMALL, EQUAL):
        for change in (lstm.huge, inputs.tiny):
            case = lstm.sequence_back(rng, sizes, change=change)
            expect_results(lstm_backward(*case), reference.lstm_backward(*case), BACK)


@weight(0.5)
def test_lstm_backward_in_any_layout(lstm_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, ONE_EXAMPLE):
        for case in inputs.layouts(lstm.sequence_back(rng, sizes)):
            expect_results(lstm_backward(*case), reference.lstm_backward(*case), BACK)


@weight(0.5)
def test_lstm_backward_is_pure(lstm_backward, rng):
    """Nothing that is passed in is modified, the upstream gradients included."""
    for sizes in (SMALL, DIFFERENT):
        lstm_backward(*lstm.sequence_back(rng, sizes))
        expect_unchanged(lstm_backward)


def test_LSTMCell_has_the_parameters_of_torch(LSTMCell, rng, reference):
    """The parameters have the names and shapes of torch.nn.LSTMCell's."""
    for sizes in (SMALL, DIFFERENT):
        expected = reference.LSTMCell.parameters(sizes.D, sizes.H)
        if not_trained := str(LSTMCell.not_trained(sizes.D, sizes.H)):
            raise CheckFailed(not_trained[:200])
        returned = LSTMCell.parameters(sizes.D, sizes.H)
        expect_entries(returned, expected, "the parameters")
        for name, shape in expected.items():
            if str(returned[name]) != str(shape):
                message = f"{name} has the shape {returned[name]}; {shape} is expected"
                raise CheckFailed(f"for n_in = {sizes.D} and n_hidden = {sizes.H}, {message}", expected, returned)


@weight(4)
def test_LSTMCell_computes_the_new_states(LSTMCell, rng, reference, device):
    """The new cell is f c + i g and the new output o tanh(c), example by example, returned as (h, c)."""
    for sizes in ALL:
        case = *lstm.module(rng, sizes), device
        expect_results(LSTMCell.forward(*case), reference.LSTMCell.forward(*case), PAIR)


@weight(3)
def test_LSTMCell_lets_gradients_through(LSTMCell, rng, reference, device):
    """Right gradients reach x, h, c and all four parameters."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        case = *lstm.module(rng, sizes), *rng.normal(size=(2, sizes.B, sizes.H)), device
        expected, returned = reference.LSTMCell.gradients(*case), LSTMCell.gradients(*case)
        expect_entries(returned, expected, "the gradients")
        for name, gradient in expected.items():
            if returned[name] is None:
                raise CheckFailed(f"no gradient reaches {name}", gradient)
            expect_close(returned[name], gradient, f"the gradient of {name}")


def test_LSTMCell_at_extremes(LSTMCell, rng, reference, device):
    """Inputs of a thousand, of either sign, or too small to matter, give finite and right states."""
    for sizes in (SMALL, DIFFERENT):
        for case in lstm.module(rng, sizes, lstm.huge), lstm.module(rng, sizes, inputs.tiny):
            expect_results(LSTMCell.forward(*case, device), reference.LSTMCell.forward(*case, device), PAIR)


def test_LSTMCell_remembers_nothing_by_itself(LSTMCell, rng, reference, device):
    """What a cell returns depends on its arguments, not on the calls before."""
    for sizes in (SMALL, DIFFERENT):
        _, *before = lstm.module(rng, sizes)
        state, *now = lstm.module(rng, sizes)
        returned = LSTMCell.second_call(state, before, *now, device)
        expect_results(returned, reference.LSTMCell.forward(state, *now, device), PAIR)


def test_LSTMCell_stays_on_its_device(LSTMCell):
    """Moved to a GPU, the cell leaves no tensor behind on the CPU."""
    for sizes in (SMALL, DIFFERENT):
        clash = str(LSTMCell.device_clash(sizes.D, sizes.H, sizes.B))
        if clash:
            cure = "make tensors with device=x.device, and what belongs to the cell as a parameter"
            raise CheckFailed(f"a tensor would stay on the CPU (seen in {clash[:200]}); {cure}")


@weight(0.5)
def test_LSTMCell_is_pure(LSTMCell, rng):
    """The tensors x, h and c that are passed in are not modified."""
    for sizes in (SMALL, DIFFERENT):
        LSTMCell.forward(*lstm.module(rng, sizes))
        expect_unchanged(LSTMCell)


def _returned_run(results, *shape):
    """The two arrays (B, T, H) that `lstm_forward` returned; raises CheckFailed."""
    expect_count(results, tuple(RUN))
    for name, states in zip(RUN, results, strict=True):
        expect_shape(states, shape, name, STATES)
    return results


def _returned_gradients(results, names, like):
    """Gradients of these names, each of the shape of what it belongs to; raises CheckFailed."""
    expect_count(results, tuple(names))
    for (name, axes), one, belonging in zip(names.items(), results, like, strict=True):
        expect_shape(one, belonging.shape, name, axes)
