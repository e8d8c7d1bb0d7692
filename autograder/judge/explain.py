"""Why a check failed: its message, and the last call as the example."""

from __future__ import annotations

import re
from typing import Any

from autograder.checks import CheckFailed, behaviour
from autograder.judge import example, mishaps, names
from autograder.judge.example import Raises, Words
from autograder.judge.subject import Call, CallTimeout, LearnerError, Link, WorkerDied, is_unknown
from autograder.judge.trial import alike
from autograder.judge.verdict import CheckVerdict
from autograder.worker.calls import Reply

MESSAGE = 600  # characters of a check's message
NOT_WRITTEN = {"Missing", "NotWritten"}
REFUSED = "Refused"  # a driver's exception; its text is a sentence for the learner
PART = re.compile(r"((?:the|array|part|d\w+)\b.{0,60}?),? (?:is|has|holds|lacks?) ")


def explain(verdict: CheckVerdict, failure: CheckFailed, calls: list[Call], reference: Link) -> None:
    """Fill in the message of a check that failed, and its example where an input has to do with it."""
    verdict.message = one_line(_message(failure, calls, reference))
    ended = isinstance(failure, (CallTimeout, WorkerDied)) or kind(failure) in {*NOT_WRITTEN, REFUSED}
    uncalled = isinstance(failure, LearnerError) and mishaps.is_bad_call(failure.failure)
    if calls and not ended and not uncalled:
        call = calls[-1]
        given = names.arguments(reference, call.name, len(call.args))
        failure.expected, failure.returned = _pair(failure, call, reference)
        verdict.example = example.of(
            call, given, failure.expected, failure.returned, _part(failure, call), names.driven(reference, call.name)
        )


def kind(failure: CheckFailed) -> str:
    """The type of the learner's exception, or "NotWritten" for the starter's own; "" where a value is wrong."""
    if not isinstance(failure, LearnerError):
        return ""
    name = failure.failure.type
    return "NotWritten" if name == "NotImplementedError" and not failure.failure.message else name


def one_line(text: str) -> str:
    """Without line breaks, and no longer than anyone reads: the text may be a learner's making."""
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."


def _message(failure: CheckFailed, calls: list[Call], reference: Link) -> str:
    if isinstance(failure, LearnerError) and mishaps.is_bad_call(failure.failure) and calls:
        begin = names.signature(reference, calls[-1].name)
        return f"{failure.failure.message}; the definition is to begin with {begin}" if begin else failure.message
    return (
        failure.failure.message if isinstance(failure, LearnerError) and kind(failure) == REFUSED else failure.message
    )


def _pair(failure: CheckFailed, call: Call, reference: Link) -> tuple[Any, Any]:
    """What was expected and what was returned; where the check does not say it, the right answer to the last call."""
    raised = isinstance(failure, LearnerError) and call.reply.failure
    if not raised and (failure.expected is not None or failure.returned is not call.reply.value):
        return failure.expected, failure.returned
    right, design = reference.call(call.name, call.args, call.kwargs), behaviour.of(call.name)
    if is_unknown(right):
        return None, Raises(raised.type) if raised else failure.returned
    if not raised and (failure.returned is None or design or alike(right, Reply(failure.returned))):
        return None, failure.returned  # nothing to compare: of designs many are right, or another call was wrong
    if design and not right.failure:
        return None, None
    expected = Raises(right.failure.type) if right.failure else right.value
    if raised:
        return expected, Words(raised.message) if raised.type == "NotPlain" else Raises(raised.type)
    return expected, failure.returned


def _part(failure: CheckFailed, call: Call) -> str:
    """What the check looked at, in the words of its message, where that is not the whole result; else ""."""
    if failure.returned is None or failure.returned is call.reply.value or isinstance(failure.returned, Raises):
        return ""
    named = PART.match(failure.message)
    return failure.what or (named[1] if named else "")
