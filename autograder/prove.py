"""The proof that the checks can be trusted: wrong answers rejected, right ones accepted, mistakes named.

``python -m autograder prove`` prints the table; the book publishes it.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import secrets
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from rich.table import Table

from autograder import checks, course
from autograder.course import Exercise
from autograder.judge import implementations
from autograder.judge.devices import CPU, device_checks, devices, judged_everywhere, require
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.implementations import Mutant
from autograder.judge.run import Diagnose, judge_exercise
from autograder.judge.subject import Link
from autograder.judge.verdict import ExerciseVerdict


@dataclass
class Row:
    """What was found of one exercise; ``problems`` says in one line each what is not proven.

    ``caught`` and ``diagnosed`` count mutants; ``accepted`` and ``passed`` count right answers, with the solution.
    ``device_checks`` are those that depend on where torch runs.
    """

    chapter: str
    exercise: str
    checks: int = 0
    device_checks: int = 0
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


def prove(chapters: Iterable[str] = (), seed: int | None = None, jobs: int = 1, device: str = "") -> list[Row]:
    """Judge solution, starter, accepted answers and mutants of each exercise; of all chapters by default.

    Inputs are drawn from ``seed``, a fresh one by default; ``jobs`` exercises are judged at a time, 0: one a core.
    Torch exercises are tried on the CPU, and on a GPU where there is one: ``device`` cpu leaves it out, cuda insists.
    Raises CourseError for a chapter that does not exist, DeviceError where there is no GPU to insist on.
    """
    require(device)
    seed = secrets.randbelow(2**32) if seed is None else seed
    slugs = list(chapters) or course.chapters()
    todo = [exercise for chapter in slugs for exercise in course.load(chapter).exercises]
    one = partial(prove_exercise, seed=seed, device=device)
    if jobs == 1:
        return [one(exercise) for exercise in todo]
    # fresh processes: a fork of one that has run torch can hang
    with ProcessPoolExecutor(jobs or os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(one, todo))


def prove_exercise(exercise: Exercise, seed: int, device: str = "") -> Row:
    """The row of one exercise."""
    row = Row(exercise.chapter, exercise.name)
    row.checks = sum(check.exercise == exercise.name for check in checks.load(exercise.chapter))
    row.device_checks = device_checks(exercise)
    if not row.checks:
        row.problems.append("there is no check of it")
        return row
    _prove_right_ones(row, exercise, seed, device)
    row.starter = judge(exercise, implementations.starter(exercise.chapter), seed).status == "missing"
    if not row.starter:
        row.problems.append("the starter is not recognised as unwritten")
    diagnoser = Diagnoser(exercise.chapter)
    for mutant in implementations.mutants(exercise.chapter):
        if mutant.of == exercise.name:
            _prove_wrong_one(row, exercise, mutant, diagnoser, seed, device)
    return row


def judge(
    exercise: Exercise, link: Link, seed: int, diagnose: Diagnose | None = None, device: str = CPU
) -> ExerciseVerdict:
    """The verdict on an answer of our own, run in this process; what it prints and warns of is dropped."""
    reference = implementations.reference(exercise.chapter)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return judge_exercise(exercise, link, reference, seed, device, diagnose)


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
        shown.add_row(row.chapter.partition("_")[0], row.exercise, str(row.checks), wrong, named, right, starter)
    return shown


def _prove_right_ones(row: Row, exercise: Exercise, seed: int, device: str) -> None:
    """The solution and the accepted answers must pass every check."""
    right: list[tuple[str, Link]] = [("the solution", implementations.solution(exercise.chapter))]
    variants = [v for v in implementations.accepted(exercise.chapter) if v.exercise == exercise.name]
    right += [(f"the accepted answer {variant.style}", variant.link) for variant in variants]
    row.accepted = len(right)
    for name, link in right:
        verdict = judged_everywhere(exercise, partial(judge, exercise, link, seed, None), device)
        row.passed += verdict.status == "passed"
        if verdict.status != "passed":
            row.problems.append(f"{name} does not pass: {verdict.message} (seed {seed})")


def _prove_wrong_one(
    row: Row, exercise: Exercise, mutant: Mutant, diagnoser: Diagnoser, seed: int, device: str
) -> None:
    """A mutant must be caught, and must not be taken for another one."""
    verdict = judge(exercise, mutant.link, seed, diagnoser)
    missed: list[str] = [] if caught(verdict, mutant.crashes) else [verdict.status]
    for other in devices(exercise, device)[1:]:
        elsewhere = judge(exercise, mutant.link, seed, device=other)
        missed += [] if caught(elsewhere, mutant.crashes) else [f"{elsewhere.status} on {other}"]
    row.mutants += 1
    row.caught += not missed
    row.diagnosed += bool(verdict.diagnosis)
    if missed:
        row.problems.append(f"the mutant {mutant.id} is not caught: {', '.join(missed)} (seed {seed})")
    for diagnosis in verdict.diagnosis:
        if diagnosis.id.startswith("mutant:") and mutant.believes not in diagnosis.believes:
            row.problems.append(f"the mutant {mutant.id} is taken for {diagnosis.id} (seed {seed})")
