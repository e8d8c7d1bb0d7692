"""What is right in ch00_start: a gradient found by trying, and how far apart two gradients are.

Arguments: the function judged, and rng, reference; see `autograder.checks`.
"""

from functools import partial
from typing import Any

import numpy as np

from autograder.checks import CheckFailed, inputs, weight
from autograder.checks.compare import expect_close, expect_error, expect_shape, expect_unchanged
from autograder.checks.inputs.ch00_start import CUBE, CURVES, LINE, SHAPES, SINE, WITH_AXES, near_zero, pair, place


@weight(0.5)
def test_numerical_gradient_has_the_shape_of_x(numerical_gradient, rng):
    """The gradient is an array of the shape of x, which may have several axes or none."""
    for shape in SHAPES:
        returned = numerical_gradient.of(*place(rng, LINE, shape))
        expect_shape(returned, shape, "the gradient")


def test_numerical_gradient_of_a_plane(numerical_gradient, rng):
    """The gradient of f(x) = (a * x).sum() is a, entry by entry."""
    for shape in SHAPES:
        f, a, x = place(rng, LINE, shape)
        expect_close(numerical_gradient.of(f, a, x), a, "the gradient")


@weight(2)
def test_numerical_gradient_of_curved_functions(numerical_gradient, rng, reference):
    """The slope is the one at x, in the direction of each entry, also where f mixes the entries."""
    for f in CURVES:
        for shape in ((2,), (2, 3, 4)):
            case = place(rng, f, shape)
            expect_close(numerical_gradient.of(*case), reference.numerical_gradient.of(*case), "the gradient")


@weight(4)
def test_numerical_gradient_steps_to_both_sides(numerical_gradient, rng, reference):
    """With a step as large as eps = 0.1 it is the central difference, f(x + eps) and f(x - eps) over 2 eps."""
    for f in CURVES:
        for shape in ((2,), (2, 3)):
            for case in place(rng, f, shape), near_zero(place(rng, f, shape)):
                expected = reference.numerical_gradient.of(*case, 0.1)
                expect_close(numerical_gradient.of(*case, 0.1), expected, "the central difference")


def test_numerical_gradient_in_any_layout(numerical_gradient, rng, reference):
    """The values of x count, not the order in which they lie in memory."""
    for shape in ((2, 3), (2, 3, 4)):
        f, a, x = place(rng, SINE, shape)
        for _, laid_out in inputs.layouts((a, x))[:2]:
            expected = reference.numerical_gradient.of(f, a, laid_out)
            expect_close(numerical_gradient.of(f, a, laid_out), expected, "the gradient")


def test_numerical_gradient_is_pure(numerical_gradient, rng):
    """After the call x holds what it held before, to the last bit."""
    for shape in ((3,), (2, 3)):
        for eps in (1e-6, 0.1):
            f, a, x = near_zero(place(rng, CUBE, shape))
            for laid_out in (x, *(one for (one,) in inputs.layouts((x,))[:2])):
                numerical_gradient.of(f, a, laid_out, eps)
                expect_unchanged(numerical_gradient)


@weight(4)
def test_relative_error_is_the_largest_one(relative_error, rng, reference):
    """Of all entries the largest abs(a - b) / (abs(a) + abs(b)) is returned, whichever of the two is larger."""
    for shape in SHAPES:
        a, b = pair(rng, shape)
        for case in (a, b), (b, a), (a, b * rng.choice([-1.0, 1.0], shape)):
            expect_close(relative_error(*case), reference.relative_error(*case), "the relative error")


@weight(2)
def test_relative_error_sees_the_last_digits(relative_error, rng, reference):
    """Where all entries agree to six or nine digits the error is small, and right to its own five digits."""
    for shape in WITH_AXES:
        for apart in (1e-4, 1e-6, 1e-9):
            a, b = pair(rng, shape, apart)
            expected = reference.relative_error(a, b)
            expect_close(relative_error(a, b), expected, "the relative error", scale=expected)


@weight(2)
def test_relative_error_near_zero(relative_error, rng, reference):
    """Two zeros are equal, and below 1e-12 the difference is divided by 1e-12."""
    for shape in WITH_AXES:
        a, b = pair(rng, shape)
        zeros = np.zeros(shape)
        for case in (zeros, zeros), (zeros, a), (a * 1e-10, b * 1e-10), (a * 1e-12, b * 1e-12), (a * 1e-14, zeros):
            expect_close(relative_error(*case), reference.relative_error(*case), "the relative error")


def test_relative_error_hands_on_nan(relative_error, rng):
    """A NaN anywhere in a or in b makes the result NaN."""
    for size in (1, 2, 5):
        for index in range(size):
            a, b = pair(rng, (size,))
            broken = np.where(np.arange(size) == index, np.nan, a)
            for case in (broken, b), (b, broken), (broken, broken):
                if not _is_nan(returned := relative_error(*case)):
                    message = f"with a NaN at index {index} the relative error is not NaN (not a number)"
                    raise CheckFailed(message, float("nan"), returned)


def test_relative_error_refuses_other_shapes(relative_error, rng):
    """Arrays of different shapes raise a ValueError, also where NumPy would stretch one of them."""
    for of_a, of_b in ((2, 3), (3,)), ((3,), (1,)), ((3,), (1, 3)), ((), (2,)), ((2, 3), (3, 2)), ((4, 4), (4, 1)):
        for shapes in (of_a, of_b), (of_b, of_a):
            case = [pair(rng, shape)[0] for shape in shapes]
            expect_error(partial(relative_error, *case), "ValueError", f"for the shapes {shapes[0]} and {shapes[1]}")


@weight(0.5)
def test_relative_error_in_any_layout(relative_error, rng, reference):
    """The values of an array count, not its order in memory, nor whether it is float32."""
    for shape in ((2, 3), (2, 3, 4)):
        a, b = pair(rng, shape)
        for laid_out, _ in inputs.layouts((a, b)):
            same_kind = b.astype(laid_out.dtype)
            expected = reference.relative_error(laid_out, same_kind)
            expect_close(relative_error(laid_out, same_kind), expected, "the relative error")


@weight(0.5)
def test_relative_error_is_pure(relative_error, rng):
    """Nothing that is passed in is modified."""
    for shape in ((2,), (2, 3)):
        relative_error(*pair(rng, shape))
        expect_unchanged(relative_error)


def _is_nan(value: Any) -> bool:
    """Is it one number, and that number NaN?"""
    number = isinstance(value, (float, np.floating, np.ndarray)) and np.shape(value) == ()
    return number and np.asarray(value).dtype.kind == "f" and bool(np.isnan(value))
