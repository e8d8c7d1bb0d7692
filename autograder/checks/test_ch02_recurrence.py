"""What is right in ch02_recurrence: one step, the whole loop, and the step as a PyTorch module.

Arguments: the function judged, and rng, device, reference; see `autograder.checks`.
"""

from autograder.checks import CheckFailed, inputs, weight
from autograder.checks.compare import STATE, STATES, expect_close, expect_entries, expect_shape, expect_unchanged
from autograder.checks.inputs import ALL, DIFFERENT, EQUAL, ONE_EXAMPLE, ONE_STEP, SMALL


def test_rnn_step_keeps_examples_apart(rnn_step, rng):
    """The state of an example does not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        x, h, *weights = inputs.step(rng, sizes)
        among_others, other_h, *_ = inputs.step(rng, sizes)
        among_others[1], other_h[1] = x[1], h[1]
        first, second = rnn_step(x, h, *weights), rnn_step(among_others, other_h, *weights)
        for states in (first, second):
            expect_shape(states, h.shape, "the new state", STATE)
        expect_close(second[1], first[1], "the state of example 1, among other examples,", ("unit",))


@weight(2)
def test_rnn_step_without_memory(rnn_step, rng, reference):
    """With a previous state of zeros the new state is tanh(x Wx + b)."""
    for sizes in ALL:
        x, h, *weights = inputs.step(rng, sizes)
        case = x, 0 * h, *weights
        expect_close(rnn_step(*case), reference.rnn_step(*case), "the new state", STATE)


@weight(3)
def test_rnn_step_remembers(rnn_step, rng, reference):
    """The previous state counts too: the new state is tanh(x Wx + h_prev Wh + b)."""
    for sizes in ALL:
        case = inputs.step(rng, sizes)
        expect_close(rnn_step(*case), reference.rnn_step(*case), "the new state", STATE)


def test_rnn_step_at_extremes(rnn_step, rng, reference):
    """Inputs of a thousand, or too small to matter, give a finite and right state."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.huge(inputs.step(rng, sizes)), inputs.tiny(inputs.step(rng, sizes)):
            expect_close(rnn_step(*case), reference.rnn_step(*case), "the new state", STATE)


def test_rnn_step_in_any_layout(rnn_step, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(inputs.step(rng, sizes)):
            expect_close(rnn_step(*case), reference.rnn_step(*case), "the new state", STATE)


def test_rnn_step_is_pure(rnn_step, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        rnn_step(*inputs.step(rng, sizes))
        expect_unchanged(rnn_step)


@weight(0.5)
def test_rnn_forward_returns_one_state_a_step(rnn_forward, rng):
    """One state comes back for each example and each step: the shape is (B, T, H)."""
    for sizes in ALL:
        hs = rnn_forward(*inputs.sequence(rng, sizes))
        expect_shape(hs, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)


@weight(0.5)
def test_rnn_forward_keeps_examples_apart(rnn_forward, rng):
    """The states of an example do not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        x, h0, *weights = inputs.sequence(rng, sizes)
        among_others, other_h0, *_ = inputs.sequence(rng, sizes)
        among_others[1], other_h0[1] = x[1], h0[1]
        first, second = rnn_forward(x, h0, *weights), rnn_forward(among_others, other_h0, *weights)
        for states in (first, second):
            expect_shape(states, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        expect_close(second[1], first[1], "the run of example 1, among other examples,", STATES[1:])


def test_rnn_forward_never_looks_ahead(rnn_forward, rng):
    """A new input changes the state of its own step, and no earlier one."""
    for sizes in (EQUAL, DIFFERENT):
        x, *rest = inputs.sequence(rng, sizes)
        changed = x.copy()
        changed[:, 2] = inputs.sequence(rng, sizes)[0][:, 2]
        first, second = rnn_forward(x, *rest), rnn_forward(changed, *rest)
        for states in (first, second):
            expect_shape(states, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        expect_close(second[:, :2], first[:, :2], "a state before step 2, where alone the input changed,", STATES)
        if (first[:, 2] == second[:, 2]).all():
            raise CheckFailed("another input at step 2 leaves the state of step 2 as it was", None, second)


@weight(2)
def test_rnn_forward_starts_from_h0(rnn_forward, rng, reference):
    """The first state is one turn of the cell from h0, whether or not more steps follow."""
    for sizes in ALL:
        x, h0, *weights = inputs.sequence(rng, sizes)
        hs = rnn_forward(x, h0, *weights)
        expect_shape(hs, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        expect_close(hs[:, 0], reference.rnn_step(x[:, 0], h0, *weights), "the first state", STATE)


def test_rnn_forward_goes_on_where_it_stopped(rnn_forward, rng):
    """Run in two halves, the second from the last state of the first, a sequence has the same states."""
    for sizes in (ONE_EXAMPLE, EQUAL, DIFFERENT):
        x, h0, *weights = inputs.sequence(rng, sizes)
        whole = rnn_forward(x, h0, *weights)
        expect_shape(whole, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        second = rnn_forward(x[:, 2:], whole[:, 1], *weights)
        expect_close(second, whole[:, 2:], "the second half, run on its own,", STATES)


@weight(4)
def test_rnn_forward_computes_every_state(rnn_forward, rng, reference):
    """Every state is tanh(x_t Wx + h_(t-1) Wh + b), from the first step to the last."""
    for sizes in ALL:
        case = inputs.sequence(rng, sizes)
        expect_close(rnn_forward(*case), reference.rnn_forward(*case), "a state", STATES)


def test_rnn_forward_at_extremes(rnn_forward, rng, reference):
    """Inputs of a thousand, or too small to matter, give finite and right states."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.huge(inputs.sequence(rng, sizes)), inputs.tiny(inputs.sequence(rng, sizes)):
            expect_close(rnn_forward(*case), reference.rnn_forward(*case), "a state", STATES)


def test_rnn_forward_in_any_layout(rnn_forward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(inputs.sequence(rng, sizes)):
            expect_close(rnn_forward(*case), reference.rnn_forward(*case), "a state", STATES)


def test_rnn_forward_is_pure(rnn_forward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        rnn_forward(*inputs.sequence(rng, sizes))
        expect_unchanged(rnn_forward)


def test_RNNCell_has_the_parameters_of_torch(RNNCell, rng, reference):
    """The parameters have the names and shapes of torch.nn.RNNCell's."""
    for sizes in (SMALL, DIFFERENT):
        expected = reference.RNNCell.parameters(sizes.D, sizes.H)
        if not_trained := str(RNNCell.not_trained(sizes.D, sizes.H)):
            raise CheckFailed(not_trained[:200])
        returned = RNNCell.parameters(sizes.D, sizes.H)
        expect_entries(returned, expected, "the parameters")
        for name, shape in expected.items():
            if str(returned[name]) != str(shape):
                message = f"{name} has the shape {returned[name]}; {shape} is expected"
                raise CheckFailed(f"for n_in = {sizes.D} and n_hidden = {sizes.H}, {message}", expected, returned)


@weight(4)
def test_RNNCell_computes_the_new_state(RNNCell, rng, reference, device):
    """The new state is tanh(weight_ih x + bias_ih + weight_hh h + bias_hh), example by example."""
    for sizes in ALL:
        case = inputs.cell(rng, sizes)
        expected = reference.RNNCell.forward(*case, device)
        expect_close(RNNCell.forward(*case, device), expected, "the new state", STATE)


@weight(3)
def test_RNNCell_lets_gradients_through(RNNCell, rng, reference, device):
    """Right gradients reach x, h and all four parameters."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        case = *inputs.cell(rng, sizes), rng.normal(size=(sizes.B, sizes.H)), device
        expected, returned = reference.RNNCell.gradients(*case), RNNCell.gradients(*case)
        expect_entries(returned, expected, "the gradients")
        for name, gradient in expected.items():
            if returned[name] is None:
                raise CheckFailed(f"no gradient reaches {name}", gradient)
            expect_close(returned[name], gradient, f"the gradient of {name}")


def test_RNNCell_at_extremes(RNNCell, rng, reference, device):
    """Inputs of a thousand, or too small to matter, give a finite and right state."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.cell(rng, sizes, inputs.huge), inputs.cell(rng, sizes, inputs.tiny):
            expected = reference.RNNCell.forward(*case, device)
            expect_close(RNNCell.forward(*case, device), expected, "the new state", STATE)


def test_RNNCell_remembers_nothing_by_itself(RNNCell, rng, reference, device):
    """What a cell returns depends on its arguments, not on the calls before."""
    for sizes in (SMALL, DIFFERENT):
        _, x_before, h_before = inputs.cell(rng, sizes)
        state, x, h = inputs.cell(rng, sizes)
        returned = RNNCell.second_call(state, x_before, h_before, x, h, device)
        expected = reference.RNNCell.forward(state, x, h, device)
        expect_close(returned, expected, "the new state at a second call", STATE)


def test_RNNCell_stays_on_its_device(RNNCell):
    """Moved to a GPU, the cell leaves no tensor behind on the CPU."""
    for sizes in (SMALL, DIFFERENT):
        clash = str(RNNCell.device_clash(sizes.D, sizes.H, sizes.B))
        if clash:
            cure = "make tensors with device=x.device, and what belongs to the cell as a parameter"
            raise CheckFailed(f"a tensor would stay on the CPU ({clash[:200]}); {cure}")


@weight(0.5)
def test_RNNCell_is_pure(RNNCell, rng):
    """The tensors x and h that are passed in are not modified."""
    for sizes in (SMALL, DIFFERENT):
        RNNCell.forward(*inputs.cell(rng, sizes))
        expect_unchanged(RNNCell)
