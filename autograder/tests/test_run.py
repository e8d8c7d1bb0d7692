"""Scores and statuses: what `judge_exercise` makes of everything that an answer can do."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from autograder import course
from autograder.checks import Check, CheckFailed
from autograder.course import Exercise
from autograder.judge import implementations, run
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.run import CheckBroken, judge_exercise
from autograder.judge.subject import CallTimeout, LearnerError, LocalLink, Memo, Reference, WorkerDied
from autograder.judge.verdict import Diagnosis, ExerciseVerdict, Verdict
from autograder.worker.calls import Reply


def doubles(twice, rng, reference):
    """Every entry is doubled."""
    x = rng.normal(size=(1, 2))
    expected, returned = reference.twice(x), twice(x)
    if not isinstance(returned, np.ndarray) or not np.allclose(returned, expected):
        raise CheckFailed("the entries are wrong", expected, returned)


def keeps_the_shape(twice, rng):
    """The result has the shape of x."""
    for shape in ((1, 2), (3, 4)):
        if np.shape(twice(rng.normal(size=shape))) != shape:
            raise CheckFailed("the shape is wrong")


def refuses_text(twice):
    """Text is refused."""
    try:
        twice("text")
    except LearnerError:
        return
    raise CheckFailed("text was taken")


def is_broken(twice):
    """This check is at fault itself."""
    raise ZeroDivisionError("in the check")


CHECKS = (
    Check("doubles", "twice", "Every entry is doubled.", 2.0, doubles),
    Check("keeps_the_shape", "twice", "The result has the shape of x.", 1.0, keeps_the_shape),
)


def twice(x):
    return 2 * x


def exercise(library: str = "numpy") -> Exercise:
    return Exercise("twice", "chapter", 4.0, 5, 1, library, "", ("", "", ""), "", "", ())  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def checks_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checks of one small function stand in for a chapter's."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: CHECKS)


def judged(answer: Callable[..., Any] | None, library: str = "numpy", **options: Any) -> ExerciseVerdict:
    link = LocalLink({"twice": answer} if answer else {}, {})
    return judge_exercise(exercise(library), link, Reference(LocalLink({"twice": twice}, {})), 7, **options)


def test_right_answer() -> None:
    """A right answer gets all points, and no message."""
    verdict = judged(twice)
    assert (verdict.status, verdict.score, verdict.message) == ("passed", 4.0, "")
    assert all(check.passed and not check.message and check.example is None for check in verdict.checks)


def test_half_right_answer() -> None:
    """The score is the passed share of the weight, and the message names the first sentence that does not hold."""
    verdict = judged(lambda x: 3 * x)
    assert (verdict.status, verdict.score) == ("failed", round(4 / 3, 4))
    assert verdict.message == "1 of 2 checks failed: Every entry is doubled."


def test_example_names_arguments() -> None:
    """The example says what was called, under the names of the solution's arguments, and what came of it."""
    example = judged(lambda y: 3 * y).checks[0].example
    assert example is not None
    assert example.call.startswith("twice(x (1, 2))\nx = [[")
    assert example.expected.startswith("[[") and example.returned != example.expected


@pytest.mark.parametrize("value", [None, "text", {1, 2}, object()])
def test_useless_value(value: object) -> None:
    """Whatever is returned in place of an array, the checks fail and nothing breaks."""
    checks = [check for check in judged(lambda x: value).checks if check.name == "keeps_the_shape"]
    assert [check.passed for check in checks] == [False]


def test_exception_everywhere() -> None:
    """An answer that raises in every check is an error, and the message holds what it raised in one line."""

    def raises(x):
        raise ValueError("first\nsecond")

    verdict = judged(raises)
    assert (verdict.status, verdict.score) == ("error", 0.0)
    assert "ValueError" in verdict.checks[0].message and "first second" in verdict.checks[0].message


def test_missing_and_untouched() -> None:
    """No function, and the starter's NotImplementedError, are missing; one with a text of its own is an error."""

    def starter(x):
        raise NotImplementedError()

    def other(x):
        raise NotImplementedError("Cannot copy out of meta tensor")

    assert (judged(None).status, judged(None).message) == ("missing", "twice is not defined")
    assert (judged(starter).status, judged(starter).message) == ("missing", "twice is not written yet")
    assert judged(other).status == "error"


def test_started_answer_is_not_missing() -> None:
    """Where one check passes and the rest is not written yet, what passes counts."""

    def begun(x):
        if x.shape == (3, 4):
            raise NotImplementedError()
        return 2 * x

    assert (judged(begun).status, judged(begun).score) == ("failed", round(8 / 3, 4))


@pytest.mark.parametrize(
    ("stop", "status", "message"),
    [
        (CallTimeout(5.0), "timeout", "not run after a call took too long"),
        (WorkerDied(), "error", "not run after your code ended the process"),
    ],
)
def test_stop(stop: CheckFailed, status: str, message: str) -> None:
    """After a timeout or a death no other check of the exercise runs, and each says why."""

    class Stops:
        calls = 0

        def call(self, *args: Any) -> Reply:
            self.calls += 1
            raise stop

    link = Stops()
    verdict = judge_exercise(exercise(), link, Reference(LocalLink({"twice": twice}, {})), 7)
    assert (verdict.status, verdict.score, verdict.message) == (status, 0.0, stop.message)
    assert (link.calls, verdict.checks[1].message) == (1, message)


def test_check_cannot_catch_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that expects an exception does not take a timeout, or a death, for it."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: (Check("refuses", "twice", "", 1.0, swallows),))

    class Stops:
        def call(self, *args: Any) -> Reply:
            raise CallTimeout(5.0)

    verdict = judge_exercise(exercise(), Stops(), Reference(Stops()), 7)
    assert verdict.status == "timeout" and not verdict.checks[0].passed


def swallows(twice):
    """Whatever happens is fine."""
    with suppress(CheckFailed):
        twice(1)


def test_part_of_a_result_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a check looks at a part of the result, the example says which; of the whole it says nothing."""

    def first_row(twice, rng, reference):
        """The first row is doubled."""
        x = rng.normal(size=(2, 2))
        raise CheckFailed("the first row is wrong at index [0]", reference.twice(x)[0], twice(x)[0])

    monkeypatch.setattr(run.checks, "load", lambda chapter: (Check("first_row", "twice", "", 1.0, first_row), *CHECKS))
    part, whole, _ = (check.example for check in judged(lambda x: 3 * x).checks)
    assert part is not None and part.call.endswith("\n(below: the first row, not the whole result)")
    assert whole is not None and "below" not in whole.call


def test_refusal_is_said_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a driver refuses is shown as the driver says it, with no exception's name and no input: none would do."""

    class Refused(TypeError):
        pass

    def refused(x):
        raise Refused("twice must be a class")

    verdict = judged(refused)
    assert verdict.status == "error"
    assert {check.message for check in verdict.checks} == {"twice must be a class"}
    assert {check.example for check in verdict.checks} == {None}


def test_broken_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that fails with anything else than CheckFailed is named, and no learner's fault."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: (Check("is_broken", "twice", "", 1.0, is_broken),))
    with pytest.raises(CheckBroken, match="is_broken: ZeroDivisionError"):
        judged(twice)


def test_exercise_without_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise that no check judges is an error of ours, never full marks."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: ())
    with pytest.raises(CheckBroken, match="twice: there is no check"):
        judged(twice)


def test_expected_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check may ask for an exception, and passes when it comes."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: (Check("refuses_text", "twice", "", 1.0, refuses_text),))

    def careful(x):
        if isinstance(x, str):
            raise ValueError("an array is needed")
        return 2 * x

    assert judged(careful).status == "passed"


def test_same_seed_same_inputs() -> None:
    """The inputs depend on the seed and the check alone: expected values can be remembered for a whole class."""
    seen: list[list[float]] = []
    for _ in range(2):
        inputs: list[float] = []
        judged(lambda x, inputs=inputs: (inputs.append(float(x.flat[0])), 2 * x)[1])
        seen.append(inputs)
    assert seen[0] == seen[1] and len(set(seen[0])) == 3


def test_diagnosis_is_asked_for_wrong_answers_only() -> None:
    """A wrong answer's calls go to the diagnosis; a right, missing or forbidden one has none."""
    asked: list[tuple[str, int]] = []

    def diagnose(name: str, calls: Any) -> list[Diagnosis]:
        asked.append((name, len(calls)))
        return [Diagnosis("mutant:thrice", "Three for two.", "always")]

    assert judged(lambda x: 3 * x, diagnose=diagnose).diagnosis[0].id == "mutant:thrice"
    judged(twice, diagnose=diagnose), judged(None, diagnose=diagnose)
    assert asked == [("twice", 3)]


def test_our_own_refusal_is_not_the_learners_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reference cannot take what the learner returned, no exception is blamed on the learner's line."""

    def feeds_back(twice, reference):
        """Twice twice."""
        reference.half(twice(1.0))

    def half(x):
        raise ValueError("a shape of ours")

    monkeypatch.setattr(run.checks, "load", lambda chapter: (Check("feeds_back", "twice", "", 1.0, feeds_back),))
    reference = Reference(LocalLink({"half": half}, {}))
    verdict = judge_exercise(exercise(), LocalLink({"twice": twice}, {}), reference, 7)
    assert verdict.status == "failed"
    assert verdict.checks[0].message == "the check could not go on with what was returned"


class Deranged:
    """The solution, but some of its replies are replaced by values that no one expects."""

    VALUES = (None, True, "x", "", [], (), {}, float("nan"), 10**15, {"x": None}, [[[[1.0]]]], {"x": {"x": []}})

    def __init__(self, solution: LocalLink, seed: int) -> None:
        self.solution = solution
        self.chance = random.Random(seed)

    def call(self, name: str, args: Any, kwargs: Any, trace: bool = False) -> Reply:
        reply = self.solution.call(name, args, kwargs)
        if self.chance.random() < 0.7:
            return reply
        value = reply.value
        values = list(self.VALUES)
        if isinstance(value, np.ndarray):
            values += [
                value * np.nan,
                value[..., None],
                value.T,
                value[0],
                value.astype(bool),
                np.zeros(0),
                list(value),
            ]
        if isinstance(value, dict):
            values += [{**value, name: odd} for name in value for odd in self.VALUES] + [dict(list(value.items())[1:])]
        return Reply(self.chance.choice(values), self.chance.choice([(), ("x",), ("no such name",)]))


@pytest.mark.parametrize("name", ["rnn_step", "rnn_forward", "RNNCell"])
def test_no_value_breaks_a_check(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes back from a call, the checks of the course fail or pass, and the verdict can be written down."""
    monkeypatch.undo()
    solution = implementations.solution("ch02_recurrence")
    reference, diagnoser = Reference(Memo(solution)), Diagnoser("ch02_recurrence")
    for seed in range(60):
        link = Deranged(solution, seed)
        real = course.load("ch02_recurrence").exercise(name)
        verdict = judge_exercise(real, link, reference, seed % 3, diagnose=diagnoser)
        assert 0 <= verdict.score <= verdict.max_score
        Verdict("ch02_recurrence", None, exercises=[verdict]).to_json()
