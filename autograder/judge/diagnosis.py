"""Name the mistake: whose numbers are these, and how do they relate to the right ones?

A diagnosis is given only when it holds on every input that was tried: a wrong one is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.judge import related
from autograder.judge.related import Tried, count, joined, seen
from autograder.judge.subject import Call, Link, Memo, OnCpu, is_unknown
from autograder.judge.trial import SAME, alike
from autograder.judge.verdict import Diagnosis
from autograder.worker.calls import Reply

if TYPE_CHECKING:
    from autograder.judge.bank import Mistake
    from autograder.judge.implementations import Mutant

# A mutant tells something where it agrees with the learner to the first number and differs from the right answer by
# the second: far more than float32 arithmetic can, or, for a small mistake such as rounding, where all else agrees.
EVIDENCE = ((SAME, 1e-3), (1e-9, SAME))
MOST = 3  # diagnoses of one exercise


class Diagnoser:
    """The diagnoses of a chapter, for many submissions: what a mutant answers is computed once for each input.

    Threads may share one; at worst two of them compute the same answer.
    """

    def __init__(
        self, chapter: str, reference: Link | None = None, mutants: Sequence[Mutant | Mistake] | None = None
    ) -> None:
        from autograder.judge import implementations

        self.reference = OnCpu(reference or Memo(implementations.solution(chapter)))
        known = implementations.mutants(chapter) if mutants is None else mutants
        self.mutants = [_Remembered(mutant) for mutant in known]

    def prepare(self) -> None:
        """Make the mutants' links, which otherwise their first calls do."""
        for remembered in self.mutants:
            _ = remembered.mutant.link

    def __call__(self, exercise: str, calls: Sequence[Call]) -> list[Diagnosis]:
        """What the calls of one exercise look like."""
        return diagnose(calls, self.reference, [mutant for mutant in self.mutants if mutant.of == exercise])


class _Remembered:
    """A mutant whose link is made at its first call, and which remembers its answers."""

    def __init__(self, mutant: Mutant | Mistake) -> None:
        self.id, self.of, self.believes = mutant.id, mutant.of, mutant.believes
        self.mutant = mutant
        self.link = OnCpu(Memo(self))

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call the mutant's function of that name; where its numbers overflow, nobody is warned."""
        with np.errstate(all="ignore"):  # not warnings.catch_warnings: threads share that one
            reply = self.mutant.link.call(name, args, kwargs, trace)
        if reply.failure and reply.failure.type == "KeyboardInterrupt":  # a mutant of ours raises none: it is Ctrl-C
            raise KeyboardInterrupt
        return reply


def careful(
    diagnose: Callable[[str, Sequence[Call]], list[Diagnosis]],
) -> Callable[[str, Sequence[Call]], list[Diagnosis]]:
    """The same diagnoses; where finding one breaks off, which is our fault, the verdict goes without."""

    def found(exercise: str, calls: Sequence[Call]) -> list[Diagnosis]:
        try:
            return diagnose(exercise, calls)
        except Exception:
            return []

    return found


@np.errstate(all="ignore")  # comparing what has overflowed
def diagnose(calls: Sequence[Call], reference: Link, mutants: Sequence[Mutant | _Remembered]) -> list[Diagnosis]:
    """What the answers to ``calls`` look like, at most `MOST` diagnoses, the surest first.

    ``mutants`` are those of the exercise; calls at which the reference fails are left out, unless it refuses them with
    the ValueError that an exercise asks for, and those that returned "", where a driver has nothing to say.
    """
    calls = [call for call in calls if call.reply.failure or not isinstance(call.reply.value, str) or call.reply.value]
    tried = [Tried(call, reference.call(call.name, call.args, call.kwargs)) for call in calls]
    tried = [each for each in tried if not each.right.failure or each.right.failure.type == "ValueError"]
    found: list[Diagnosis] = []
    if any(each.wrong for each in tried if not each.call.reply.failure):
        found = _as_mutant(tried, mutants) or related.same_always(tried) or related.diagnoses(tried, reference)
    return (found + _modified(calls, reference))[:MOST]


def _as_mutant(tried: list[Tried], mutants: Sequence[Mutant | _Remembered]) -> list[Diagnosis]:
    """The one mutant that gives the learner's numbers everywhere, and other than right ones somewhere."""
    telling = sorted(tried, key=lambda each: not each.wrong)  # the wrong ones first: most mutants end there
    matching: list[Mutant | _Remembered] = []
    for same, apart in EVIDENCE:
        matching = matching or [mutant for mutant in mutants if _matches(mutant, telling, same, apart)]
    if len({mutant.believes for mutant in matching}) != 1:
        return []
    mutant = matching[0]
    evidence = f"the same in {count(sum(not each.call.reply.failure for each in tried))}"
    return [Diagnosis(f"mutant:{mutant.id}", f"Your results are those of code that {mutant.believes}.", evidence)]


def _matches(mutant: Mutant | _Remembered, tried: list[Tried], same: float, apart: float) -> bool:
    """Does the mutant agree with the learner in every call, and differ from the right answer in one?"""
    differs = False
    for each in tried:
        name = each.call.name
        reply = seen(name, mutant.link.call(name, each.call.args, each.call.kwargs))
        if is_unknown(reply) and each.wrong:  # what it gives is not recorded; where it is, it has to be the same
            continue
        if not alike(reply, seen(name, each.call.reply), same):
            return False
        differs = differs or (not reply.failure and not alike(reply, seen(name, each.right), apart))
    return differs


def _modified(calls: Sequence[Call], reference: Link) -> list[Diagnosis]:
    """The arguments that were written into; one call is proof enough."""
    changed = list(dict.fromkeys(name for call in calls for name in call.reply.changed if "before" not in name))
    if not changed:  # what a driver calls "before" is the same argument, of an earlier call
        return []
    times = sum(bool(call.reply.changed) for call in calls)
    what = joined([f"`{name[:40]}`" for name in changed[:4]])
    sentence = f"Your code writes into {what}: what a function is given belongs to the caller."
    return [Diagnosis("relation:argument_modified", sentence, f"in {times} of {len(calls)} calls")]
