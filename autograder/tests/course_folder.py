"""A course folder with three students, graded by a fake judge: fixtures for the tests of the classroom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder.classroom.grade import GradeResult, grade
from autograder.tests.fake_judge import CHAPTER, RIGHT, FakeJudge, hand_in

WRONG = {name: f"# WRONG\n{source}" for name, source in RIGHT.items()}
Grade = Callable[..., GradeResult]


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gradebook that knows the chapter and nobody yet: made once, since nbgrader starts a program to make one."""
    submitted = tmp_path_factory.mktemp("empty") / "submitted"
    hand_in(submitted, "ann", RIGHT)
    grade(CHAPTER, submitted, 1, console=Console(quiet=True), open_judge=FakeJudge())
    path = submitted.parent / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as book:
        book.remove_submission(CHAPTER, "ann")
        book.remove_student("ann")
    return path.read_bytes()


@pytest.fixture
def submitted(tmp_path: Path, gradebook: bytes) -> Path:
    folder = tmp_path / "class" / "submitted"
    folder.mkdir(parents=True)
    (folder.parent / "gradebook.db").write_bytes(gradebook)
    return folder


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def run(submitted: Path, judge: FakeJudge) -> Grade:
    def run(**settings: object) -> GradeResult:
        return grade(CHAPTER, submitted, 2, open_judge=judge, **{"console": Console(quiet=True), **settings})  # type: ignore[arg-type]

    return run


def book(submitted: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{submitted.parent}/gradebook.db")


def scores(submitted: Path) -> dict[str, float]:
    with book(submitted) as opened:
        return {one.student.id: one.score for one in opened.assignment_submissions(CHAPTER)}


def outputs(submitted: Path, student: str) -> Path:
    return submitted.parent / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"


def page(submitted: Path, student: str) -> Path:
    return submitted.parent / "feedback" / student / CHAPTER / f"{CHAPTER}.html"
