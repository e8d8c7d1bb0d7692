"""All checks of one exercise, run against one implementation: this is where a score comes from."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder import checks
from autograder.checks import Check, CheckFailed
from autograder.course import Exercise
from autograder.errors import UserError
from autograder.judge import example
from autograder.judge.diagnosis import alike, leaves, seen
from autograder.judge.subject import Call, CallTimeout, LearnerError, Link, Reference, Subject, WorkerDied
from autograder.judge.verdict import CheckVerdict, Diagnosis, ExerciseVerdict, Status
from autograder.worker.calls import Reply

Diagnose = Callable[[str, Sequence[Call]], list[Diagnosis]]

MESSAGE = 600  # characters of a check's message
READY_MADE = {  # torch functions that a torch exercise may not reach, and what they are known as
    **dict.fromkeys(("rnn_tanh_cell", "rnn_relu_cell"), "torch.nn.RNNCell"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), "torch.nn.RNN"),
    **dict.fromkeys(("lstm_cell", "_thnn_fused_lstm_cell"), "torch.nn.LSTMCell"),
    **dict.fromkeys(("gru_cell", "_thnn_fused_gru_cell"), "torch.nn.GRUCell"),
    **dict.fromkeys(("lstm", "mkldnn_rnn_layer", "_cudnn_rnn"), "torch.nn.LSTM"),
    "gru": "torch.nn.GRU",
}
FLOAT64 = 1e-9  # what float64 arithmetic keeps to, in whatever order it adds; float32 does not
SINGLE_PRECISION = "right to about seven digits: somewhere inside, float32 is used"
NOT_WRITTEN = {"Missing", "NotWritten"}
REFUSED = "Refused"  # a driver's exception; its text is a sentence for the learner
PART = re.compile(r"(the .{1,60}?),? (?:is|has|holds|lacks?) ")


class CheckBroken(UserError):
    """A check itself failed with something else than CheckFailed: our fault, never a learner's."""

    status = 3


class ForbiddenCall(CheckFailed):
    """The exercise was answered with what it may not use: found by reading, or ``ran`` inside a call."""

    def __init__(self, used: str, library: str, ran: bool = False) -> None:
        used += ", which ran when your code was called" if ran else ""
        numpy = f"this is a NumPy exercise: it may not use {used}"
        torch = f"this exercise may not use {used}: it is what you are to build yourself"
        super().__init__(numpy if library == "numpy" else torch)


@dataclass
class Guard:
    """A link that traces the first call after each `arm`, and remembers what ends the whole exercise in ``stop``."""

    link: Link
    library: str
    stop: CheckFailed | None = None
    armed: bool = False

    def arm(self) -> None:
        self.armed = True

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call through; raises ForbiddenCall, CallTimeout or WorkerDied, and again at every later call."""
        if self.stop:
            raise self.stop
        try:
            reply = self.link.call(name, args, kwargs, trace or self.armed)
            self.armed = False
            if used := forbidden_use(reply.operators, self.library):
                raise ForbiddenCall(used, self.library, ran=True)
        except (CallTimeout, WorkerDied, ForbiddenCall) as stop:
            self.stop = stop
            raise
        return reply


@dataclass
class Findings:
    """What the checks of one exercise found: their verdicts, the calls made, and the kinds of failure."""

    verdicts: list[CheckVerdict] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # the exception's type, or "" for a wrong value

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
) -> ExerciseVerdict:
    """Run every check of ``exercise`` on what ``link`` calls by its name.

    ``forbidden`` is a call that reading the source has found; then nothing runs.
    Each check draws its inputs from a generator of its own, made from ``seed`` and the check's name.
    Raises CheckBroken when a check itself is at fault.
    """
    ours = [check for check in checks.load(exercise.chapter) if check.exercise == exercise.name]
    guard = Guard(link, exercise.library)
    if forbidden:
        guard.stop = ForbiddenCall(forbidden, exercise.library)
    found = Findings()
    if not ours:
        raise CheckBroken(f"{exercise.name}: there is no check of it in {exercise.chapter}")
    for check in ours:
        _run(check, guard, reference, seed, device, found)
    status = _status(found, guard.stop)
    score = 0.0 if status == "forbidden" else round(exercise.points * found.share, 4)
    verdict = ExerciseVerdict(exercise.name, status, score, exercise.points, checks=found.verdicts)
    verdict.message = _message(verdict, found, guard.stop)
    if status == "passed" and _is_single_precision(found.calls, reference):
        verdict.message = SINGLE_PRECISION
    if diagnose and status in ("failed", "error"):
        verdict.diagnosis = diagnose(exercise.name, found.calls)
    return verdict


def _is_single_precision(calls: Sequence[Call], reference: Reference) -> bool:
    """Does an answer that passed, called with float64, agree with the right one to fewer digits than float64 has?"""
    double = [call for call in calls if not call.reply.failure and "float32" not in str(_dtypes(call.args))]
    right = [reference._link.call(call.name, call.args, call.kwargs) for call in double]
    return not all(
        alike(seen(call.name, call.reply), seen(call.name, reply), FLOAT64)
        for call, reply in zip(double, right, strict=True)
    )


def _dtypes(value: Any) -> list[str]:
    """The types of all arrays in the arguments of a call."""
    return [str(leaf.dtype) for _, leaf in leaves(value) if isinstance(leaf, np.ndarray)]


def forbidden_use(functions: Sequence[str], library: str) -> str:
    """What a call may not have used, judged by the torch functions that ran; "" when all is well."""
    names = [function.removeprefix("aten::") for function in functions]
    if library == "numpy":
        named = [name for name in names if not name.startswith("__")] or names
        return f"torch ({named[0]})" if named else ""
    return next((f"torch.{name} (part of {READY_MADE[name]})" for name in names if name in READY_MADE), "")


def _run(check: Check, guard: Guard, reference: Reference, seed: int, device: str, found: Findings) -> None:
    """One check; its verdict, calls and kind of failure are added to ``found``."""
    verdict = CheckVerdict(check.name, check.sentence, False, check.weight)
    found.verdicts.append(verdict)
    if guard.stop:
        verdict.message = _not_run(guard.stop)
        return
    guard.arm()
    names = [name for name in check.arguments if name not in checks.HELPERS]
    subjects = {name: Subject(name, guard) for name in names}
    rng = np.random.default_rng([seed, zlib.crc32(check.name.encode())])
    start = time.perf_counter()
    failure: CheckFailed | None = None
    try:
        check.run(rng=rng, device=device, reference=reference, **subjects)
    except CheckFailed as error:
        failure = error
    except Exception as error:
        raise CheckBroken(f"{check.name}: {type(error).__name__}: {error}") from error
    failure = guard.stop or failure  # a check may catch what it expects to be raised, never what ends the exercise
    verdict.seconds = time.perf_counter() - start
    verdict.passed = failure is None
    calls = subjects[check.exercise].calls
    found.calls += calls
    if failure:
        _explain(verdict, failure, calls, reference, found)


def _explain(
    verdict: CheckVerdict, failure: CheckFailed, calls: list[Call], reference: Reference, found: Findings
) -> None:
    """Why a check failed: its message, and the last call as the example."""
    kind = _kind(failure)
    if kind and not (calls and calls[-1].reply.failure):  # our own function refused what the learner's had returned
        kind, failure = "", CheckFailed("the check could not go on with what was returned")
    found.failures.append(kind)
    text = failure.failure.message if isinstance(failure, LearnerError) and kind == REFUSED else failure.message
    verdict.message = _one_line(text)
    of_no_input = kind in {*NOT_WRITTEN, REFUSED} or isinstance(failure, (CallTimeout, WorkerDied, ForbiddenCall))
    if calls and not of_no_input:
        names = example.argument_names(reference._link, calls[-1].name, len(calls[-1].args))
        verdict.example = example.of(calls[-1], names, failure.expected, failure.returned, _part(failure, calls[-1]))


def _part(failure: CheckFailed, call: Call) -> str:
    """What the check looked at, in the words of its message, where that is not the whole result; else ""."""
    if failure.returned is None or failure.returned is call.reply.value:
        return ""
    named = PART.match(failure.message)
    return named[1] if named else ""


def _kind(failure: CheckFailed) -> str:
    """The type of the learner's exception, or "NotWritten" for the starter's own; "" where a value is wrong."""
    if not isinstance(failure, LearnerError):
        return ""
    kind = failure.failure.type
    return "NotWritten" if kind == "NotImplementedError" and not failure.failure.message else kind


def _status(found: Findings, stop: CheckFailed | None) -> Status:
    if isinstance(stop, ForbiddenCall):
        return "forbidden"
    if isinstance(stop, CallTimeout):
        return "timeout"
    if isinstance(stop, WorkerDied):
        return "error"
    if not found.failures:
        return "passed"
    if len(found.failures) == len(found.verdicts) and set(found.failures) <= NOT_WRITTEN:
        return "missing"
    return "error" if all(kind and kind not in NOT_WRITTEN for kind in found.failures) else "failed"


def _message(verdict: ExerciseVerdict, found: Findings, stop: CheckFailed | None) -> str:
    """The verdict on an exercise in one line; "" when it passed."""
    if verdict.status == "passed":
        return ""
    if verdict.status == "missing":
        written = "is not defined" if set(found.failures) == {"Missing"} else "is not written yet"
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
        return "not run after a call took too long"
    return "not run after your code ended the process" if isinstance(stop, WorkerDied) else "not run"


def _one_line(text: str) -> str:
    """Without line breaks, and no longer than anyone reads: the text may be a learner's making."""
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."
