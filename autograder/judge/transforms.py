"""What a mistake makes of a right result: a factor, an exchange of axes, a shift in time, a sum left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.judge.trial import Array, Trial, close


@dataclass(frozen=True)
class Relation:
    """What holds in every trial.

    In the sentence, {what} stands for the parts of the result, {be}, {have}, {come}, {hold} and {keep} for the verb.
    """

    id: str
    sentence: str
    evidence: str = ""


Expectation = Callable[[Trial], Array | None]  # what the mistake makes of the right result; None: nothing
Holds = Callable[[Trial], bool]


@dataclass(frozen=True)
class Transform:
    """A relation, when it holds of one trial, and of which trials that is no chance."""

    relation: Relation
    holds: Holds
    telling: Holds


def fractional(trial: Trial) -> bool:
    """Whole numbers agree by chance: they are no evidence."""
    return bool((trial.right != np.round(trial.right)).any())


def _in_time(trial: Trial) -> bool:
    """Two steps that come late may as well be exchanged: three are needed; of whole numbers four that vary."""
    if trial.steps is None:
        return False
    length, values = trial.right.shape[trial.steps], np.unique(trial.right)
    return (length >= 3 and fractional(trial)) or (length >= 4 and len(values) >= 3)


def _examples(trial: Trial) -> bool:
    return _has_examples(trial) and trial.B >= 2 and fractional(trial)


def _has_examples(trial: Trial) -> bool:
    """Does the first axis count examples, and another axis something else?"""
    return trial.right.ndim >= 2 and trial.steps != 0 and len(trial.right) == trial.B


def _many_examples(trial: Trial) -> bool:
    """Of two or three rows, those that are right may be right by chance."""
    return _examples(trial) and trial.B >= 4


def _symbols(trial: Trial) -> bool:
    """Rows of zeros and ones, three symbols or more, not all rows alike."""
    right = trial.right
    return right.ndim > 1 and right.shape[-1] >= 3 and set(np.unique(right)) == {0, 1} and _rows_vary(right)


def _rows_vary(right: Array) -> bool:
    return len(np.unique(right.reshape(-1, right.shape[-1]), axis=0)) >= 2


def _is(expected: Expectation) -> Holds:
    """Does the right result, transformed, give the learner's?"""

    def holds(trial: Trial) -> bool:
        value = expected(trial)
        return value is not None and close(trial.given, np.asarray(value))

    return holds


def _both(trial: Trial) -> bool:
    """With one example, or one step, B * T is T, or B."""
    return fractional(trial) and trial.B > 1 and trial.T > 1


def _scaled(id: str, sentence: str, factor: Callable[[Trial], float], telling: Holds = fractional) -> Transform:
    return Transform(Relation(id, sentence), _is(lambda t: t.right * factor(t) if factor(t) else None), telling)


def _steps(id: str, sentence: str, expected: Callable[[Trial, int], Array | None]) -> Transform:
    """A transform along the axis of the steps, where there is one."""
    return Transform(Relation(id, sentence), _is(lambda t: None if t.steps is None else expected(t, t.steps)), _in_time)


def _late(right: Array, given: Array, axis: int, to: slice, source: slice) -> Array | None:
    """The learner's result with the right entries written in, one place off; the one at the edge may be anything."""
    if given.shape != right.shape:
        return None
    value = given.astype(right.dtype)
    np.moveaxis(value, axis, 0)[to] = np.moveaxis(right, axis, 0)[source]
    return value


def _sums_up(trial: Trial) -> bool:
    """Has the learner's result leading axes more, whose sum is the right one?"""
    more = trial.given.ndim - trial.right.ndim
    return more > 0 and close(trial.given.sum(axis=tuple(range(more))), trial.right)


def _axis_more(trial: Trial) -> bool:
    shape = trial.given.shape
    if len(shape) != trial.right.ndim + 1:
        return False
    return any(size == 1 and close(trial.given.squeeze(axis), trial.right) for axis, size in enumerate(shape))


def _kept(part: slice, axis: int, right: Array, given: Array) -> bool:
    return given.shape == right.shape and close(np.moveaxis(given, axis, 0)[part], np.moveaxis(right, axis, 0)[part])


def _only_example_0(trial: Trial) -> bool:
    """Right in example 0; in no other one, where the result is wrong."""
    right, given = trial.right, trial.given
    if given.shape != right.shape or not _has_examples(trial) or not close(given[:1], right[:1]):
        return False
    return not trial.wrong or not any(close(one, other, 1e-3) for one, other in zip(given[1:], right[1:], strict=True))


LARGE, SMALL = "{what} {be} too large by a factor ", "{what} {be} too small by a factor "
B, T, BOTH = "B, the number of examples", "T, the number of steps", "B * T, examples times steps"
COUNTED = "n, the number of entries that the mask counts"
FORWARD, BACKWARD = (slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))

STRONG: list[Transform] = [
    _scaled("sign_flipped", "The sign of {what} is the wrong way round.", lambda t: -1),
    _scaled("twice", "{what} {be} twice what it should be.", lambda t: 2),
    _scaled("half", "{what} {be} half of what it should be.", lambda t: 1 / 2),
    _scaled("times_B", f"{LARGE}{B}: a sum over the examples in place of their mean?", lambda t: t.B),
    _scaled("over_B", f"{SMALL}{B}: a mean over the examples in place of their sum?", lambda t: 1 / t.B),
    _scaled("times_T", f"{LARGE}{T}: a sum over the steps in place of their mean?", lambda t: t.T),
    _scaled("over_T", f"{SMALL}{T}: a mean over the steps in place of their sum?", lambda t: 1 / t.T),
    _scaled("times_BT", f"{LARGE}{BOTH}: a sum in place of a mean?", lambda t: t.B * t.T, _both),
    _scaled("over_BT", f"{SMALL}{BOTH}: a mean in place of a sum?", lambda t: 1 / (t.B * t.T), _both),
    _scaled("times_n", f"{LARGE}{COUNTED}: a sum in place of a mean?", lambda t: t.counted),
    _scaled("over_n", f"{SMALL}{COUNTED}: divided by it once too often?", lambda t: 1 / (t.counted or np.inf)),
    _scaled("bits", "{what} {be} in bits (log to base 2); nats, the natural logarithm, are asked for.",
            lambda t: 1 / np.log(2)),
    _scaled("log10", "{what} {be} taken with the logarithm to base 10; the natural one is asked for.",
            lambda t: 1 / np.log(10)),
    Transform(Relation("squared", "{what} {be} the square of what it should be: is a root missing?"),
              _is(lambda t: t.right**2), fractional),
    Transform(Relation("root", "{what} {be} the square root of what it should be."),
              _is(lambda t: np.sqrt(t.right) if (t.right >= 0).all() else None), fractional),
    Transform(Relation("transposed", "{what} {be} transposed."),
              _is(lambda t: t.right.T if t.right.ndim == 2 else None), fractional),
    Transform(Relation("time_first", "The first two axes of {what} are exchanged: time stands before the batch."),
              _is(lambda t: t.right.swapaxes(0, 1) if t.steps == 1 and t.right.ndim > 2 else None), _in_time),
    _steps("time_reversed", "{what} {have} the right steps in reverse: the last one stands first.",
           lambda t, axis: np.flip(t.right, axis)),
    _steps("last_step_only", "{what} {hold} the last step alone; every step is asked for.",
           lambda t, axis: t.right.take(-1, axis)),
    _steps("steps_summed", "{what} {be} summed over the steps; each one is asked for by itself.",
           lambda t, axis: t.right.sum(axis=axis)),
    _steps("one_step_late", "{what} {come} one step late: at step t stands what belongs to step t - 1.",
           lambda t, axis: _late(t.right, t.given, axis, *FORWARD)),
    _steps("one_step_early", "{what} {come} one step early: at step t stands what belongs to step t + 1.",
           lambda t, axis: _late(t.right, t.given, axis, *BACKWARD)),
    _steps("running_sums", "{what} {hold} running sums: at step t the sum of all steps up to t.",
           lambda t, axis: t.right.cumsum(axis)),
    _steps("sums_to_come", "{what} {hold} running sums from the end: at step t the sum of step t and all later ones.",
           lambda t, axis: np.flip(np.flip(t.right, axis).cumsum(axis), axis)),
    Transform(Relation("one_symbol_late", "{what} {be} off by one symbol: at k stands what belongs to k - 1."),
              _is(lambda t: _late(t.right, t.given, -1, *FORWARD) if t.right.ndim else None), _symbols),
    Transform(Relation("one_symbol_early", "{what} {be} off by one symbol: at k stands what belongs to k + 1."),
              _is(lambda t: _late(t.right, t.given, -1, *BACKWARD) if t.right.ndim else None), _symbols),
    Transform(Relation("batch_not_summed", "{what} {have} one axis too many in front: the sum over it is missing."),
              _sums_up, lambda t: fractional(t) and t.given.shape[0] > 1),
    Transform(Relation("axis_kept", "The numbers of {what} are right; an axis of length 1 too many is kept."),
              _axis_more, fractional),
    Transform(Relation("axis_dropped", "The numbers of {what} are right; axes of length 1 are dropped, which belong"
                       " to the shape (is it `squeeze`?)."), _is(lambda t: t.right.squeeze()), fractional),
    Transform(Relation("first_example_only", "{what} {hold} the first example alone; the whole batch is asked for."),
              _is(lambda t: t.right[0] if _has_examples(t) else None), _examples),
    Transform(Relation("examples_summed", "{what} {be} summed over the examples; each one is asked for by itself."),
              _is(lambda t: t.right.sum(axis=0) if _has_examples(t) else None), _examples),
]  # fmt: skip

WEAK: list[Transform] = [  # where none of the others holds: what is right is evidence of where to look
    Transform(Relation("first_step_wrong", "{what} {be} right at every step but the first."),
              lambda t: t.steps is not None and _kept(slice(1, None), t.steps, t.right, t.given), _in_time),
    Transform(Relation("last_step_wrong", "{what} {be} right at every step but the last."),
              lambda t: t.steps is not None and _kept(slice(None, -1), t.steps, t.right, t.given), _in_time),
    Transform(Relation("first_example_right", "{what} {be} right in example 0 of each batch, and in no other."),
              _only_example_0, _many_examples),
]  # fmt: skip
