"""Right results at the wrong places: (c, h) for (h, c), two gradients exchanged, gates in another order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.judge.transforms import Relation, fractional
from autograder.judge.trial import Trial, close


def of(parts: Mapping[str, Sequence[Trial]], names: Mapping[str, str]) -> tuple[Relation | None, set[str]]:
    """What is exchanged among the parts of one function's results, and which parts that explains.

    ``parts`` holds the trials of each part by its path, one for each call; ``names`` what the parts are called.
    """
    if len({len(trials) for trials in parts.values()}) != 1 or not any(t.wrong for ts in parts.values() for t in ts):
        return None, set()
    sources = {path: [other for other in parts if _stands_at(parts, path, other)] for path in parts}
    moved = {path: found[0] for path, found in sources.items() if len(found) == 1 and found[0] != path}
    if not moved or set(moved) != set(moved.values()) or not all(_told(parts[path]) for path in moved):
        return None, set()
    return Relation("results_exchanged", _sentence(moved, list(parts), names)), set(moved)


def _stands_at(parts: Mapping[str, Sequence[Trial]], path: str, other: str) -> bool:
    """Is what stands at ``path`` the right value of ``other``, in every call?"""
    return all(close(one.given, two.right) for one, two in zip(parts[path], parts[other], strict=True))


def _told(trials: Sequence[Trial]) -> bool:
    return any(trial.wrong and fractional(trial) for trial in trials)


def _sentence(moved: Mapping[str, str], paths: Sequence[str], names: Mapping[str, str]) -> str:
    if len(moved) == 2:
        return "{} and {} are exchanged.".format(*(names[path] for path in moved))
    order = ", ".join(names[moved.get(path, path)] for path in paths)
    return f"The results come in the order {order}; {', '.join(names[path] for path in paths)} is asked for."
