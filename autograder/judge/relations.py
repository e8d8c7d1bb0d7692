"""How a wrong answer relates to the right one: its sign, a factor, the order of time, an argument given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograder.judge.transforms import STRONG, WEAK, Relation, Transform, fractional
from autograder.judge.trial import Array, Trial, close, step_axis

MANY = 8  # entries: fewer may be zero, or whole, by chance
NOTABLE = 1e-3  # what is off by less is rounding
GATES = "ifgo"  # the order of the four blocks in the last axis of an LSTM's weights
VERBS = {"be": ("is", "are"), "have": ("has", "have"), "come": ("comes", "come"), "hold": ("holds", "hold")}


def of(trials: Sequence[Trial]) -> Relation | None:
    """The one relation that holds in every trial, where at least one is wrong; None when there is none, or a choice."""
    if not any(trial.wrong for trial in trials):
        return None
    axis = step_axis(trials)
    trials = [replace(trial, steps=axis) for trial in trials]
    wrong = [trial for trial in trials if trial.wrong]
    for fact in (_integers, _not_finite, _zeros):
        if relation := fact(trials, wrong):
            return relation
    with np.errstate(all="ignore"):
        holding = [each.relation for each in STRONG if _holds(each, trials, wrong)]
        holding += [*_off_by(trials), *_rounded(trials), *_gates(trials)]
        holding = holding or _given_back(trials)
        if not any(close(trial.given, trial.right, NOTABLE) for trial in wrong):
            holding = holding or [each.relation for each in WEAK if _holds(each, trials, wrong)]
    return replace(holding[0], evidence=holding[0].evidence or _shapes(wrong)) if len(holding) == 1 else None


def sentence(relation: Relation, parts: Sequence[str]) -> str:
    """The relation said of one part of a result, or of several in which it holds alike."""
    what = ", ".join(parts[:-1]) + " and " * (len(parts) > 1) + parts[-1]
    verbs = {name: forms[len(parts) > 1] for name, forms in VERBS.items()}
    text = relation.sentence.format(what=what, **verbs)
    text = text.replace("what it should be", "what they should be") if len(parts) > 1 else text
    return text[:1].upper() + text[1:]


def _holds(each: Transform, trials: Sequence[Trial], wrong: Sequence[Trial]) -> bool:
    """Does it hold in every trial, and is one of the wrong ones telling?"""
    return all(each.holds(trial) for trial in trials) and any(each.telling(trial) for trial in wrong)


def _shapes(wrong: Sequence[Trial]) -> str:
    given, right = wrong[0].given.shape, wrong[0].right.shape
    return f"shape {given} in place of {right}" if given != right else ""


def _given_back(trials: Sequence[Trial]) -> list[Relation]:
    names = [name for name, value in trials[0].arguments.items() if isinstance(value, Array) and trials[0].direct]
    return [
        Relation("argument_returned", "{what} {be} the argument `" + name + "`, unchanged.")
        for name in names
        if trials[0].right.dtype.kind == "f" and all(close(trial.given, trial.arguments.get(name)) for trial in trials)
    ]


def _off_by(trials: Sequence[Trial]) -> list[Relation]:
    """One and the same number too much, or too little, everywhere."""
    if any(trial.given.shape != trial.right.shape or not trial.right.size for trial in trials):
        return []
    apart = np.concatenate([(trial.given.astype(float) - trial.right).ravel() for trial in trials])
    values = np.concatenate([trial.right.ravel() for trial in trials])
    by = float(apart[0])
    varied, everywhere = len(np.unique(values)) >= 3, np.isfinite(apart).all() and np.allclose(apart, by, 1e-6, 1e-6)
    if abs(by) < NOTABLE or not varied or not everywhere:
        return []
    whole = all(trial.right.dtype.kind in "iu" for trial in trials)
    amount = f"{abs(by):.0f}" if whole else f"{abs(by):.4g}"
    off = ": off by one" if whole and abs(by) == 1 else ""
    return [Relation("off_by", f"{{what}} {{be}} too {'large' if by > 0 else 'small'} by {amount} everywhere{off}.")]


def _rounded(trials: Sequence[Trial]) -> list[Relation]:
    """Cut to so many decimals, the fewest that do it; numbers alone that have more."""
    if any(trial.given.shape != trial.right.shape or trial.right.dtype.kind != "f" for trial in trials):
        return []
    if sum(np.count_nonzero(trial.given) for trial in trials if fractional(trial)) < MANY:
        return []  # zeros are another mistake
    for digits in range(6):
        if all(np.allclose(trial.given, np.round(trial.right, digits), 0, 1e-9) for trial in trials):
            to = f"to {digits} decimal{'s' * (digits != 1)}" if digits else "to whole numbers"
            return [Relation("rounded", f"{{what}} {{be}} rounded {to}; keep all digits.")]
    return []


def _gates(trials: Sequence[Trial]) -> list[Relation]:
    """Four blocks in the last axis, in another order; two widths at least show that the blocks are gates."""
    shapes = [trial.right.shape for trial in trials]
    if any(not shape or shape[-1] % 4 or shape != t.given.shape for shape, t in zip(shapes, trials, strict=True)):
        return []
    blocks = [(np.split(trial.given, 4, -1), np.split(trial.right, 4, -1)) for trial in trials]
    found = [
        [j for j in range(4) if all(close(given[k], right[j]) for given, right in blocks)] for k in range(4)
    ]  # for each block of the learner's, the right blocks that it may be
    order = [places[0] for places in found if len(places) == 1]
    if len({shape[-1] for shape in shapes}) < 2 or sorted(order) != [0, 1, 2, 3] or order == [0, 1, 2, 3]:
        return []
    returned = ", ".join(GATES[place] for place in order)
    return [
        Relation(
            "gates_permuted", f"{{what}} {{have}} the gates in the order {returned}; {', '.join(GATES)} is asked for."
        )
    ]


def _integers(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    if any(trial.given.dtype.kind not in "iub" or trial.right.dtype.kind != "f" for trial in trials):
        return None
    if all(trial.given.dtype.kind == "b" for trial in trials):
        return Relation("booleans", "{what} {be} made of True and False, where numbers are asked for.")
    return Relation("integers", "{what} {be} made of integers, so that every fraction is cut off.")


def _not_finite(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    """NaN or infinity in every wrong trial, where the right answer is finite."""
    for trial in wrong:
        if trial.given.dtype.kind != "f" or not np.isfinite(trial.right).all() or np.isfinite(trial.given).all():
            return None
    kinds = "NaN" if all(np.isnan(trial.given).any() for trial in wrong) else "infinite numbers"
    places = np.argwhere(~np.isfinite(wrong[0].given))
    axis = wrong[0].steps if wrong[0].given.shape == wrong[0].right.shape else None
    places = places if axis is None else places[np.argsort(places[:, axis], kind="stable")]  # where it began
    first = places[0].tolist()
    at = f"the first at {first}" + (f", which is step {first[axis]}," if axis is not None else "")
    evidence = f"{at} of the first such result" if first else ""
    return Relation("not_finite", "{what} {hold} " + kinds + " where the right answer is finite.", evidence)


def _zeros(trials: Sequence[Trial], wrong: Sequence[Trial]) -> Relation | None:
    """Zeros throughout, and too many of them for chance: rectified units are zero half of the time."""
    given = [trial.given for trial in trials]
    if len(given) > 1 and sum(each.size for each in given) >= MANY and not any(each.any() for each in given):
        return Relation("all_zeros", "Every entry of {what} is zero.")
    return None
