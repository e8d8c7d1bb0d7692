"""The same class has the same grades with any seed: also who is wrong in part is judged alike on all inputs."""

from __future__ import annotations

import pytest

from autograder import course
from autograder.course import Exercise
from autograder.judge import implementations
from autograder.judge.implementations import Mutant
from autograder.tests.seeds import unsteady

EXERCISES = [exercise for chapter in course.chapters() for exercise in course.load(chapter).exercises]
SEEDS = 5  # always the same ones: `python -m autograder.tests.seeds` tries as many others as one likes


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_wrong_answer_fails_the_same_checks_on_all_inputs(exercise: Exercise) -> None:
    """With five seeds, every mutant has one score and one set of failed checks."""
    found = unsteady(exercise, range(SEEDS))
    assert not found, "\n".join(map(str, found))


def test_an_answer_that_is_right_on_some_inputs_only_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant that the inputs let through now and then is named, with its scores and how often each check fails."""
    exercise = course.load("ch00_start").exercise("relative_error")
    wrong = f"{exercise.source}\n\n\nright = relative_error\n\n\ndef relative_error(a, b):\n"
    code = wrong + "    return right(a, b) if np.abs(a).sum() * 1e6 % 1 < 0.97 else 0.5\n"
    lucky = Mutant("ch00_start", "lucky", "relative_error", "is wrong for 3 of 100 inputs", code)
    always = Mutant("ch00_start", "always", "relative_error", "is always wrong", wrong + "    return 2.0\n")
    monkeypatch.setattr(implementations, "mutants", lambda chapter: [lucky, always])
    (found,) = unsteady(exercise, range(20))
    assert found.mutant == "lucky" and (len(found.scores) > 1 or found.fails)
    assert all(0 < count < 20 for count in found.fails.values())
    assert str(found).startswith("relative_error/lucky: ") and " of 20 times" in str(found)
