"""How a wrong answer relates to the right one: its sign, a factor, the order of time, an argument given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass
class Trial:
    """One part of the result of one call: the right one, the learner's, and what was passed in, by name.

    ``direct``: the learner's own code was given these arguments and made this part, with no driver in between.
    """

    right: Any
    given: Any
    arguments: dict[str, Any] = field(default_factory=dict)
    direct: bool = True

    @property
    def wrong(self) -> bool:
        return not close(self.given, self.right)

    def size(self, axis: int) -> int:
        """The length of an axis of the first argument that is a batch: B is axis 0, T axis 1; 1 where there is none."""
        for value in self.arguments.values():
            if isinstance(value, Array) and value.ndim >= 2:
                return int(value.shape[axis]) if axis == 0 or value.ndim == 3 else 1
        return 1


@dataclass(frozen=True)
class Relation:
    """What holds in every trial; ``{what}`` in the sentence stands for the part of the result."""

    id: str
    sentence: str
    evidence: str = ""


Expectation = Callable[[Trial], Array | None]  # what the relation makes of the right answer; None: nothing

TRANSFORMED: list[tuple[Relation, Expectation]] = [
    (Relation("sign_flipped", "The sign of {what} is the wrong way round."), lambda t: -t.right),
    (Relation("twice", "{what} is twice what it should be."), lambda t: t.right * 2),
    (Relation("half", "{what} is half of what it should be."), lambda t: t.right / 2),
    (Relation("times_B", "{what} is too large by a factor B, the number of examples."), lambda t: t.right * t.size(0)),
    (Relation("over_B", "{what} is too small by a factor B, the number of examples."), lambda t: t.right / t.size(0)),
    (Relation("times_T", "{what} is too large by a factor T, the number of steps."), lambda t: t.right * t.size(1)),
    (Relation("over_T", "{what} is too small by a factor T, the number of steps."), lambda t: t.right / t.size(1)),
    (Relation("transposed", "{what} is transposed."), lambda t: t.right.T if t.right.ndim == 2 else None),
    (
        Relation("time_first", "The first two axes of {what} are exchanged: time stands before the batch."),
        lambda t: t.right.swapaxes(0, 1) if t.right.ndim == 3 else None,
    ),
    (
        Relation("time_reversed", "{what} has the right steps in reverse: the last one stands first."),
        lambda t: t.right[:, ::-1] if t.right.ndim == 3 else None,
    ),
    (
        Relation("last_step_only", "{what} holds the last step alone; every step is asked for."),
        lambda t: t.right[:, -1] if t.right.ndim == 3 else None,
    ),
    (
        Relation("one_step_late", "{what} comes one step late: at step t stands what belongs to step t - 1."),
        lambda t: _shifted(t, slice(1, None), slice(None, -1)),
    ),
    (
        Relation("one_step_early", "{what} comes one step early: at step t stands what belongs to step t + 1."),
        lambda t: _shifted(t, slice(None, -1), slice(1, None)),
    ),
]


def close(one: Any, other: Any, tolerance: float = 1e-5) -> bool:
    """Are two parts the same, up to rounding? NaN equals NaN; other things than arrays must be equal."""
    if not (isinstance(one, Array) and isinstance(other, Array)):
        return type(one) is type(other) and bool(one == other)
    if one.shape != other.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))


def of(trials: Sequence[Trial]) -> Relation | None:
    """The one relation that holds in every trial, where at least one is wrong; None when there is none, or a choice."""
    wrong = [trial for trial in trials if trial.wrong]
    if not wrong:
        return None
    for fact in (_integers, _not_finite, _zeros):
        if relation := fact(trials, wrong):
            return relation
    if any(trial.right.dtype.kind != "f" for trial in trials):
        return None
    holding = [relation for relation, expected in TRANSFORMED if _holds(expected, trials, wrong)]
    holding += _given_back(trials)
    return holding[0] if len(holding) == 1 else None


def _holds(expected: Expectation, trials: Sequence[Trial], wrong: Sequence[Trial]) -> bool:
    """Does the right answer, transformed, give the learner's in every trial, and is one of them telling?"""
    with np.errstate(all="ignore"):
        always = all((value := expected(trial)) is not None and close(trial.given, value) for trial in trials)
    return always and any(_telling(trial.right) for trial in wrong)


def _telling(right: Array) -> bool:
    """Whole numbers agree by chance, and two steps are shifted when they are reversed: neither is evidence."""
    steps = right.shape[1] if right.ndim == 3 else 3
    return steps >= 3 and bool((right != np.round(right)).any())


def _shifted(trial: Trial, to: slice, source: slice) -> Array | None:
    """The learner's result with the right steps written in, one step off; the step at the edge may be anything."""
    if trial.right.ndim != 3 or trial.given.shape != trial.right.shape:
        return None
    value: Array = trial.given.astype(trial.right.dtype)
    value[:, to] = trial.right[:, source]
    return value


def _given_back(trials: Sequence[Trial]) -> list[Relation]:
    names = [name for name, value in trials[0].arguments.items() if isinstance(value, Array) and trials[0].direct]
    return [
        Relation("argument_returned", "{what} is the argument `" + name + "`, unchanged.")
        for name in names
        if all(close(trial.given, trial.arguments.get(name)) for trial in trials)
    ]


def _integers(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    if all(trial.given.dtype.kind in "iub" and trial.right.dtype.kind == "f" for trial in trials):
        return Relation("integers", "{what} is made of integers, so that every fraction is cut off.")
    return None


def _not_finite(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    """NaN or infinity in every wrong trial, where the right answer is finite."""
    places = []
    for trial in wrong:
        if trial.given.dtype.kind != "f" or not np.isfinite(trial.right).all() or np.isfinite(trial.given).all():
            return None
        places.append(np.argwhere(~np.isfinite(trial.given))[0].tolist())
    kinds = "NaN" if all(np.isnan(trial.given).any() for trial in wrong) else "infinite numbers"
    evidence = f"the first at {places[0]} of the first such result" if places[0] else ""
    return Relation("not_finite", "{what} holds " + kinds + " where the right answer is finite.", evidence)


def _zeros(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    if all(trial.given.size and not trial.given.any() for trial in trials):
        return Relation("all_zeros", "Every entry of {what} is zero.")
    return None
