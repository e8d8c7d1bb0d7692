"""The checks are proved here: right answers pass, wrong ones are caught, and no check is there for nothing."""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
import zlib
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from autograder import checks, course, prove
from autograder.checks import Check, CheckFailed
from autograder.course import CourseError, Exercise
from autograder.judge import implementations
from autograder.judge.implementations import Mutant, Variant
from autograder.judge.subject import LearnerError, Link, LocalLink, Subject
from autograder.worker import codec
from autograder.worker.calls import Reply

CHAPTERS = course.chapters()
EXERCISES = [exercise for chapter in CHAPTERS for exercise in course.load(chapter).exercises]
CHECKS = [check for chapter in CHAPTERS for check in checks.load(chapter)]
MUTANTS = [mutant for chapter in CHAPTERS for mutant in implementations.mutants(chapter)]
ACCEPTED = [(chapter, variant) for chapter in CHAPTERS for variant in implementations.accepted(chapter)]


@cache
def failures(chapter: str, exercise: str, link: Link, seed: int) -> dict[str, CheckFailed]:
    """The checks that fail, by name, with what they raised."""
    found: dict[str, CheckFailed] = {}
    for check in checks.load(chapter):
        if check.exercise == exercise:
            rng = np.random.default_rng([seed, zlib.crc32(check.name.encode())])
            fixtures = {exercise: Subject(exercise, link), "rng": rng, "device": "cpu"}
            try:
                with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                    warnings.simplefilter("ignore")  # answers may warn and print
                    check.run(reference=implementations.reference(chapter), **fixtures)
            except CheckFailed as failure:
                found[check.name] = failure
    return found


def own(found: dict[str, CheckFailed], crashes: bool = False) -> list[str]:
    """The checks that failed by themselves: a crash of the answer's does not count, unless the mistake is one."""
    return [name for name, failure in found.items() if crashes or not isinstance(failure, LearnerError)]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
class TestEachExercise:
    def test_has_checks_mutants_and_accepted_answers(self, exercise: Exercise) -> None:
        """An exercise comes with at least three checks, six wrong answers and three right ones in other styles."""
        assert sum(check.exercise == exercise.name for check in CHECKS) >= 3
        assert sum(mutant.of == exercise.name for mutant in MUTANTS) >= 6
        assert sum(variant.exercise == exercise.name for _, variant in ACCEPTED) >= 3

    def test_starter_is_caught(self, exercise: Exercise, seed: int) -> None:
        """What a learner has before writing anything fails every check and earns nothing."""
        verdict = prove.judge(exercise, implementations.starter(exercise.chapter), seed)
        assert (verdict.status, verdict.score) == ("missing", 0.0)
        assert not any(check.passed for check in verdict.checks)

    def test_solution_is_judged_right(self, exercise: Exercise, seed: int) -> None:
        """The solution earns all points, in the judge as in pytest."""
        verdict = prove.judge(exercise, implementations.solution(exercise.chapter), seed)
        assert (verdict.status, verdict.score) == ("passed", exercise.points)

    def test_trivial_answers_earn_a_quarter_at_most(self, exercise: Exercise, seed: int) -> None:
        """Zeros, NaN, a constant and each argument given back earn a quarter of the points at most."""
        for name, link in trivial(exercise).items():
            share = prove.judge(exercise, link, seed).score / exercise.points
            assert share <= 0.25, f"{name} earns {share:.0%}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.of}-{m.id}")
def test_mutant_is_caught(mutant: Mutant, seed: int) -> None:
    """At least one check fails by itself on every wrong answer."""
    assert own(failures(mutant.chapter, mutant.of, mutant.link, seed), mutant.crashes)


@pytest.mark.parametrize(("chapter", "variant"), ACCEPTED, ids=lambda v: getattr(v, "style", None))
def test_accepted_answer_passes_on_fresh_inputs(chapter: str, variant: Variant, seed: int) -> None:
    """A right answer in another style passes every check, on the inputs of twenty seeds."""
    for each in np.random.SeedSequence(seed).generate_state(20):
        found = failures(chapter, variant.exercise, variant.link, int(each))
        assert not found, f"seed {each}: {found}"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
class TestEachCheck:
    def test_is_needed(self, check: Check, seed: int) -> None:
        """Without it, a wrong answer would get through, or would hear another sentence first."""
        mutants = [mutant for mutant in MUTANTS if mutant.of == check.exercise]
        found = [(mutant, failures(mutant.chapter, mutant.of, mutant.link, seed)) for mutant in mutants]
        alone = [mutant for mutant, failed in found if own(failed, mutant.crashes) == [check.name]]
        first = [mutant for mutant, failed in found if next(iter(failed), "") == check.name]
        assert alone or first

    def test_is_short_and_says_what_it_is_about(self, check: Check) -> None:
        """A check has fifteen lines at most, and a sentence for its reader."""
        assert len(inspect.getsource(check.function).strip().splitlines()) <= 15
        assert check.sentence.endswith(".") and check.weight > 0


JUNK: list[Any] = [
    None, True, "", "text", 0, -1.5, 2**63, float("nan"), float("inf"), [], (), {}, [[1.0]], np.zeros(()), np.zeros(0),
    np.zeros((1, 2)), np.ones((1, 2), bool), np.full((4, 4), 1e308), np.full((4, 4, 4), np.nan), np.zeros([1] * 8),
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_no_value_breaks_a_check(check: Check, seed: int) -> None:
    """Whatever comes back from hostile code, a check passes or raises CheckFailed, and nothing else."""
    reference = implementations.reference(check.function.__module__.rpartition("test_")[2])
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "x", "h", "c"]
    dicts = [dict.fromkeys(names, junk) for junk in JUNK] + [{name: [1, "a"] for name in names[:4]}]
    several = [kind([junk] * count) for junk in JUNK for count in (2, 5) for kind in (tuple, list)]
    for junk in JUNK + dicts + several:
        subject = Subject(check.exercise, Answering(junk))
        with contextlib.suppress(CheckFailed):
            check.run(**{check.exercise: subject}, rng=np.random.default_rng(seed), device="cpu", reference=reference)


class Answering:
    """A link with one answer to everything."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """The answer, as it would come out of the box."""
        return Reply(codec.copy(self.value))


def trivial(exercise: Exercise) -> dict[str, Link]:
    """Answers that nobody has thought about: constants, and each argument given back."""
    right = implementations.solution(exercise.chapter).namespace[exercise.name]
    function = right.forward if isinstance(right, type) else right
    makers = {"zeros": 0.0, "NaN": float("nan"), "ones": 1.0, "a half": 0.5}
    answers: dict[str, Any] = {name: lambda *args, v=v: _filled(function(*args), v) for name, v in makers.items()}
    names = list(inspect.signature(function).parameters)
    answers |= {name: lambda *args, n=n: args[n] for n, name in enumerate(names) if name != "self"}
    if isinstance(right, type):  # the right module but for its answer: the best that an empty `forward` could come with
        answers["tensors of its own"] = lambda *args: _of_its_own(right.forward(*args))
        answers = {name: type("Trivial", (right,), {"forward": answer}) for name, answer in answers.items()}
    drivers = implementations.drivers(exercise.chapter)
    return {name: LocalLink({exercise.name: answer}, drivers) for name, answer in answers.items()}


def _filled(value: Any, with_: float) -> Any:
    """A result of the same form, with one number throughout."""
    return type(value)(_filled(v, with_) for v in value) if isinstance(value, (tuple, list)) else value * 0 + with_


def _of_its_own(value: Any) -> Any:
    """Zeros that no input has led to."""
    return tuple(map(_of_its_own, value)) if isinstance(value, (tuple, list)) else torch.zeros_like(value).detach()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_everything_is_proven(exercise: Exercise, seed: int) -> None:
    """`prove` finds nothing to complain about, names 85 % of the mistakes, and shows the exercise in its table."""
    row = prove.prove_exercise(exercise, seed)
    assert row.problems == [] and row.proven
    assert row.caught == row.mutants and row.passed == row.accepted
    assert row.diagnosed >= 0.85 * row.mutants  # 90 % of all together: test_diagnosis
    assert prove.table([row]).row_count == 1


def test_prove_names_what_is_not_proven(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A right answer among the mutants and a wrong one among the accepted are both reported."""
    exercise = course.load("ch02_recurrence").exercise("rnn_step")
    wrong = LocalLink({"rnn_step": lambda x, h_prev, Wx, Wh, b: np.tanh(x @ Wx + b)}, {})
    right = Mutant("ch02_recurrence", "none", "rnn_step", "is right", exercise.source)
    monkeypatch.setattr(implementations, "accepted", lambda chapter: [Variant("rnn_step", "wrong", wrong)])
    monkeypatch.setattr(implementations, "mutants", lambda chapter: [right])
    problems = prove.prove_exercise(exercise, seed).problems
    assert len(problems) == 2 and "wrong does not pass" in problems[0] and "none is not caught" in problems[1]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"edits": [{"replace": "h_prev", "with": ""}]}, "stands 3 times"),
        ({"edits": [{"replace": "cosh", "with": ""}]}, "stands 0 times"),
        ({}, "either `edits` or `code`"),
        ({"code": "", "crash": True}, "crash not known"),
    ],
)
def test_mutant_that_cannot_be_made_is_named(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any], says: str
) -> None:
    """An entry whose edit does not fit, or whose keys are wrong, stops the suite with one line."""
    monkeypatch.setattr("tomllib.loads", lambda text: {"mutant": [{**NAMED, **entry}]})
    with pytest.raises(CourseError, match=says):
        implementations.mutants.__wrapped__("ch02_recurrence")


NAMED = {"of": "rnn_step", "id": "some", "believes": "is wrong"}
