"""The diagnosis on mistakes of people who have not seen the mutants: often right, and hardly ever wrong.

``mistakes/<chapter>.toml`` holds answers that were written from the exercise notebooks alone.
``says`` is the author's own word for the mistake; ``true`` lists the diagnoses that a reviewer found to be true of it,
whether or not they are given: any other one is wrong.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from autograder import course, prove
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.verdict import ExerciseVerdict

FOLDER = Path(__file__).with_name("mistakes")
SEEDS = (0, 1, 2)
LEAST, NAMED, WRONG = 60, 0.60, 0.02


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to an exercise, what its author says of it, and the diagnoses that are true of it."""

    chapter: str
    of: str
    id: str
    says: str
    code: str
    true: tuple[str, ...] = ()


def read(chapter: str) -> list[Mistake]:
    """The mistakes written down for a chapter."""
    path = FOLDER / f"{chapter}.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mistake"] if path.is_file() else []
    return [Mistake(chapter, **{**entry, "true": tuple(entry.get("true", ()))}) for entry in entries]


MISTAKES = [mistake for chapter in course.chapters() for mistake in read(chapter)]


@cache
def judged(mistake: Mistake, seed: int) -> ExerciseVerdict:
    """The verdict on a mistake, with its diagnosis."""
    link = implementations.link(mistake.chapter, mistake.code, f"<cell mistake {mistake.id} of {mistake.of}>")
    return prove.judge(course.load(mistake.chapter).exercise(mistake.of), link, seed, diagnoser(mistake.chapter))


@cache
def diagnoser(chapter: str) -> Diagnoser:
    return Diagnoser(chapter)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.of}-{mistake.id}")
def test_mistake_is_caught(mistake: Mistake) -> None:
    """None of them passes, whatever the inputs."""
    for seed in SEEDS:
        assert judged(mistake, seed).status in ("failed", "error", "timeout", "forbidden")


def test_mistakes_are_named_and_hardly_ever_misnamed(capsys: pytest.CaptureFixture[str]) -> None:
    """At least 60 % of the mistakes get a diagnosis, and at most 2 % one that is not true of them."""
    found: Counter[str] = Counter()
    wrong = []
    for mistake in MISTAKES:
        for seed in SEEDS:
            given = {diagnosis.id for diagnosis in judged(mistake, seed).diagnosis}
            found["named"] += bool(given)
            if given - set(mistake.true):
                wrong.append(f"{mistake.of}/{mistake.id}: {', '.join(sorted(given - set(mistake.true)))} (seed {seed})")
    count = len(MISTAKES) * len(SEEDS)
    with capsys.disabled():
        print(f"\n{len(MISTAKES)} mistakes: {found['named'] / count:.0%} named, {len(wrong) / count:.1%} misnamed")
    assert len(MISTAKES) >= LEAST
    assert found["named"] >= NAMED * count
    assert len(wrong) <= WRONG * count, wrong
