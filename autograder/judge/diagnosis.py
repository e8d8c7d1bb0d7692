"""Name the mistake: whose numbers are these, and how do they relate to the right ones?

A diagnosis is given only when it holds on every input that was tried: a wrong one is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.checks import behaviour
from autograder.judge import example, relations
from autograder.judge.relations import Trial
from autograder.judge.subject import Call, Link, Memo
from autograder.judge.verdict import Diagnosis
from autograder.worker.calls import Reply

if TYPE_CHECKING:
    from autograder.judge.implementations import Mutant

SAME = 1e-5  # answers that agree to this are the same: the tolerance of the checks
# A mutant tells something where it agrees with the learner to the first number and differs from the right answer by
# the second: far more than float32 arithmetic can, or, for a small mistake such as rounding, where all else agrees.
EVIDENCE = ((SAME, 1e-3), (1e-9, SAME))
MOST = 3  # diagnoses of one exercise

Leaves = dict[str, Any]  # the parts of a result by their path: "", "h", "[1]"


class Diagnoser:
    """The diagnoses of a chapter, for many submissions: what a mutant answers is computed once for each input.

    Threads may share one; at worst two of them compute the same answer.
    """

    def __init__(self, chapter: str, reference: Link | None = None) -> None:
        from autograder.judge import implementations

        self.reference = reference or Memo(implementations.solution(chapter))
        self.mutants = [_Remembered(mutant) for mutant in implementations.mutants(chapter)]

    def __call__(self, exercise: str, calls: Sequence[Call]) -> list[Diagnosis]:
        """What the calls of one exercise look like."""
        return diagnose(calls, self.reference, [mutant for mutant in self.mutants if mutant.of == exercise])


class _Remembered:
    """A mutant whose link is made at its first call, and which remembers its answers."""

    def __init__(self, mutant: Mutant) -> None:
        self.id, self.of, self.believes = mutant.id, mutant.of, mutant.believes
        self.mutant = mutant
        self.link = Memo(self)

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call the mutant's function of that name; where its numbers overflow, nobody is warned."""
        with np.errstate(all="ignore"):  # not warnings.catch_warnings: threads share that one
            reply = self.mutant.link.call(name, args, kwargs, trace)
        if reply.failure and reply.failure.type == "KeyboardInterrupt":  # a mutant of ours raises none: it is Ctrl-C
            raise KeyboardInterrupt
        return reply


@dataclass
class _Tried:
    """A call of the learner's, with the right answer to it."""

    call: Call
    right: Reply

    @property
    def wrong(self) -> bool:
        return not alike(seen(self.call.name, self.call.reply), seen(self.call.name, self.right))


@np.errstate(all="ignore")  # comparing what has overflowed
def diagnose(calls: Sequence[Call], reference: Link, mutants: Sequence[Mutant | _Remembered]) -> list[Diagnosis]:
    """What the answers to ``calls`` look like, at most `MOST` diagnoses, the surest first.

    ``mutants`` are those of the exercise; calls at which the reference fails are left out, unless it refuses them with
    the ValueError that an exercise asks for, and those that returned "", where a driver has nothing to say.
    """
    calls = [call for call in calls if call.reply.failure or not isinstance(call.reply.value, str) or call.reply.value]
    tried = [_Tried(call, reference.call(call.name, call.args, call.kwargs)) for call in calls]
    tried = [each for each in tried if not each.right.failure or each.right.failure.type == "ValueError"]
    found: list[Diagnosis] = []
    if any(each.wrong for each in tried if not each.call.reply.failure):
        found = _as_mutant(tried, mutants) or _as_relation(tried, reference)
    return (found + _modified(calls, reference))[:MOST]


def alike(one: Reply, other: Reply, tolerance: float = SAME) -> bool:
    """Do two replies say the same: equal values of one shape and structure, or exceptions of one type?"""
    if one.failure or other.failure:
        return bool(one.failure and other.failure and one.failure.type == other.failure.type)
    mine, theirs = dict(leaves(one.value)), dict(leaves(other.value))
    return mine.keys() == theirs.keys() and all(relations.close(mine[path], theirs[path], tolerance) for path in mine)


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


def _as_mutant(tried: list[_Tried], mutants: Sequence[Mutant | _Remembered]) -> list[Diagnosis]:
    """The one mutant that gives the learner's numbers everywhere, and other than right ones somewhere."""
    telling = sorted(tried, key=lambda each: not each.wrong)  # the wrong ones first: most mutants end there
    matching: list[Mutant | _Remembered] = []
    for same, apart in EVIDENCE:
        matching = matching or [mutant for mutant in mutants if _matches(mutant, telling, same, apart)]
    if len({mutant.believes for mutant in matching}) != 1:
        return []
    mutant = matching[0]
    evidence = f"the same numbers in {_count(sum(not each.call.reply.failure for each in tried))}"
    return [Diagnosis(f"mutant:{mutant.id}", f"Your numbers are those of code that {mutant.believes}.", evidence)]


def _matches(mutant: Mutant | _Remembered, tried: list[_Tried], same: float, apart: float) -> bool:
    """Does the mutant agree with the learner in every call, and differ from the right answer in one?"""
    differs = False
    for each in tried:
        name = each.call.name
        reply = seen(name, mutant.link.call(name, each.call.args, each.call.kwargs))
        if not alike(reply, seen(name, each.call.reply), same):
            return False
        differs = differs or (not reply.failure and not alike(reply, seen(name, each.right), apart))
    return differs


def seen(name: str, reply: Reply) -> Reply:
    """A reply as far as it counts: of a design, what it does."""
    view = behaviour.of(name)
    return Reply(view(reply.value)) if view and not reply.failure else reply


def _as_relation(tried: list[_Tried], reference: Link) -> list[Diagnosis]:
    """For each part of the result that is wrong somewhere: the one relation to the right one that always holds."""
    found: dict[tuple[str, str], list[str]] = {}
    evidence: dict[tuple[str, str], str] = {}
    for part, trials in _by_part(tried, reference).items():
        relation = relations.of(trials)
        if relation:
            key = (relation.id, relation.sentence)
            found.setdefault(key, []).append(_named(*part))
            evidence.setdefault(key, relation.evidence or f"in {_count(len(trials))}")
    return [
        Diagnosis(f"relation:{key[0]}", _sentence(key[1].format(what=_joined(parts))), evidence[key])
        for key, parts in found.items()
    ]


def _by_part(tried: list[_Tried], reference: Link) -> dict[tuple[str, str], list[Trial]]:
    """Trials by the function called and the part of its result; a part that is missing somewhere has none."""
    parts: dict[tuple[str, str], list[Trial]] = {}
    answered = [each for each in tried if not each.call.reply.failure and not each.right.failure]
    answered = [each for each in answered if not behaviour.of(each.call.name)]  # a right design may have any numbers
    for each in answered:
        call, given = each.call, dict(leaves(each.call.reply.value))
        names = example.argument_names(reference, call.name, len(call.args))
        for path, right in leaves(each.right.value):
            direct = not path or "." not in call.name
            trial = Trial(right, given.get(path), dict(zip(names, call.args, strict=False)), direct)
            parts.setdefault((call.name, path), []).append(trial)
    return {
        part: trials
        for part, trials in parts.items()
        if all(isinstance(trial.given, np.ndarray) and isinstance(trial.right, np.ndarray) for trial in trials)
    }


def _modified(calls: Sequence[Call], reference: Link) -> list[Diagnosis]:
    """The arguments that were written into; one call is proof enough."""
    changed = list(dict.fromkeys(name for call in calls for name in call.reply.changed))
    if not changed:
        return []
    times = sum(bool(call.reply.changed) for call in calls)
    what = _joined([f"`{name[:40]}`" for name in changed[:4]])
    sentence = f"Your code writes into {what}: what a function is given belongs to the caller."
    return [Diagnosis("relation:argument_modified", sentence, f"in {times} of {len(calls)} calls")]


def _named(call: str, path: str) -> str:
    """A part of a result in words; of a class, the driver's method says what the part belongs to."""
    if not path:
        return "the result"
    name = f"result {int(path[1:-1]) + 1}" if path[1:-1].isdigit() else f"`{path}`"
    _, _, method = call.partition(".")
    return f"{name} (of {method})" if method else name


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _count(number: int) -> str:
    return f"all {number} calls" if number != 1 else "the one call"
