"""A judge that only reads: what is written passes, what says WRONG gets a third; for tests of what surrounds it."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Self

import nbformat

from autograder import course
from autograder.judge.submission import read
from autograder.judge.verdict import CheckVerdict, ExerciseVerdict, Verdict

CHAPTER = "ch02_recurrence"
RIGHT = {exercise.name: exercise.source for exercise in course.load(CHAPTER).exercises}
FULL = sum(exercise.points for exercise in course.load(CHAPTER).exercises)


class FakeJudge:
    """Counts what it judged; ``broken`` students make it raise, as the real one never should."""

    isolation = "boxed"
    warning = ""

    def __init__(self, allow_unisolated: bool = False, device: str = "cpu", checks: str = "checks-1") -> None:
        self.holes: list[str] = []
        self.judged: list[str] = []
        self.checks = checks
        self.broken: set[str] = set()
        self.open = 0
        self._lock = threading.Lock()

    def __call__(self, **settings: object) -> FakeJudge:
        """Stand in for the class ``Judge``."""
        return self

    def __enter__(self) -> Self:
        self.open += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self.open -= 1

    def checks_sha256(self, chapter: str) -> str:
        return self.checks

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        with self._lock:
            self.judged.append(student or "")
        if student in self.broken:
            raise RuntimeError("a fault of ours")
        submission = read(path, chapter or CHAPTER)
        answers = {cell.exercise: cell.source for cell in submission.cells if cell.role == "answer"}
        exercises = [_judged(one.name, one.points, answers.get(one.name)) for one in course.load(CHAPTER).exercises]
        return Verdict(
            CHAPTER,
            student,
            sum(one.score for one in exercises),
            sum(one.max_score for one in exercises),
            isolation="boxed",
            seed=7,
            notebook_sha256=submission.sha256,
            checks_sha256=self.checks,
            message=submission.problem,
            exercises=exercises,
        )


def _judged(name: str, points: float, answer: str | None) -> ExerciseVerdict:
    if answer is None:
        return ExerciseVerdict(name, "missing", 0.0, points, "this is not written yet")
    right = "WRONG" not in answer
    check = CheckVerdict(
        f"test_{name}", "The result is right.", right, 1.0, "" if right else "the entry at (0, 0) differs"
    )
    return ExerciseVerdict(name, "passed" if right else "failed", points if right else points / 3, points, "", [check])


def notebook(answers: dict[str, str]) -> nbformat.NotebookNode:
    """The released notebook with these answers in it."""
    made = course.master(CHAPTER)
    for cell in made.cells:
        cell.source = answers.get(cell.id, cell.source)
    return copy.deepcopy(made)


def hand_in(
    submitted: Path, student: str, answers: dict[str, str] | str | bytes | nbformat.NotebookNode | None
) -> Path:
    """Put a student's work into ``submitted``: answers, a whole notebook, the raw text of a file, or no file at all."""
    path = submitted / student / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if answers is None:
        return path
    if isinstance(answers, dict) and not isinstance(answers, nbformat.NotebookNode):
        answers = notebook(answers)
    if isinstance(answers, nbformat.NotebookNode):
        answers = json.dumps(answers)  # as it is: nbformat would mend what is wrong with it
    path.write_bytes(answers if isinstance(answers, bytes) else answers.encode())
    return path
