"""One part of a result, beside the right one and what was passed in: what the relations between the two look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.judge.sketch import Digest, Sketch
from autograder.worker.calls import Reply

Array = np.ndarray
SAME = 1e-5  # answers that agree to this are the same: the tolerance of the checks
EVERY_STEP = {"hs", "cs", "dhs", "dcs"}  # states of every step: where they have two axes, these are (step, unit)


@dataclass
class Trial:
    """One part of the result of one call: the right one, the learner's, and what was passed in, by name.

    ``direct``: the learner's own code was given these arguments and made this part, with no driver in between.
    ``steps``: the axis of the right one that counts steps, where it is known to have one.
    """

    right: Any
    given: Any
    arguments: dict[str, Any] = field(default_factory=dict)
    direct: bool = True
    steps: int | None = None

    @property
    def wrong(self) -> bool:
        return not close(self.given, self.right)

    @property
    def B(self) -> int:
        """The number of examples: the length of the first argument that is a batch; 1 where there is none."""
        for name, value in self._arrays():
            if value.ndim >= 2:
                return 1 if value.ndim == 2 and name in EVERY_STEP else int(value.shape[0]) or 1
        return 1

    @property
    def T(self) -> int:
        """The number of steps, read from an argument that has them; 1 where none has."""
        for name, value in self._arrays():
            if value.ndim == 3 or (value.ndim == 2 and value.dtype.kind in "iu"):
                return int(value.shape[1]) or 1
            if (value.ndim == 2 and name in EVERY_STEP) or name == "uniforms":
                return int(value.shape[0]) or 1
        return 1

    @property
    def counted(self) -> int:
        """How many entries a mask among the arguments counts; 0 where there is none."""
        mask = self.arguments.get("mask")
        return int(np.count_nonzero(mask)) if isinstance(mask, Array) else 0

    def _arrays(self) -> list[tuple[str, Array]]:
        """The arrays that were passed in, without weights and biases, whose axes count neither examples nor steps."""
        named = self.arguments.items()
        return [(name, value) for name, value in named if isinstance(value, Array) and name[:1] not in ("W", "b")]


def close(one: Any, other: Any, tolerance: float = SAME) -> bool:
    """Are two parts the same, up to rounding? NaN equals NaN; other things than arrays must be equal."""
    if isinstance(one, (Sketch, Digest)):
        return one.close(other, tolerance)
    if not (isinstance(one, Array) and isinstance(other, Array)):
        return type(one) is type(other) and bool(one == other)
    if one.shape != other.shape:
        return False
    with np.errstate(all="ignore"):
        if one.dtype.kind == other.dtype.kind == "f":  # most are: the same question in a third of the time
            gap, room = np.abs(one - other), tolerance + tolerance * np.abs(other)
            if np.isfinite(gap).all() and np.isfinite(room).all():
                return bool((gap <= room).all())
        return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))


def alike(one: Reply, other: Reply, tolerance: float = SAME) -> bool:
    """Do two replies say the same: equal values of one shape and structure, or exceptions of one type?"""
    if one.failure or other.failure:
        return bool(one.failure and other.failure and one.failure.type == other.failure.type)
    mine, theirs = dict(leaves(one.value)), dict(leaves(other.value))
    return mine.keys() == theirs.keys() and all(close(mine[path], theirs[path], tolerance) for path in mine)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays of a result by their path; numbers become arrays, other things stay; a tuple is like a list."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, (tuple, list)):
        yield f"{path}[]", len(value)
        for index, entry in enumerate(value):
            yield from leaves(entry, f"{path}[{index}]")
    else:
        yield path, np.asarray(value) if isinstance(value, (bool, int, float, np.generic)) else value


def step_axis(trials: Sequence[Trial]) -> int | None:
    """The axis of the right results that has as many entries as there are steps, in every trial; None without one."""
    if all(trial.T < 2 for trial in trials):
        return None

    def counts(axis: int, name: str) -> bool:
        return all(t.right.ndim > axis and t.right.shape[axis] == getattr(t, name) for t in trials)

    if counts(1, "T") and (counts(0, "B") or not counts(0, "T")):
        return 1
    return 0 if counts(0, "T") else None
