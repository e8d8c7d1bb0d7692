"""The relations that hold between a learner's results and the right ones, said in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks import behaviour
from autograder.judge import exchanges, names, relations
from autograder.judge.subject import Call, Link, Seen
from autograder.judge.transforms import Relation
from autograder.judge.trial import Trial, alike, leaves
from autograder.judge.verdict import Diagnosis
from autograder.worker.calls import Reply


@dataclass
class Tried:
    """A call of the learner's, with the right answer to it."""

    call: Call
    right: Reply

    @property
    def wrong(self) -> bool:
        """Does the answer differ from the right one, as far as it counts?"""
        return not alike(seen(self.call.name, self.call.reply), seen(self.call.name, self.right))


def seen(name: str, reply: Reply) -> Reply:
    """A reply as far as it counts: of a design, what it does."""
    view = behaviour.of(name)
    return Seen(view(reply.value)) if view and not reply.failure and not isinstance(reply, Seen) else reply


def diagnoses(tried: Sequence[Tried], reference: Link) -> list[Diagnosis]:
    """What holds between the learner's results and the right ones; of several parts alike, in one sentence."""
    found: dict[str, tuple[Relation, list[str], int]] = {}
    by_part = _by_part(tried, reference)
    for call, parts in by_part.items():
        called = _called(call, list(parts), reference, alone=len(by_part) == 1)
        exchanged, explained = exchanges.of(parts, called)
        if exchanged:
            found[exchanged.sentence] = (exchanged, [""], len(next(iter(parts.values()))))
        raised = any(each.call.reply.failure for each in tried if each.call.name == call)
        for path, trials in parts.items():
            relation = None if path in explained else relations.of(trials)
            if relation and relation.id == "axis_dropped" and raised:  # nothing was dropped: larger inputs do not fit
                continue
            if relation:
                found.setdefault(relation.sentence, (relation, [], len(trials)))[1].append(called[path])
    return [
        Diagnosis(f"relation:{relation.id}", relations.sentence(relation, named), _evidence(relation, named, times))
        for relation, named, times in found.values()
    ]


def same_always(tried: Sequence[Tried]) -> list[Diagnosis]:
    """One and the same result, whatever is passed in: the first one is given back, or nothing is computed."""
    answered = [each for each in tried if not each.call.reply.failure and not each.right.failure]
    first = answered[:1]
    rights_differ = any(not alike(each.right, first[0].right) for each in answered)
    if len(answered) < 3 or not rights_differ or not _is_something(first[0].call.reply.value):
        return []
    if not all(alike(each.call.reply, first[0].call.reply) for each in answered):
        return []
    sentence = "Your code gives one and the same result, whatever it is called with: does it keep its first one?"
    return [Diagnosis("relation:same_always", sentence, f"in {count(len(answered))}")]


def _is_something(value: object) -> bool:
    """Not None and not whole numbers, such as zeros: these come out alike for other reasons too."""
    arrays = [leaf for _, leaf in leaves(value) if isinstance(leaf, np.ndarray)]
    return any(bool((leaf != np.round(leaf)).any()) for leaf in arrays)


def _evidence(relation: Relation, named: Sequence[str], times: int) -> str:
    """Where the relation was seen; shapes and places are those of one part."""
    return relation.evidence if relation.evidence and len(named) == 1 else f"in {count(times)}"


def _by_part(tried: Sequence[Tried], reference: Link) -> dict[str, dict[str, list[Trial]]]:
    """Trials by the function called and the part of its result; a part that is missing somewhere has none."""
    parts: dict[str, dict[str, list[Trial]]] = {}
    answered = [each for each in tried if not each.call.reply.failure and not each.right.failure]
    answered = [each for each in answered if not behaviour.of(each.call.name)]  # of designs many are right
    uneven = {each.call.name for each in answered if _lengths(each.call.reply) != _lengths(each.right)}
    for each in (each for each in answered if each.call.name not in uneven):  # of five for three none has its place
        call, given = each.call, dict(leaves(each.call.reply.value))
        inputs = dict(zip(names.arguments(reference, call.name, len(call.args)), call.args, strict=False))
        for path, right in leaves(each.right.value):
            direct = not path or "." not in call.name
            trial = Trial(right, given.get(path), inputs, direct)
            parts.setdefault(call.name, {}).setdefault(path, []).append(trial)
    return {call: {path: ts for path, ts in found.items() if _are_arrays(ts)} for call, found in parts.items()}


def _lengths(reply: Reply) -> dict[str, object]:
    """How many results there are, and how many entries in each list among them."""
    return {path: length for path, length in leaves(reply.value) if path.endswith("[]")}


def _are_arrays(trials: Sequence[Trial]) -> bool:
    return all(isinstance(trial.given, np.ndarray) and isinstance(trial.right, np.ndarray) for trial in trials)


def _called(call: str, paths: Sequence[str], reference: Link, alone: bool) -> dict[str, str]:
    """The parts of a result in words, by their paths; where one of several drivers made them, with its name."""
    several = names.results(reference, call)
    return {path: _name(path, several) + ("" if alone or "." not in call else f" (of {call})") for path in paths}


def _name(path: str, several: Sequence[str]) -> str:
    """`dWh`, result 2, or `clipped[1]`, from a path such as "[1]" or "[0][1]"."""
    if not path:
        return "the result"
    place, _, rest = path[1:].partition("]")
    if not path.startswith("[") or not place.isdigit():
        return f"`{path}`"
    known = several[int(place)] if int(place) < len(several) else ""
    return f"`{known}{rest}`" if known else f"result {int(place) + 1}{rest}"


def joined(parts: Sequence[str]) -> str:
    """One, two and three."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def count(number: int) -> str:
    """Of how many calls something is said."""
    return f"all {number} calls" if number != 1 else "the one call"
