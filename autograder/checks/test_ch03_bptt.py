"""What is right in ch03_bptt: the way back through time, tested, cut, measured, clipped, and used for training.

Arguments: the function judged, and rng, device, reference; see `autograder.checks`.
"""

from __future__ import annotations

import inspect
from typing import Any

from autograder.checks import CheckFailed, backwards, weight
from autograder.checks import inputs as general
from autograder.checks.compare import (
    STATE,
    STATES,
    expect_close,
    expect_count,
    expect_entries,
    expect_error,
    expect_results,
    expect_shape,
    expect_unchanged,
    from_step,
)
from autograder.checks.inputs import DIFFERENT, EQUAL, ONE_EXAMPLE, ONE_STEP
from autograder.checks.inputs import ch03_bptt as inputs
from autograder.checks.inputs.ch03_bptt import LARGE, SIZES, SQUARE

READOUT = {"dhs": STATES, "dWy": ("unit", "symbol"), "dby": ("symbol",)}
WEIGHTS = {"dWx": ("input", "unit"), "dWh": ("old unit", "new unit"), "db": ("unit",)}
STEP = {"dx": ("example", "input"), "dh_prev": STATE} | WEIGHTS
COPIES = {name: ("step", *axes) for name, axes in WEIGHTS.items()}
RUN = {"dx": ("example", "step", "input"), "dh0": STATE} | WEIGHTS
SOURCE = inspect.getsource(backwards)


def expect_shapes(returned: Any, expected: Any, axes: dict[str, tuple[str, ...]]) -> None:
    """As many results as there should be, each of the right shape, whatever its values."""
    expect_count(returned, tuple(axes))
    for one, right, (name, of) in zip(returned, expected, axes.items(), strict=True):
        expect_shape(one, right.shape, name, of)


@weight(0.5)
def test_readout_backward_returns_three_results(readout_backward, rng, reference):
    """Three arrays come back: dhs (B, T, H), dWy (H, V) and dby (V,)."""
    for sizes in SIZES:
        case = inputs.readout(rng, sizes)
        expect_shapes(readout_backward(*case), reference.readout_backward(*case), READOUT)


@weight(2)
def test_readout_backward_reaches_every_state(readout_backward, rng, reference):
    """Each state gets what its own logits bring back through Wy."""
    for sizes in SIZES:
        case = inputs.readout(rng, sizes)
        returned = readout_backward(*case)
        expect_count(returned, tuple(READOUT))
        expect_close(returned[0], reference.readout_backward(*case)[0], "dhs", STATES)


@weight(3)
def test_readout_backward_sums_over_examples_and_steps(readout_backward, rng, reference):
    """All three gradients are right; those of the weights are sums over examples and steps."""
    for sizes in SIZES:
        case = inputs.readout(rng, sizes)
        expect_results(readout_backward(*case), reference.readout_backward(*case), READOUT)


@weight(0.5)
def test_readout_backward_takes_large_upstreams(readout_backward, rng, reference):
    """An upstream gradient of 30 is used as it is, and one of zero gives zeros."""
    for sizes in (SQUARE, DIFFERENT):
        for upstream in (0.0, LARGE):
            case = inputs.readout(rng, sizes, upstream)
            expect_results(readout_backward(*case), reference.readout_backward(*case), READOUT, scale=LARGE)


@weight(0.5)
def test_readout_backward_in_any_layout(readout_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SQUARE, DIFFERENT):
        for case in general.layouts(inputs.readout(rng, sizes)):
            expect_results(readout_backward(*case), reference.readout_backward(*case), READOUT)


@weight(0.5)
def test_readout_backward_is_pure(readout_backward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SQUARE, DIFFERENT):
        readout_backward(*inputs.readout(rng, sizes))
        expect_unchanged(readout_backward)


@weight(0.5)
def test_rnn_step_backward_returns_five_results(rnn_step_backward, rng, reference):
    """Five arrays come back: dx (B, D), dh_prev (B, H), dWx (D, H), dWh (H, H) and db (H,)."""
    for sizes in SIZES:
        case = inputs.one_step(rng, sizes)
        expect_shapes(rnn_step_backward(*case), reference.rnn_step_backward(*case), STEP)


@weight(0.5)
def test_rnn_step_backward_keeps_examples_apart(rnn_step_backward, rng):
    """What an example gets, its dx and dh_prev, does not depend on the other examples of the batch."""
    for sizes in (ONE_STEP, EQUAL):
        *case, Wx, Wh = inputs.one_step(rng, sizes)
        *others, _, _ = inputs.one_step(rng, sizes)
        for mine, among in zip(case, others, strict=True):
            among[1] = mine[1]
        first, second = rnn_step_backward(*case, Wx, Wh), rnn_step_backward(*others, Wx, Wh)
        for returned in (first, second):
            expect_shapes(returned, (*case[1:3], Wx, Wh, Wh[0]), STEP)
        for n, name in enumerate(("dx", "dh_prev")):
            expect_close(second[n][1], first[n][1], f"{name} of example 1, among other examples,", ("entry",))


@weight(3)
def test_rnn_step_backward_goes_through_tanh(rnn_step_backward, rng, reference):
    """dx and dh_prev are what comes back through tanh and through the transposed weights."""
    for sizes in SIZES:
        case = inputs.one_step(rng, sizes)
        returned, expected = rnn_step_backward(*case), reference.rnn_step_backward(*case)
        expect_count(returned, tuple(STEP))
        for n, (name, axes) in enumerate(list(STEP.items())[:2]):
            expect_close(returned[n], expected[n], name, axes)


@weight(4)
def test_rnn_step_backward_computes_every_gradient(rnn_step_backward, rng, reference):
    """All five gradients are right; those of the weights are sums over the examples."""
    for sizes in SIZES:
        case = inputs.one_step(rng, sizes)
        expect_results(rnn_step_backward(*case), reference.rnn_step_backward(*case), STEP)


def test_rnn_step_backward_at_extremes(rnn_step_backward, rng, reference):
    """Upstream gradients of 30 or 0, and inputs of a thousand or next to nothing, give right gradients."""
    for sizes in (SQUARE, DIFFERENT):
        for upstream, change in ((0.0, tuple), (LARGE, tuple), (1.0, general.huge), (1.0, general.tiny)):
            case = inputs.one_step(rng, sizes, upstream, change)
            expect_results(rnn_step_backward(*case), reference.rnn_step_backward(*case), STEP, scale=LARGE)


@weight(0.5)
def test_rnn_step_backward_in_any_layout(rnn_step_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SQUARE, DIFFERENT):
        for case in general.layouts(inputs.one_step(rng, sizes)):
            expect_results(rnn_step_backward(*case), reference.rnn_step_backward(*case), STEP)


@weight(0.5)
def test_rnn_step_backward_is_pure(rnn_step_backward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SQUARE, DIFFERENT):
        rnn_step_backward(*inputs.one_step(rng, sizes))
        expect_unchanged(rnn_step_backward)


@weight(0.5)
def test_untied_gradients_returns_one_a_copy(untied_gradients, rng, reference):
    """Each copy has gradients of its own: dWx (T, D, H), dWh (T, H, H) and db (T, H)."""
    for sizes in SIZES:
        case = inputs.run(rng, sizes)
        expect_shapes(untied_gradients(*case), reference.untied_gradients(*case), COPIES)


@weight(0.5)
def test_untied_gradients_of_copies_without_a_say(untied_gradients, rng):
    """After the last step that the loss looks at, every copy has gradients of zero: nothing that it did was used."""
    for sizes in (SQUARE, DIFFERENT):
        dhs, *rest = inputs.run(rng, sizes)
        returned = untied_gradients(inputs.only_at(0, dhs), *rest)
        expect_count(returned, tuple(COPIES))
        for one, shape, (name, axes) in zip(returned, _copies(sizes), COPIES.items(), strict=True):
            expect_shape(one, shape, name, axes)
            nothing = from_step(1, one, 0 * one, axis=0)
            expect_close(one, nothing, f"{name} after the only step that has an upstream", axes)


@weight(2)
def test_untied_gradients_add_up_to_the_tied_one(untied_gradients, rng, reference):
    """Summed over the copies, the gradients are those of the network whose steps share their weights."""
    for sizes in SIZES:
        case = inputs.run(rng, sizes)
        returned, tied = untied_gradients(*case), reference.rnn_backward(*case)[2:]
        expect_count(returned, tuple(COPIES))
        for one, shape, right, name in zip(returned, _copies(sizes), tied, WEIGHTS, strict=True):
            expect_shape(one, shape, name, COPIES[name])
            expect_close(one.sum(axis=0), right, f"{name}, summed over the copies,", WEIGHTS[name])


@weight(5)
def test_untied_gradients_computes_every_copy(untied_gradients, rng, reference):
    """With an upstream gradient at every step, all gradients of all copies are right."""
    for sizes in SIZES:
        case = inputs.run(rng, sizes)
        expect_results(untied_gradients(*case), reference.untied_gradients(*case), COPIES)


@weight(0.5)
def test_untied_gradients_at_extremes(untied_gradients, rng, reference):
    """Upstream gradients of 30, and inputs of a thousand or next to nothing, give right gradients."""
    for sizes in (SQUARE, DIFFERENT):
        for upstream, change in ((LARGE, tuple), (1.0, general.huge), (1.0, general.tiny)):
            case = inputs.run(rng, sizes, upstream, change)
            expect_results(untied_gradients(*case), reference.untied_gradients(*case), COPIES, scale=LARGE)


@weight(0.5)
def test_untied_gradients_in_any_layout(untied_gradients, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SQUARE, DIFFERENT):
        for case in general.layouts(inputs.run(rng, sizes)):
            expect_results(untied_gradients(*case), reference.untied_gradients(*case), COPIES)


@weight(0.5)
def test_untied_gradients_is_pure(untied_gradients, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SQUARE, DIFFERENT):
        untied_gradients(*inputs.run(rng, sizes))
        expect_unchanged(untied_gradients)


def _copies(sizes: general.Sizes) -> list[tuple[int, ...]]:
    """The shapes of the gradients of all copies."""
    return [(sizes.T, sizes.D, sizes.H), (sizes.T, sizes.H, sizes.H), (sizes.T, sizes.H)]


@weight(0.5)
def test_rnn_backward_returns_five_results(rnn_backward, rng, reference):
    """Five arrays come back: dx (B, T, D), dh0 (B, H), dWx (D, H), dWh (H, H) and db (H,)."""
    for sizes in SIZES:
        case = inputs.run(rng, sizes)
        expect_shapes(rnn_backward(*case), reference.rnn_backward(*case), RUN)


@weight(0.5)
def test_rnn_backward_without_an_upstream(rnn_backward, rng, reference):
    """Where nothing arrives from outside, all gradients are zero."""
    for sizes in (SQUARE, EQUAL, DIFFERENT):
        case = inputs.run(rng, sizes, upstream=0.0)
        expect_results(rnn_backward(*case), reference.rnn_backward(*case), RUN)


def test_rnn_backward_of_one_step(rnn_backward, rng, reference):
    """For a sequence of one step, the gradients are those of the step."""
    for sizes in (SQUARE, ONE_STEP, EQUAL):
        dh, x, h_prev, h, *weights = inputs.one_step(rng, sizes)
        dx, *expected = reference.rnn_step_backward(dh, x, h_prev, h, *weights)
        returned = rnn_backward(dh[:, None], x[:, None], h_prev, h[:, None], *weights)
        expect_results(returned, [dx[:, None], *expected], RUN)


@weight(3)
def test_rnn_backward_reaches_the_start(rnn_backward, rng, reference):
    """What arrives at the last state alone goes back to every input and to h0."""
    for sizes in SIZES:
        dhs, *rest = inputs.run(rng, sizes)
        case = inputs.only_at(-1, dhs), *rest
        returned, expected = rnn_backward(*case), reference.rnn_backward(*case)
        expect_count(returned, tuple(RUN))
        for n, name in enumerate(("dx", "dh0")):
            expect_close(returned[n], expected[n], name, RUN[name])


@weight(4)
def test_rnn_backward_computes_every_gradient(rnn_backward, rng, reference):
    """With an upstream gradient at every step, all five gradients are right."""
    for sizes in SIZES:
        case = inputs.run(rng, sizes)
        expect_results(rnn_backward(*case), reference.rnn_backward(*case), RUN)


def test_rnn_backward_takes_large_upstreams(rnn_backward, rng, reference):
    """Upstream gradients of 30 are used as they are: nothing is cut off on the way."""
    for sizes in (SQUARE, DIFFERENT):
        case = inputs.run(rng, sizes, LARGE)
        expect_results(rnn_backward(*case), reference.rnn_backward(*case), RUN, scale=LARGE)


@weight(0.5)
def test_rnn_backward_at_extremes(rnn_backward, rng, reference):
    """Inputs of a thousand, where every unit is saturated, or too small to matter, give right gradients."""
    for sizes in (SQUARE, DIFFERENT):
        for change in (general.huge, general.tiny):
            case = inputs.run(rng, sizes, change=change)
            expect_results(rnn_backward(*case), reference.rnn_backward(*case), RUN)


@weight(0.5)
def test_rnn_backward_in_any_layout(rnn_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SQUARE, DIFFERENT):
        for case in general.layouts(inputs.run(rng, sizes)):
            expect_results(rnn_backward(*case), reference.rnn_backward(*case), RUN)


def test_rnn_backward_is_pure(rnn_backward, rng):
    """Nothing that is passed in is modified, the upstream gradient included."""
    for sizes in (SQUARE, DIFFERENT):
        rnn_backward(*inputs.run(rng, sizes))
        expect_unchanged(rnn_backward)


def expect_verdicts(is_correct_backward: Any, rng: Any, *kinds: str) -> None:
    """The learner's test says of each kind of backward function what is true of it."""
    expected = {kind: "right" if kind in inputs.RIGHT else "broken" for kind in kinds}
    returned = is_correct_backward.verdicts(*inputs.tests(rng, *kinds), SOURCE)
    expect_entries(returned, expected, "the verdicts")
    for kind, right in expected.items():
        if str(returned[kind]) != right:
            said = "broken" if right == "right" else "right"
            raise CheckFailed(f"{inputs.BACKWARDS[kind]} is called {said}", expected, returned)


@weight(2)
def test_is_correct_backward_knows_right_ones(is_correct_backward, rng):
    """Right ones are called right, however they are written and rounded, and zeros of the right shapes are not."""
    expect_verdicts(is_correct_backward, rng, *inputs.RIGHT, "zeros")


@weight(2)
def test_is_correct_backward_looks_along_time(is_correct_backward, rng):
    """Mistakes that show in sequences of several steps alone are found."""
    along_time = "nothing_carried", "carried_weakly", "last_upstream_only", "weights_overwritten", "walks_forward"
    expect_verdicts(is_correct_backward, rng, "sums", *along_time)


def test_is_correct_backward_looks_at_the_start(is_correct_backward, rng):
    """Mistakes about h0 are found: h0 taken for zeros, dh0 left at zero, dh0 before it has gone through Wh."""
    expect_verdicts(is_correct_backward, rng, "time_first", "h0_taken_for_zeros", "dh0_zeros", "dh0_before_Wh")


@weight(2)
def test_is_correct_backward_looks_at_all_five(is_correct_backward, rng):
    """One wrong gradient among the five is enough, whichever it is."""
    expect_verdicts(is_correct_backward, rng, "rounded", *(f"{name}_wrong" for name in RUN))


def test_is_correct_backward_looks_at_several_examples_and_units(is_correct_backward, rng):
    """Mistakes that one example, one unit or a symmetric matrix would hide are found."""
    hidden = "mean_over_examples", "first_example_only", "Wh_not_transposed", "dWh_transposed"
    expect_verdicts(is_correct_backward, rng, "loop", *hidden)


def test_is_correct_backward_looks_closely(is_correct_backward, rng):
    """Gradients of the wrong sign, without the slope of tanh, or a few percent off, are found."""
    expect_verdicts(is_correct_backward, rng, "rounded", "sign_wrong", "tanh_forgotten", "slightly_off")


def test_is_correct_backward_looks_at_shapes(is_correct_backward, rng):
    """A db of shape (1, H) is found: it holds the right numbers, and broadcasting would hide its shape."""
    expect_verdicts(is_correct_backward, rng, "sums", "axis_kept")


def test_is_correct_backward_looks_at_what_it_handed_over(is_correct_backward, rng):
    """A backward that writes into one of the six arrays that it was given is found, whichever it is."""
    written = (f"writes_into_{name}" for name in ("dhs", "hs", "x", "h0", "Wx", "Wh"))
    expect_verdicts(is_correct_backward, rng, "loop", *written)


@weight(0.5)
def test_truncated_backward_returns_three_results(truncated_backward, rng, reference):
    """Three arrays come back: dWx (D, H), dWh (H, H) and db (H,)."""
    for sizes in SIZES:
        case = *inputs.run(rng, sizes), 2
        expect_shapes(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS)


def test_truncated_backward_without_a_boundary(truncated_backward, rng, reference):
    """One chunk that holds the whole sequence gives the full gradients, also when k is larger than T."""
    for sizes in SIZES:
        for k in (sizes.T, sizes.T + 3):
            case = inputs.run(rng, sizes)
            expect_results(truncated_backward(*case, k), reference.rnn_backward(*case)[2:], WEIGHTS)


@weight(2)
def test_truncated_backward_of_single_steps(truncated_backward, rng, reference):
    """With k = 1 no gradient goes from any step to another, and each step still counts the state before it."""
    for sizes in SIZES:
        case = *inputs.run(rng, sizes), 1
        expect_results(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS)


@weight(2)
def test_truncated_backward_in_equal_chunks(truncated_backward, rng, reference):
    """Where k divides T, the gradient stops at every boundary and flows within every chunk."""
    for sizes in (ONE_EXAMPLE, EQUAL):
        case = *inputs.run(rng, sizes), 2
        expect_results(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS)


@weight(3)
def test_truncated_backward_with_a_short_last_chunk(truncated_backward, rng, reference):
    """Where k does not divide T, chunks are counted from the start, and the short last one counts too."""
    for sizes, k in ((ONE_EXAMPLE, 3), (EQUAL, 3), (DIFFERENT, 2), (DIFFERENT, 3)):
        case = *inputs.run(rng, sizes), k
        expect_results(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS)


@weight(0.5)
def test_truncated_backward_at_extremes(truncated_backward, rng, reference):
    """Upstream gradients of 30 or 0, and inputs of a thousand or next to nothing, give right gradients."""
    for sizes in (SQUARE, DIFFERENT):
        for upstream, change in ((0.0, tuple), (LARGE, tuple), (1.0, general.huge), (1.0, general.tiny)):
            case = *inputs.run(rng, sizes, upstream, change), 2
            expect_results(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS, scale=LARGE)


@weight(0.5)
def test_truncated_backward_in_any_layout(truncated_backward, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for sizes in (SQUARE, DIFFERENT):
        for case in general.layouts((*inputs.run(rng, sizes), 3)):
            expect_results(truncated_backward(*case), reference.truncated_backward(*case), WEIGHTS)


@weight(0.5)
def test_truncated_backward_is_pure(truncated_backward, rng):
    """Nothing that is passed in is modified."""
    for sizes in (SQUARE, DIFFERENT):
        truncated_backward(*inputs.run(rng, sizes), 2)
        expect_unchanged(truncated_backward)


@weight(0.5)
def test_state_jacobian_norms_ends_with_one(state_jacobian_norms, rng):
    """There is one norm for each step, and the last one is 1: the last state moves with itself."""
    cases = [inputs.states(rng, T, H) for T, H in ((2, 1), (1, 1), (1, 3))]
    for hs, Wh in (*cases, inputs.growing(rng, 4, 3)):
        norms = state_jacobian_norms(hs, Wh)
        expect_shape(norms, (len(hs),), "the array of norms", ("step",))
        expect_close(norms[-1], 1.0, "the last norm")


@weight(0.5)
def test_state_jacobian_norms_do_not_look_back(state_jacobian_norms, rng):
    """What came before a step makes no difference to its norm: without the first state, the others keep theirs."""
    for hs, Wh in (inputs.states(rng, 3, 2), inputs.growing(rng, 6, 4)):
        whole = state_jacobian_norms(hs, Wh)
        expect_shape(whole, (len(hs),), "the array of norms", ("step",))
        expect_close(
            state_jacobian_norms(hs[1:], Wh), whole[1:], "the norm, in a run without its first state,", ("step",)
        )


def test_state_jacobian_norms_of_one_unit(state_jacobian_norms, rng, reference):
    """With one unit, each norm is the size of a product of numbers."""
    for case in (inputs.states(rng, 2, 1), inputs.growing(rng, 3, 1), inputs.states(rng, 6, 1)):
        expect_close(state_jacobian_norms(*case), reference.state_jacobian_norms(*case), "the norm", ("step",))


@weight(2)
def test_state_jacobian_norms_over_one_step(state_jacobian_norms, rng, reference):
    """One step back, it is the largest singular value of Wh diag(1 - h^2), with the h of the later step."""
    for case in (inputs.states(rng, 2, 2), inputs.growing(rng, 2, 4), inputs.states(rng, 2, 9)):
        expect_close(state_jacobian_norms(*case), reference.state_jacobian_norms(*case), "the norm", ("step",))


@weight(4)
def test_state_jacobian_norms_over_many_steps(state_jacobian_norms, rng, reference):
    """Over several steps it is the norm of the product of all the matrices, in their order."""
    cases = [inputs.states(rng, T, H) for T, H in ((3, 2), (4, 4), (7, 3))]
    for case in (*cases, inputs.growing(rng, 5, 9)):
        expect_close(state_jacobian_norms(*case), reference.state_jacobian_norms(*case), "the norm", ("step",))


def test_state_jacobian_norms_grow_and_vanish(state_jacobian_norms, rng, reference):
    """Norms may grow far above 1 over twenty steps, and they are 0 where units are saturated."""
    for H in (2, 5):
        hs, Wh = inputs.states(rng, 20, H, strength=2.0)
        saturated = hs.copy()
        saturated[-3] = 1.0
        for case in ((hs, Wh), (saturated, Wh)):
            expect_close(state_jacobian_norms(*case), reference.state_jacobian_norms(*case), "the norm", ("step",))


@weight(0.5)
def test_state_jacobian_norms_in_any_layout(state_jacobian_norms, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for drawn in (inputs.states(rng, 3, 2), inputs.growing(rng, 5, 4)):
        for case in general.layouts(drawn):
            expect_close(state_jacobian_norms(*case), reference.state_jacobian_norms(*case), "the norm", ("step",))


@weight(0.5)
def test_state_jacobian_norms_is_pure(state_jacobian_norms, rng):
    """Nothing that is passed in is modified."""
    for T, H in ((2, 2), (5, 3)):
        state_jacobian_norms(*inputs.states(rng, T, H))
        expect_unchanged(state_jacobian_norms)


SHAPES = [((2,), (1, 2)), ((3,),), ((3, 4), (4,), (2, 1, 3), (5,)), ((2, 2), ())]


def expect_clipped(returned: Any, expected: Any) -> None:
    """A list of arrays and a norm, all right."""
    expect_count(returned, ("the clipped list", "the norm"), expected)
    clipped, norm = returned
    names = [f"array {n}" for n in range(len(expected[0]))]
    expect_close(norm, expected[1], "the norm before clipping")
    expect_results(clipped, expected[0], dict.fromkeys(names, ()))


@weight(2)
def test_clip_by_global_norm_measures_the_whole(clip_by_global_norm, rng):
    """The norm that comes back is that of all arrays together, before clipping, whether or not it is too long."""
    for shapes in SHAPES:
        for norm in (0.7, 5.0):
            returned = clip_by_global_norm(inputs.gradients(rng, norm, *shapes), 1.0)
            expect_count(returned, ("the clipped list", "the norm"))
            expect_close(returned[1], norm, "the norm before clipping")


@weight(4)
def test_clip_by_global_norm_shortens_all_alike(clip_by_global_norm, rng, reference):
    """What is too long is shortened to max_norm, each entry of each array by the same factor."""
    for shapes in SHAPES:
        for norm, most in ((5.0, 1.0), (30.0, 2.5), (1.2, 0.4)):
            grads = inputs.gradients(rng, norm, *shapes)
            expect_clipped(clip_by_global_norm(grads, most), reference.clip_by_global_norm(grads, most))


@weight(1.5)
def test_clip_by_global_norm_lengthens_nothing(clip_by_global_norm, rng):
    """What is short enough comes back as it was; so do zeros."""
    for shapes in SHAPES:
        for norm, most in ((0.6, 1.0), (3.0, 5.0), (0.0, 1.0)):
            grads = inputs.gradients(rng, norm, *shapes)
            expect_clipped(clip_by_global_norm(grads, most), (grads, norm))


@weight(0.5)
def test_clip_by_global_norm_of_an_empty_list(clip_by_global_norm):
    """For an empty list, an empty list and 0.0 come back."""
    for most in (1.0, 0.3):
        expect_clipped(clip_by_global_norm([], most), ([], 0.0))


def test_clip_by_global_norm_refuses_what_is_not_finite(clip_by_global_norm, rng):
    """NaN or infinity in any entry of any array raises a ValueError."""
    for value in (float("nan"), float("inf"), float("-inf")):
        for at, shapes in ((0, SHAPES[1]), (1, SHAPES[0]), (2, SHAPES[2])):
            grads = inputs.gradients(rng, 2.0, *shapes)
            grads[at].flat[-1] = value
            when = f"with {value} in array {at}"
            expect_error(lambda grads=grads: clip_by_global_norm(grads, 1.0), "ValueError", when)


@weight(0.5)
def test_clip_by_global_norm_in_any_layout(clip_by_global_norm, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for shapes in SHAPES[1:3]:
        for case in general.layouts(tuple(inputs.gradients(rng, 3.0, *shapes))):
            grads = list(case)
            expect_clipped(clip_by_global_norm(grads, 1.0), reference.clip_by_global_norm(grads, 1.0))


@weight(0.5)
def test_clip_by_global_norm_is_pure(clip_by_global_norm, rng):
    """Nothing that is passed in is modified, neither the arrays nor the list."""
    for shapes in SHAPES:
        clip_by_global_norm(inputs.gradients(rng, 5.0, *shapes), 1.0)
        expect_unchanged(clip_by_global_norm)


def expect_training(train_step: Any, reference: Any, case: Any, *also: str, **how: Any) -> None:
    """The losses are right, and what ``also`` names of: types, histories, forms, states, parameters."""
    expected, returned = reference.train_step.steps(*case, **how), train_step.steps(*case, **how)
    expect_entries(returned, expected, "the report")
    steps = range(len(expected["losses"]))
    expect_results(returned["losses"], expected["losses"], {f"the loss of step {n}": () for n in steps})
    for what in also:
        mine, right = returned[what], expected[what]
        if what in SENTENCES:
            _expect_words(mine, right, SENTENCES[what])
        elif what == "states":
            _expect_states(mine, right)
        else:
            expect_entries(mine, right, "the parameters")
            for name, values in right.items():
                expect_close(mine[name], values, f"the parameter {name} after the last step")


SENTENCES = {
    "types": "the loss is {}; a float is expected (`.item()` makes one of a tensor)",
    "histories": "the new state is {}: a gradient could flow from the next chunk into this one",
    "forms": "the new state is {}, unlike what the model returned",
}


def _expect_words(returned: Any, expected: list[str], sentence: str) -> None:
    """At every step, what is said is what is expected."""
    expect_count(returned, [f"step {n}" for n in range(len(expected))])
    for said, right in zip(returned, expected, strict=True):
        if str(said) != right:
            raise CheckFailed(sentence.format(str(said)[:60]), right, said)


def _expect_states(returned: Any, expected: list[Any]) -> None:
    """At every step, the state is None, an array or a tuple of arrays, as expected."""
    expect_count(returned, [f"the state after step {n}" for n in range(len(expected))])
    for n, (mine, right) in enumerate(zip(returned, expected, strict=True)):
        if isinstance(right, (tuple, list)):
            names = [f"part {part} of the state after step {n}" for part in range(len(right))]
            expect_results(mine, right, dict.fromkeys(names, STATE))
        elif right is not None:
            expect_close(mine, right, f"the state after step {n}", STATE)


@weight(3)
def test_train_step_returns_the_loss(train_step, rng, reference, device):
    """The loss is the mean cross-entropy over all examples and steps, of the model before it is changed."""
    for sizes in (SQUARE, ONE_STEP, EQUAL, DIFFERENT):
        case = inputs.training(rng, "memoryless", sizes)
        expect_training(train_step, reference, case, device=device)


def test_train_step_returns_a_float(train_step, rng, reference, device):
    """The loss comes back as a float, not as a tensor."""
    for sizes in (SQUARE, EQUAL):
        case = inputs.training(rng, "memoryless", sizes)
        expect_training(train_step, reference, case, "types", device=device)


@weight(2)
def test_train_step_follows_the_gradient(train_step, rng, reference, device):
    """Where the gradient is short, every parameter takes the optimizer's step along all of it."""
    for model, sizes in (("memoryless", EQUAL), ("one state", DIFFERENT)):
        case = inputs.training(rng, model, sizes, read_out=0.3)
        expect_training(train_step, reference, case, "parameters", device=device)


@weight(2)
def test_train_step_clips_the_gradient(train_step, rng, reference, device):
    """A gradient whose norm, over all parameters together, is above 1 is shortened to 1 before the step."""
    for model in ("memoryless", "one state", "two states"):
        case = inputs.training(rng, model, DIFFERENT, read_out=20.0)
        expect_training(train_step, reference, case, "parameters", device=device)


@weight(2)
def test_train_step_forgets_old_gradients(train_step, rng, reference, device):
    """Gradients left from before, by other code or by the step before, play no part."""
    for steps, stale in ((1, 0.2), (2, 0.0)):
        case = inputs.training(rng, "memoryless", EQUAL, steps, read_out=0.3)
        expect_training(train_step, reference, case, "parameters", stale=stale, device=device)


def test_train_step_detaches_the_state(train_step, rng, reference, device):
    """The state comes back detached: no gradient can flow from the next chunk into this one."""
    for model in ("one state", "two states"):
        case = inputs.training(rng, model, EQUAL)
        expect_training(train_step, reference, case, "histories", device=device)


HANDED_ON = (("one state", 1, True), ("two states", 1, True), ("one state", 2, True), ("two states", 2, False))


@weight(3)
def test_train_step_hands_the_state_on(train_step, rng, reference, device):
    """The state goes into the model, and the new one comes back: None, a tensor or a tuple of tensors."""
    for model, steps, started in HANDED_ON:
        case = inputs.training(rng, model, DIFFERENT, steps, read_out=0.3, started=started)
        expect_training(train_step, reference, case, "forms", "states", device=device)


def test_train_step_leaves_the_step_to_the_optimizer(train_step, rng, reference, device):
    """The step is the optimizer's own, whichever it is: two steps with momentum, two of Adam's."""
    for optimizer, rate in (("momentum", 0.3), ("Adam", 0.05)):
        case = inputs.training(rng, "memoryless", EQUAL, steps=2, read_out=0.3)
        expect_training(train_step, reference, case, "parameters", optimizer=optimizer, rate=rate, device=device)
