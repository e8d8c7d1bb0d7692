"""The proof that the checks can be trusted: wrong answers rejected, right ones accepted, mistakes named.

``python -m autograder prove`` prints the table; the book publishes it.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from autograder import checks, course
from autograder.course import Exercise
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.implementations import Mutant
from autograder.judge.run import Diagnose, judge_exercise
from autograder.judge.subject import Link
from autograder.judge.verdict import ExerciseVerdict


@dataclass
class Row:
    """What was found of one exercise; ``problems`` says in one line each what is not proven.

    ``caught`` and ``diagnosed`` count mutants; ``accepted`` and ``passed`` count right answers, with the solution.
    """

    chapter: str
    exercise: str
    checks: int = 0
    mutants: int = 0
    caught: int = 0
    diagnosed: int = 0
    accepted: int = 0
    passed: int = 0
    starter: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def proven(self) -> bool:
        """Is everything as it must be?"""
        return not self.problems


def prove(chapters: Iterable[str] = (), seed: int | None = None) -> list[Row]:
    """Judge solution, starter, accepted answers and mutants of each exercise; of all chapters by default.

    Inputs are drawn from ``seed``, a fresh one by default; raises CourseError for a chapter that does not exist.
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    return [
        prove_exercise(exercise, seed)
        for chapter in (list(chapters) or course.chapters())
        for exercise in course.load(chapter).exercises
    ]


def prove_exercise(exercise: Exercise, seed: int) -> Row:
    """The row of one exercise."""
    row = Row(exercise.chapter, exercise.name)
    row.checks = sum(check.exercise == exercise.name for check in checks.load(exercise.chapter))
    if not row.checks:
        row.problems.append("there is no check of it")
        return row
    _prove_right_ones(row, exercise, seed)
    row.starter = judge(exercise, implementations.starter(exercise.chapter), seed).status == "missing"
    if not row.starter:
        row.problems.append("the starter is not recognised as unwritten")
    diagnoser = Diagnoser(exercise.chapter)
    for mutant in implementations.mutants(exercise.chapter):
        if mutant.of == exercise.name:
            _prove_wrong_one(row, exercise, mutant, diagnoser, seed)
    return row


def judge(exercise: Exercise, link: Link, seed: int, diagnose: Diagnose | None = None) -> ExerciseVerdict:
    """The verdict on an answer of our own, run in this process; what it prints and warns of is dropped."""
    reference = implementations.reference(exercise.chapter)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return judge_exercise(exercise, link, reference, seed, diagnose=diagnose)


def caught(verdict: ExerciseVerdict, crashes: bool) -> bool:
    """Has a check failed by itself? A crash does not count, unless it is how the mistake shows."""
    return verdict.status == "failed" or (crashes and verdict.status in ("error", "timeout"))


def table(rows: Sequence[Row]) -> Table:
    """The rows for the terminal; what is not proven stands in each row's ``problems``."""
    shown = Table(title="Wrong answers caught and named, right answers passed", title_justify="left")
    for heading in ("chapter", "exercise"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("checks", "caught", "named", "passed"):
        shown.add_column(heading, justify="right")
    shown.add_column("starter")
    for row in rows:
        wrong, named = f"{row.caught}/{row.mutants}", f"{row.diagnosed}/{row.mutants}"
        right, starter = f"{row.passed}/{row.accepted}", "caught" if row.starter else "NOT CAUGHT"
        shown.add_row(row.chapter, row.exercise, str(row.checks), wrong, named, right, starter)
    return shown


def _prove_right_ones(row: Row, exercise: Exercise, seed: int) -> None:
    """The solution and the accepted answers must pass every check."""
    right: list[tuple[str, Link]] = [("the solution", implementations.solution(exercise.chapter))]
    variants = [v for v in implementations.accepted(exercise.chapter) if v.exercise == exercise.name]
    right += [(f"the accepted answer {variant.style}", variant.link) for variant in variants]
    row.accepted = len(right)
    for name, link in right:
        verdict = judge(exercise, link, seed)
        row.passed += verdict.status == "passed"
        if verdict.status != "passed":
            row.problems.append(f"{name} does not pass: {verdict.message} (seed {seed})")


def _prove_wrong_one(row: Row, exercise: Exercise, mutant: Mutant, diagnoser: Diagnoser, seed: int) -> None:
    """A mutant must be caught, and must not be taken for another one."""
    verdict = judge(exercise, mutant.link, seed, diagnoser)
    row.mutants += 1
    row.caught += caught(verdict, mutant.crashes)
    row.diagnosed += bool(verdict.diagnosis)
    if not caught(verdict, mutant.crashes):
        row.problems.append(f"the mutant {mutant.id} is not caught: {verdict.status} (seed {seed})")
    for diagnosis in verdict.diagnosis:
        if diagnosis.id.startswith("mutant:") and mutant.believes not in diagnosis.believes:
            row.problems.append(f"the mutant {mutant.id} is taken for {diagnosis.id} (seed {seed})")
