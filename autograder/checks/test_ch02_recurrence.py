"""What is right in ch02_recurrence: one step and the whole loop; padded batches; what a network says, learns from and
writes; a network that adds; and the step as a PyTorch module.

Arguments: the function judged, and rng, device, reference; see `autograder.checks`.
"""

from contextlib import suppress

import numpy as np

from autograder.checks import CheckFailed, inputs, weight
from autograder.checks.behaviour import design_adder as adder
from autograder.checks.compare import (
    STATE,
    STATES,
    expect_close,
    expect_count,
    expect_entries,
    expect_error,
    expect_shape,
    expect_unchanged,
    expect_whole,
)  # fmt: skip
from autograder.checks.inputs import ALL, DIFFERENT, EQUAL, ONE_EXAMPLE, ONE_STEP, SMALL
from autograder.checks.inputs import ch02_recurrence as own

LOGITS = ("example", "step", "symbol")
CHUNKS = ("chunk", "step")


def _expect_symbols(subject, right, cases, what, axes=()):
    """The symbols of every case are right; raises CheckFailed.

    Where one is wrong, all cases are asked, and that one again: a symbol is little to know a mistake by.
    """
    for case in cases:
        try:
            expect_whole(subject(*case), right(*case), what, axes)
        except CheckFailed:
            for each in cases:
                with suppress(CheckFailed):
                    subject(*each)
            expect_whole(subject(*case), right(*case), what, axes)
            raise


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


@weight(0.5)
def test_rnn_forward_padded_returns_one_state_a_step(rnn_forward_padded, rng):
    """One state comes back for each example and each of the T steps, however short the sequences are."""
    for sizes in ALL:
        hs = rnn_forward_padded(*own.padded(rng, sizes))
        expect_shape(hs, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)


@weight(2)
def test_rnn_forward_padded_without_padding(rnn_forward_padded, rng, reference):
    """Where every sequence fills the array, the states are those of the plain loop."""
    for sizes in ALL:
        x, h0, *weights = inputs.sequence(rng, sizes)
        full = np.full(sizes.B, sizes.T)
        expected = reference.rnn_forward(x, h0, *weights)
        expect_close(rnn_forward_padded(x, h0, full, *weights), expected, "a state", STATES)


@weight(0.5)
def test_rnn_forward_padded_ignores_the_padding(rnn_forward_padded, rng):
    """What stands in the padding changes no state."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        x, h0, lengths, *weights = own.padded(rng, sizes)
        other = own.filled(rng, x, lengths)
        first, second = (rnn_forward_padded(each, h0, lengths, *weights) for each in (x, other))
        for states in (first, second):
            expect_shape(states, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        expect_close(second, first, "a state, with other numbers in the padding,", STATES)


@weight(0.5)
def test_rnn_forward_padded_freezes_at_the_end(rnn_forward_padded, rng):
    """Past the end of a sequence its state stays what it was at its last step."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        x, h0, lengths, *weights = own.padded(rng, sizes, fewest=1)
        hs = rnn_forward_padded(x, h0, lengths, *weights)
        expect_shape(hs, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        last = np.minimum(np.arange(sizes.T), lengths[:, None] - 1)
        frozen = hs[np.arange(sizes.B)[:, None], last]
        expect_close(hs, frozen, f"a state past the end (lengths {lengths.tolist()})", STATES)


def test_rnn_forward_padded_of_length_zero(rnn_forward_padded, rng):
    """A sequence of length 0 stays at h0, at every step."""
    for sizes in (SMALL, EQUAL, DIFFERENT):
        x, h0, lengths, *weights = own.padded(rng, sizes)
        lengths[-1] = 0
        hs = rnn_forward_padded(own.filled(rng, x, lengths), h0, lengths, *weights)
        expect_shape(hs, (sizes.B, sizes.T, sizes.H), "the array of states", STATES)
        expected = np.repeat(h0[-1:], sizes.T, axis=0)
        expect_close(hs[-1], expected, "the run of the last example, of length 0,", STATES[1:])


@weight(4)
def test_rnn_forward_padded_computes_every_state(rnn_forward_padded, rng, reference):
    """Every state is right: up to the end of its sequence as in the plain loop, and frozen after it."""
    for sizes in ALL:
        case = own.padded(rng, sizes)
        what = f"a state (lengths {case[2].tolist()})"
        expect_close(rnn_forward_padded(*case), reference.rnn_forward_padded(*case), what, STATES)


@weight(0.5)
def test_rnn_forward_padded_in_any_layout(rnn_forward_padded, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SMALL, DIFFERENT):
        for case in inputs.layouts(own.padded(rng, sizes)):
            expect_close(rnn_forward_padded(*case), reference.rnn_forward_padded(*case), "a state", STATES)


@weight(0.5)
def test_rnn_forward_padded_is_pure(rnn_forward_padded, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        rnn_forward_padded(*own.padded(rng, sizes))
        expect_unchanged(rnn_forward_padded)


@weight(2)
def test_readout_at_every_step(readout, rng, reference):
    """Many-to-many gives the logits h_t Wy + by of all T steps, whatever the lengths are."""
    for sizes in (own.SQUARE, *ALL):
        case = *own.states(rng, sizes), "many-to-many"
        expect_close(readout(*case), reference.readout(*case), "a logit", LOGITS)


def test_readout_at_the_last_step(readout, rng, reference):
    """Many-to-one gives the logits of the last step, where every sequence fills the array."""
    for sizes in (own.SQUARE, *ALL):
        hs, _, Wy, by = own.states(rng, sizes)
        case = hs, np.full(sizes.B, sizes.T), Wy, by, "many-to-one"
        expect_close(readout(*case), reference.readout(*case), "a logit", ("example", "symbol"))


@weight(2)
def test_readout_at_the_last_valid_step(readout, rng, reference):
    """Many-to-one gives the logits of each example's own last step; states past it do not count."""
    for sizes in ALL:
        hs, lengths, *weights = own.states(rng, sizes)
        case = own.filled(rng, hs, lengths), lengths, *weights, "many-to-one"
        what = f"a logit (lengths {lengths.tolist()})"
        expect_close(readout(*case), reference.readout(*case), what, ("example", "symbol"))


@weight(0.5)
def test_readout_refuses_another_mode(readout, rng):
    """Any other mode raises a ValueError."""
    for sizes in (SMALL, DIFFERENT):
        case = own.states(rng, sizes)
        for mode in ("one-to-many", "many-to-few", ""):
            expect_error(lambda case=case, mode=mode: readout(*case, mode), "ValueError", f"mode {mode!r}")


@weight(0.5)
def test_readout_in_any_layout(readout, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for mode, axes in (("many-to-one", ("example", "symbol")), ("many-to-many", LOGITS)):
        for sizes in (SMALL, DIFFERENT):
            for case in inputs.layouts((*own.states(rng, sizes), mode)):
                expect_close(readout(*case), reference.readout(*case), "a logit", axes)


@weight(0.5)
def test_readout_is_pure(readout, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        for mode in ("many-to-one", "many-to-many"):
            readout(*own.states(rng, sizes), mode)
            expect_unchanged(readout)


def _shape(value):
    """The shape of an array, or of lists in lists, in words."""
    try:
        return f"the shape {np.shape(value)}"
    except ValueError:
        return "rows of unequal length"


def test_next_symbol_pairs_uses_as_much_as_it_can(next_symbol_pairs, rng):
    """There are C = (N-1)//T chunks of T symbols, in x as in y."""
    for ids, T in own.streams(rng):
        pair, C = next_symbol_pairs(ids, T), (len(ids) - 1) // T
        expect_count(pair, ("x", "y"))
        for name, returned in zip("xy", pair, strict=True):
            if (found := _shape(returned)) != f"the shape {(C, T)}":
                shapes = f"has {found}; {(C, T)} is expected"
                raise CheckFailed(f"of {len(ids)} symbols in chunks of {T}, {name} {shapes}", None, returned)


@weight(2)
def test_next_symbol_pairs_cuts_the_stream(next_symbol_pairs, rng, reference):
    """x is the stream from its first symbol, chunk after chunk, with no gap and no overlap."""
    for ids, T in own.streams(rng):
        pair = next_symbol_pairs(ids, T)
        expect_count(pair, ("x", "y"))
        expect_whole(pair[0], reference.next_symbol_pairs(ids, T)[0], "x", CHUNKS)


@weight(3)
def test_next_symbol_pairs_gives_what_follows(next_symbol_pairs, rng, reference):
    """y holds the symbol after each x, across the end of a chunk too."""
    for ids, T in own.streams(rng):
        pair = next_symbol_pairs(ids, T)
        expect_count(pair, ("x", "y"))
        expect_whole(pair[1], reference.next_symbol_pairs(ids, T)[1], "y", CHUNKS)


@weight(0.5)
def test_next_symbol_pairs_in_any_layout(next_symbol_pairs, rng, reference):
    """The symbols of a stream count, not how they lie in memory."""
    for ids, T in own.streams(rng):
        for case in inputs.layouts((ids, T)):
            pair, expected = next_symbol_pairs(*case), reference.next_symbol_pairs(*case)
            expect_count(pair, ("x", "y"))
            for name, returned, right in zip("xy", pair, expected, strict=True):
                expect_whole(returned, right, name, CHUNKS)


@weight(0.5)
def test_next_symbol_pairs_is_pure(next_symbol_pairs, rng):
    """The stream that is passed in is not modified."""
    for ids, T in own.streams(rng):
        next_symbol_pairs(ids, T)
        expect_unchanged(next_symbol_pairs)


@weight(3)
def test_sample_symbol_finds_the_piece(sample_symbol, rng, reference):
    """At temperature 1, the answer is the smallest k with p_0 + ... + p_k > u."""
    powers_of_two = (own.WITH_POWERS_OF_TWO,)
    cases = [own.draws(rng, n_symbols, 1.0, powers_of_two) for n_symbols in (3, 2, 3, 11)]
    cases += [own.draws(rng, n_symbols, 1.0) for n_symbols in (3, 4, 5, 5, 11, 20, 1)]
    cases += [case for n_symbols in (3, 11) for case in inputs.layouts(own.draws(rng, n_symbols, 1.0))]
    _expect_symbols(sample_symbol, reference.sample_symbol, cases, "the symbol")


@weight(2)
def test_sample_symbol_uses_the_temperature(sample_symbol, rng, reference):
    """The logits are divided by the temperature: a low one sharpens the differences, a high one evens them out."""
    kinds = [(n_symbols, temperature) for n_symbols in (3, 2, 5, 11, 11) for temperature in (0.5, 0.3, 2.0, 10.0)]
    cases = [own.draws(rng, n_symbols, tau, others=(1.0, 1 / tau)) for n_symbols, tau in kinds]
    _expect_symbols(sample_symbol, reference.sample_symbol, cases, "the symbol")


def test_sample_symbol_near_freezing(sample_symbol, rng, reference):
    """At temperature 0.001, symbols whose logits are 0.001 apart still take turns."""
    many = [(rng.normal(), n, (2e-3, 1e-2)) for n in (3, 2, 3, 4, 4, 5, 5, 5)]
    many += [(1e5, n, (1e3,)) for n in (3, 4, 4)]  # so far from zero, float32 takes the logits for equal
    cases = []
    for shift, n_symbols, others in many:
        logits = shift + 1e-3 * rng.permutation(n_symbols)
        cases.append((logits, 1e-3, own.lot(rng, logits, 1e-3, others=others)))
    _expect_symbols(sample_symbol, reference.sample_symbol, cases, "the symbol")


def test_sample_symbol_at_extremes(sample_symbol, rng, reference):
    """Logits that are thousands, or become so when divided by the temperature, give a right symbol."""
    kinds = (5, 3, 2000, 1e-3), (11, 10, 900, 1e-3), (4, 2, 5000, 1.0), (11, 10, 900, 1.0)  # symbols, high ones, gap
    cases = [own.several_high(rng, *kind) for kind in kinds]
    for n_symbols in (3, 2, 5, 11):
        for temperature, spread, shift in ((1e-3, 2, 0), (1.0, 1, 5000), (1.0, 1, -5000), (1000.0, 2000, 0)):
            logits = shift + rng.normal(scale=spread, size=n_symbols)
            cases.append((logits, temperature, own.lot(rng, logits, temperature)))
    _expect_symbols(sample_symbol, reference.sample_symbol, cases, "the symbol")


def test_sample_symbol_for_any_lot(sample_symbol, rng):
    """For u = 0 the answer is symbol 0, and for the largest u below 1 the last symbol, however the sums round."""
    for logits in own.sums_short_of_one(rng, 4):
        for u, expected in ((0.0, 0), (float(np.nextafter(1, 0)), len(logits) - 1)):
            expect_whole(sample_symbol(logits, 1.0, u), expected, f"the symbol for u = {u:.16g}")


@weight(0.5)
def test_sample_symbol_is_pure(sample_symbol, rng):
    """The logits that are passed in are not modified."""
    for n_symbols in (3, 11):
        sample_symbol(*own.draws(rng, n_symbols, 0.5))
        expect_unchanged(sample_symbol)


@weight(0.5)
def test_generate_may_write_nothing(generate, rng):
    """Asked for no symbol, it returns an empty array."""
    for sizes in (SMALL, DIFFERENT):
        ids = generate(*own.writing(rng, sizes, 0))
        expect_whole(ids, np.zeros(0, dtype=int), "the array of symbols", ("step",))


@weight(1.5)
def test_generate_begins_with_a_step(generate, rng, reference):
    """The first symbol is drawn after one step from h0, which was fed the start symbol."""
    cases = [own.writing(rng, sizes, 1) for sizes in (SMALL, SMALL, SMALL, ONE_EXAMPLE, EQUAL, EQUAL)]
    cases += [own.telling(rng, 1) for _ in range(3)]
    _expect_symbols(generate, reference.generate, cases, "the first symbol", ("step",))


@weight(1.5)
def test_generate_feeds_back_what_it_drew(generate, rng, reference):
    """Where no state counts (Wh is zero), each symbol follows from the one drawn before it, and from its own lot."""
    cases = [own.writing(rng, sizes, 8, remembers=False) for sizes in (SMALL, ONE_EXAMPLE, EQUAL, own.MANY)]
    _expect_symbols(generate, reference.generate, cases, "the text", ("step",))


@weight(3)
def test_generate_carries_its_state(generate, rng, reference):
    """The state goes on from step to step, and every symbol is right."""
    cases = [own.writing(rng, sizes, 12) for sizes in (SMALL, SMALL, ONE_EXAMPLE, EQUAL)]
    cases += [own.telling(rng, 12) for _ in range(2)]
    _expect_symbols(generate, reference.generate, cases, "the text", ("step",))


def test_generate_uses_the_temperature(generate, rng, reference):
    """The logits are divided by the temperature before a symbol is drawn."""
    cases = [own.writing(rng, sizes, 12, tau) for sizes in (SMALL, EQUAL) for tau in (0.2, 5.0)]
    cases += [own.telling(rng, 12, 0.2), own.writing(rng, own.MANY, 12, 5.0)]
    _expect_symbols(generate, reference.generate, cases, "the text", ("step",))


@weight(0.5)
def test_generate_near_freezing(generate, rng, reference):
    """At temperature 0.001 nothing overflows, and the text is right."""
    cases = [own.writing(rng, sizes, 6, 1e-3, cold=True) for sizes in (SMALL, EQUAL, DIFFERENT)]
    cases += [own.telling(rng, 6, 1e-3, cold=True) for _ in range(2)]
    _expect_symbols(generate, reference.generate, cases, "the text", ("step",))


@weight(0.5)
def test_generate_is_pure(generate, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SMALL, DIFFERENT):
        generate(*own.writing(rng, sizes, 4))
        expect_unchanged(generate)


@weight(0.5)
def test_design_adder_is_a_network(design_adder):
    """Five arrays of finite numbers come back, of the shapes that three units ask for."""
    adder.weights(design_adder())


def test_design_adder_adds_where_nothing_is_carried(design_adder):
    """Numbers that have no bit in common need no carry: each bit of the sum is 1 where one of the two is."""
    network = design_adder()
    for n in (1, 2, 8):
        p, q = adder.all_pairs(n)
        apart = (p & q) == 0
        adder.expect_sums(network, p[apart], q[apart], n)


def test_design_adder_hands_on_the_last_carry(design_adder):
    """Two numbers whose highest bit alone is 1: the step after the last bits, fed (0, 0), gives what was carried."""
    network = design_adder()
    for n in (1, 2, 3, 8, 30):
        top = np.array([1 << (n - 1)])
        adder.expect_sums(network, top, top, n)


def test_design_adder_carries_through_a_chain(design_adder):
    """A carry goes through every step where one of the two bits is 1: all ones, plus 1."""
    network = design_adder()
    for n in (2, 3, 8, 30):
        ones = np.array([(1 << n) - 1])
        adder.expect_sums(network, ones, np.array([1]), n)
        adder.expect_sums(network, np.array([1]), ones, n)


@weight(5)
def test_design_adder_adds_any_two_numbers(design_adder, rng):
    """Every sum is right: of all pairs of 8-bit numbers, and of longer ones."""
    network = design_adder()
    adder.expect_sums(network, *adder.all_pairs(2), 2)
    adder.expect_sums(network, *adder.all_pairs(8), 8)
    adder.expect_sums(network, *rng.integers(1 << 30, size=(2, 20)), 30)


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
            raise CheckFailed(f"a tensor would stay on the CPU (seen in {clash[:200]}); {cure}")


@weight(0.5)
def test_RNNCell_is_pure(RNNCell, rng):
    """The tensors x and h that are passed in are not modified."""
    for sizes in (SMALL, DIFFERENT):
        RNNCell.forward(*inputs.cell(rng, sizes))
        expect_unchanged(RNNCell)
