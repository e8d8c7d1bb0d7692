"""The class that the bench measures is what it says: half right, half with one mistake each, no two files alike."""

from __future__ import annotations

import pytest

from autograder import course
from autograder.judge.session import Judge
from autograder.tests.bench import classes, rivals

SIZE = 6


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """The judge's word on a small class."""
    submitted = classes.write_class(tmp_path_factory.mktemp("bench") / "course", SIZE)
    files = sorted(submitted.glob(f"*/{classes.CHAPTER}/*.ipynb"))
    with Judge(allow_unisolated=True) as judge:
        return [judge.verdict(file, classes.CHAPTER) for file in files]


def test_one_mistake_each(verdicts):
    """The even ones pass every exercise, the odd ones all but one."""
    failed = [sum(one.status != "passed" for one in verdict.exercises) for verdict in verdicts]
    assert failed == [0, 1] * (SIZE // 2)


def test_no_two_alike(verdicts):
    """Nothing that is kept by a file's fingerprint can make the bench look fast."""
    assert len({verdict.notebook_sha256 for verdict in verdicts}) == SIZE


def test_right_answers_in_many_styles():
    """Each exercise is answered in at least four ways."""
    assert min(map(len, classes.right_answers(classes.CHAPTER).values())) >= 4


@pytest.mark.parametrize("exercise", course.load(classes.CHAPTER).exercises, ids=lambda exercise: exercise.name)
def test_rivals_assertions(exercise):
    """What stock nbgrader and otter-grader check holds for the solution, and not for a function that returns None."""
    setup = "\n".join(course.load(classes.CHAPTER).setup)
    exec(f"{setup}\n{exercise.source}\n{rivals.assertion(exercise)}", {"__name__": "bench"})
    nothing = f"def {exercise.name}(*args): return None"
    with pytest.raises((AssertionError, TypeError, AttributeError, ValueError)):
        exec(f"{setup}\n{nothing}\n{rivals.assertion(exercise)}", {"__name__": "bench"})
