"""All checks of one exercise, run against one implementation: this is where a score comes from."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder import checks
from autograder.checks import Check, CheckFailed
from autograder.course import Exercise
from autograder.errors import UserError
from autograder.judge import draws, explain, implementations
from autograder.judge.diagnosis import MOST
from autograder.judge.forbidden import ForbiddenCall
from autograder.judge.guard import Guard
from autograder.judge.known import Outcome, Walk
from autograder.judge.related import seen
from autograder.judge.subject import Call, CallTimeout, Link, Reference, Subject, WorkerDied, is_unknown
from autograder.judge.trial import alike, leaves
from autograder.judge.verdict import NOT_RUN, CheckVerdict, Diagnosis, ExerciseVerdict, Status

Diagnose = Callable[[str, Sequence[Call]], list[Diagnosis]]

FLOAT64 = 1e-9  # what float64 arithmetic keeps to, in whatever order it adds; float32 does not
NOT_REPEATABLE = (
    "Called twice with the same input, your code gives two different results: is something drawn at random, or kept "
    "between calls, such as a list made outside the function or as a default argument?"
)
SINGLE_PRECISION = "right to about seven digits: is float32 used somewhere inside, or a small number added?"


class CheckBroken(UserError):
    """A check itself failed with something else than CheckFailed: our fault, never a learner's."""

    status = 3


@dataclass
class Findings:
    """What the checks of one exercise found: their verdicts, the calls made, and the kinds of failure."""

    verdicts: list[CheckVerdict] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # of each failure: the exception's type, or "" for a wrong value
    failures: dict[str, CheckFailed] = field(default_factory=dict)  # by the name of the check
    imprecise: bool = False  # passed, with fewer digits than float64 has

    @property
    def share(self) -> float:
        """The passed part of all weight, 0 to 1."""
        everything = sum(check.weight for check in self.verdicts)
        return sum(check.weight for check in self.verdicts if check.passed) / everything if everything else 0.0


def judge_exercise(
    exercise: Exercise,
    link: Link,
    reference: Reference,
    seed: int,
    device: str = "cpu",
    diagnose: Diagnose | None = None,
    forbidden: str = "",
    failures: dict[str, CheckFailed] | None = None,
    walk: Callable[[Check, str], Walk] | None = None,
) -> ExerciseVerdict:
    """Run every check of ``exercise`` on what ``link`` calls by its name.

    ``forbidden`` is a call that reading the source has found; then nothing runs.
    ``failures`` receives what each failing check raised, by its name, with the arrays that a verdict does not hold.
    ``walk`` gives the way through a check that ``link`` goes, where what others have passed with is known.
    Each check draws its inputs from a generator of its own, made from ``seed`` and the check's name.
    Raises CheckBroken when a check itself is at fault.
    """
    implementations.prepare(exercise, seed)
    ours = [check for check in checks.load(exercise.chapter) if check.exercise == exercise.name]
    guard = Guard(link, exercise.library)
    if forbidden:
        guard.stop = ForbiddenCall(forbidden, exercise.library)
    found = Findings()
    if not ours:
        raise CheckBroken(f"{exercise.name}: there is no check of it in {exercise.chapter}")
    for check in ours:
        _run(check, guard, reference, seed, device, found, walk and walk(check, device))
    status = _status(found, guard.stop)
    score = 0.0 if status == "forbidden" else round(exercise.points * found.share, 4)
    verdict = ExerciseVerdict(exercise.name, status, score, exercise.points, checks=found.verdicts)
    verdict.message = _message(verdict, found, guard.stop)
    if status == "passed" and found.imprecise:
        verdict.message = SINGLE_PRECISION
    if diagnose and status in ("failed", "error"):
        verdict.diagnosis = diagnose(exercise.name, found.calls)
        if not guard.stop and not any(each.id.startswith("mutant:") for each in verdict.diagnosis):
            verdict.diagnosis = [*_differs_again(guard, found), *verdict.diagnosis][:MOST]
    if failures is not None:
        failures.update(found.failures)
    return verdict


def _differs_again(guard: Guard, found: Findings) -> list[Diagnosis]:
    """Does the last call, made once more, give something else? Then it is not the input alone that counts."""
    answered = [call for call in found.calls if not call.reply.failure]
    with contextlib.suppress(CallTimeout, WorkerDied, ForbiddenCall):
        for call in answered[-1:]:
            if not alike(guard.link.call(call.name, call.args, call.kwargs), call.reply):
                return [Diagnosis("relation:not_repeatable", NOT_REPEATABLE, "a call was made once more")]
    return []


def _is_single_precision(calls: Sequence[Call], reference: Reference) -> bool:
    """Does an answer that passed, called with float64, agree with the right one to fewer digits than float64 has?

    The last such call of a check tells.
    """
    double = [call for call in calls if "f4" not in _floats(call.args) and _floats(call.reply.value)]
    right = [reference._link.call(call.name, call.args, call.kwargs) for call in double[-1:]]
    return not all(
        is_unknown(reply) or alike(seen(call.name, call.reply), seen(call.name, reply), FLOAT64)
        for call, reply in zip(double[-1:], right, strict=True)
    )


def _floats(value: Any) -> set[str]:
    """The floating-point types, "f4" or "f8", of what a call was given or gave back."""
    arrays = [leaf for _, leaf in leaves(value) if isinstance(leaf, np.ndarray)]
    return {f"f{array.itemsize}" for array in arrays if array.dtype.kind == "f"}


def _run(check: Check, guard: Guard, reference: Reference, seed: int, device: str, found: Findings,
         walk: Walk | None) -> None:  # fmt: skip
    """One check; its verdict, calls and kind of failure are added to ``found``."""
    verdict = CheckVerdict(check.name, check.sentence, False, check.weight)
    found.verdicts.append(verdict)
    if guard.stop:
        verdict.message = _not_run(guard.stop)
        return
    start = time.perf_counter()
    walk = None if guard.alone else walk
    outcome, failure = walk.follow() if walk else None, None
    if not outcome:
        guard.begin(walk)
        calls, failure = _try(check, guard, reference, seed, device)
        outcome = Outcome(calls, not failure and _is_single_precision(calls, reference))
        if walk and not failure:
            walk.keep(outcome)
    verdict.seconds = time.perf_counter() - start
    verdict.passed = failure is None
    found.calls += outcome.calls
    found.imprecise |= outcome.imprecise
    if failure:
        _note(verdict, failure, outcome.calls, reference, found)


def _try(
    check: Check, guard: Guard, reference: Reference, seed: int, device: str
) -> tuple[list[Call], CheckFailed | None]:
    """Go through a check: the calls that it makes of its exercise, and why it fails, or None."""
    subjects = {name: Subject(name, guard) for name in check.arguments if name not in checks.HELPERS}
    failure: CheckFailed | None = None
    try:
        check.run(rng=draws.of(seed, check.name), device=device, reference=reference, **subjects)
    except CheckFailed as error:
        failure = error
    except UserError:  # the box has ended, say: no fault of the check's
        raise
    except Exception as error:
        raise CheckBroken(f"{check.name}: {type(error).__name__}: {error}") from error
    # a check may catch what it expects to be raised, never what ends the exercise
    return subjects[check.exercise].calls, guard.stop or failure


def _note(
    verdict: CheckVerdict, failure: CheckFailed, calls: list[Call], reference: Reference, found: Findings
) -> None:
    """Write down of what kind a failure is, and explain it."""
    kind = explain.kind(failure)
    if kind and not (calls and calls[-1].reply.failure):  # our own function refused what the learner's had returned
        kind, failure = "", CheckFailed("the check could not go on with what was returned")
    found.kinds.append(kind)
    found.failures[verdict.name] = failure
    explain.explain(verdict, failure, [] if isinstance(failure, ForbiddenCall) else calls, reference._link)


def _status(found: Findings, stop: CheckFailed | None) -> Status:
    if isinstance(stop, ForbiddenCall):
        return "forbidden"
    if isinstance(stop, CallTimeout):
        return "timeout"
    if isinstance(stop, WorkerDied):
        return "error"
    if not found.kinds:
        return "passed"
    if len(found.kinds) == len(found.verdicts) and set(found.kinds) <= explain.NOT_WRITTEN:
        return "missing"
    return "error" if all(kind and kind not in explain.NOT_WRITTEN for kind in found.kinds) else "failed"


def _message(verdict: ExerciseVerdict, found: Findings, stop: CheckFailed | None) -> str:
    """The verdict on an exercise in one line; "" when it passed."""
    if verdict.status == "passed":
        return ""
    if verdict.status == "missing":
        written = "is not defined" if set(found.kinds) == {"Missing"} else "is not written yet"
        return f"{verdict.name} {written}"
    if stop:
        return stop.message
    failed = [check for check in verdict.checks if not check.passed]
    count = f"{len(failed)} of {len(verdict.checks)} checks failed"
    if verdict.status == "error":
        return f"{count}, the first with: {failed[0].message}"
    return f"{count}: {failed[0].sentence}" if failed else count


def _not_run(stop: CheckFailed) -> str:
    if isinstance(stop, CallTimeout):
        return f"{NOT_RUN} after a call took too long"
    return f"{NOT_RUN} after your code ended the process" if isinstance(stop, WorkerDied) else NOT_RUN
