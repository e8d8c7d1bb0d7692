"""Comparing what came back with what is expected: each difference is named in one plain sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.checks import CheckFailed

if TYPE_CHECKING:
    from autograder.judge.subject import Subject

# The one tolerance of the course: an entry is right when |returned - expected| <= 1e-5 + 1e-5 |expected|.
# Room for rounding: an answer that computes in float32 must pass, and is off by less than 1e-6 on inputs of our sizes
# (at most 20 terms a sum, 5 steps, values of order 1): a test lets such answers pass with a tenth of this tolerance.
# No room for mistakes: even rounding the result to four decimals (5e-5) shows.
ABSOLUTE = RELATIVE = 1e-5

CURES: dict[type, str] = {list: " (np.stack or np.array makes one of a list)", tuple: " (return that array alone)"}

STATE = ("example", "unit")  # axes of an array, for the sentences: what an index counts
STATES = ("example", "step", "unit")


def expect_close(returned: Any, expected: Any, what: str, axes: Sequence[str] = (), scale: float = 1.0) -> None:
    """Floating-point numbers of the shape and the values of ``expected``; raises CheckFailed.

    ``axes`` names the axes; along a "step" axis the earliest difference is the one reported.
    ``scale`` is the size of an input in which the result is linear, such as an upstream gradient: errors grow with it.
    """
    expected = np.asarray(expected)
    expect_shape(returned, expected.shape, what, axes, expected)
    with np.errstate(over="ignore"):
        wrong = ~(np.abs(np.asarray(returned, float) - expected) <= ABSOLUTE * scale + RELATIVE * np.abs(expected))
    if wrong.any():
        first, count = _first(wrong, axes), _share(wrong, "differ")
        one, other = np.asarray(returned)[first] + 0.0, expected[first] + 0.0  # no -0
        values = f"{one:.6g} was returned, {other:.6g} is expected"
        raise CheckFailed(f"{what} is wrong{_place(first, axes)}: {values}{count}", expected, returned, what, axes)


def from_step(start: int, returned: np.ndarray, expected: np.ndarray, axis: int = 1) -> np.ndarray:
    """``expected``, with what was returned in place of its first steps: later ones alone are compared.

    An index in a message then counts from the first step, as the learner's own do.
    """
    earlier, later = np.split(np.arange(expected.shape[axis]), [start])
    return np.concatenate([np.take(returned, earlier, axis), np.take(expected, later, axis)], axis)


def expect_shape(
    returned: Any, shape: Sequence[int], what: str, axes: Sequence[str] = (), expected: Any = None
) -> None:
    """Finite floating-point numbers of this shape, whatever their values; raises CheckFailed."""
    shape = tuple(shape)
    wanted = f"an array of shape {shape} is expected" if shape else "a number is expected"
    number = isinstance(returned, (int, float, np.number)) and not isinstance(returned, bool)
    if not isinstance(returned, np.ndarray) and not (number and not shape):
        cure = CURES.get(type(returned), "")
        raise CheckFailed(f"{what} is {_kind(returned)}; {wanted}{cure}", expected, returned, what, axes)
    array = np.asarray(returned)
    if array.shape != shape:
        wanted = wanted if shape else "a single number, of shape (), is expected"
        raise CheckFailed(f"{what} has the shape {array.shape}; {wanted}", expected, returned, what, axes)
    if array.dtype.kind != "f" and not number:
        raise CheckFailed(
            f"{what} holds {array.dtype} values; floating-point numbers are expected", expected, returned, what, axes
        )
    broken = ~np.isfinite(array)
    if broken.any():
        first, count = _first(broken, axes), _share(broken, "are not finite")
        value = "NaN (not a number)" if np.isnan(array[first]) else "infinite"
        raise CheckFailed(f"{what} is {value}{_place(first, axes)}{count}", expected, returned, what, axes)


def expect_results(
    returned: Any, expected: Sequence[Any], axes: Mapping[str, Sequence[str]], scale: float = 1.0
) -> None:
    """Several results in a tuple or a list, each right; ``axes`` holds their names in order, and what their axes are.

    Raises CheckFailed, with the first result that is wrong.
    """
    expect_count(returned, tuple(axes), tuple(expected))
    for one, right, (name, of) in zip(returned, expected, axes.items(), strict=True):
        expect_close(one, right, name, of, scale)


def expect_count(returned: Any, names: Sequence[str], expected: Any = None) -> None:
    """A tuple or a list with one result for each name; raises CheckFailed."""
    wanted = f"{len(names)} results are expected: {', '.join(names)}"
    if not isinstance(returned, (tuple, list)):
        raise CheckFailed(f"the result is {_kind(returned)}; {wanted}", expected, returned)
    if len(returned) != len(names):
        many = f"{len(returned)} result" + ("" if len(returned) == 1 else "s")
        raise CheckFailed(f"{many} came back; {wanted}", expected, returned)


def expect_whole(returned: Any, expected: Any, what: str, axes: Sequence[str] = ()) -> None:
    """Whole numbers of the shape and the values of ``expected``; raises CheckFailed.

    Where nothing is expected, the type of nothing does not matter: ``np.array([])`` holds no floats.
    """
    right = np.asarray(expected)
    number = isinstance(returned, (int, np.integer)) and not isinstance(returned, bool) and not right.shape
    if not number:
        try:
            expect_shape(_as_floats(returned), right.shape, what, axes, right)
        except CheckFailed as failure:
            failure.returned = returned  # as it came, whole numbers as whole numbers
            raise
    array = np.asarray(returned)
    if array.dtype.kind not in "iu" and array.size:
        found = "a float" if not array.shape else f"{array.dtype} values"
        raise CheckFailed(
            f"{what} is made of {found}; whole numbers (int) are expected", expected, returned, what, axes
        )
    if (wrong := array != right).any():
        first, count = _first(wrong, axes), _share(wrong, "differ")
        values = f"{array[first]} was returned, {right[first]} is expected"
        raise CheckFailed(f"{what} is wrong{_place(first, axes)}: {values}{count}", expected, returned, what, axes)


def expect_error(call: Callable[[], Any], kind: str, when: str) -> None:
    """The call raises an exception of this type; raises CheckFailed, or what another exception of the learner's is."""
    try:
        returned = call()
    except CheckFailed as error:
        failure = getattr(error, "failure", None)  # of a LearnerError; another kind of failure goes on
        if failure is None or failure.type != kind:
            raise
    else:
        raise CheckFailed(f"{when}: a {kind} is expected, and none was raised", None, returned)


def expect_entries(returned: Any, expected: Mapping[str, Any], what: str) -> None:
    """A dict with exactly these names; raises CheckFailed with the ones that are missing or not known."""
    names = list(returned) if isinstance(returned, dict) else []
    missing = [name for name in expected if name not in names]
    unknown = [name for name in names if name not in expected]
    if missing or unknown:
        parts = {"lack ": missing, "should not have ": unknown}
        message = " and ".join(verb + ", ".join(listed) for verb, listed in parts.items() if listed)
        raise CheckFailed(f"{what} {message}", dict(expected), returned)


def expect_unchanged(subject: Subject) -> None:
    """The last call has modified none of its arguments; raises CheckFailed with the names of those that it has."""
    if subject.changed:
        names = " and ".join(f"`{name}`" for name in subject.changed)
        were = "was" if len(subject.changed) == 1 else "were"
        raise CheckFailed(f"{names} {were} modified by the call; compute into a new array instead")


def _kind(value: Any) -> str:
    """What ``value`` is, in words."""
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of length {len(value)}"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return str(value)
    return "a single number" if isinstance(value, (int, float, np.number)) else f"a {type(value).__name__}"


def _as_floats(value: Any) -> Any:
    whole = isinstance(value, np.ndarray) and value.dtype.kind in "iu"
    return value.astype(float) if whole else value


def _first(mask: np.ndarray, axes: Sequence[str]) -> tuple[int, ...]:
    """The index of the first true entry: along the steps first, where there are steps, then in reading order."""
    where = np.argwhere(mask)
    if "step" in axes:
        where = where[np.argsort(where[:, axes.index("step")], kind="stable")]
    return tuple(int(index) for index in where[0])


def _place(index: tuple[int, ...], axes: Sequence[str]) -> str:
    if not index:
        return ""
    if len(axes) != len(index):
        return f" at index {list(index)}"
    return " at " + ", ".join(f"{axis} {position}" for axis, position in zip(axes, index, strict=True))


def _share(mask: np.ndarray, verb: str) -> str:
    return f" ({mask.sum()} of {mask.size} entries {verb})" if mask.size > 1 else ""
