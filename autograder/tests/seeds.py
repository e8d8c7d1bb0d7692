"""Mutants whose score depends on the inputs: ``python -m autograder.tests.seeds [CHAPTER ...] [--seeds N]``.

Each is judged on the inputs of N seeds. Where the score or the checks that fail are not the same with all of them, a
line names the mutant, its scores, and the checks that fail with some seeds only; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from autograder import course, prove
from autograder.course import Exercise
from autograder.judge import implementations
from autograder.judge.implementations import Mutant

SEEDS = 20


@dataclass(frozen=True)
class Unsteady:
    """A mutant whose scores are several, or whose failed checks are; ``fails`` counts seeds, by the check's name."""

    exercise: str
    mutant: str
    scores: tuple[float, ...]
    fails: dict[str, int]
    seeds: int

    def __str__(self) -> str:
        scores = " or ".join(f"{score:g}" for score in self.scores)
        checks = ", ".join(f"{name} fails {count} of {self.seeds} times" for name, count in self.fails.items())
        return f"{self.exercise}/{self.mutant}: {scores} points; {checks}"


def unsteady(exercise: Exercise, seeds: Sequence[int]) -> list[Unsteady]:
    """The mutants of an exercise that are not judged alike with all of these seeds."""
    ours = [mutant for mutant in implementations.mutants(exercise.chapter) if mutant.of == exercise.name]
    found = [judged(exercise, mutant, seeds) for mutant in ours]
    return [each for each in found if each.fails or len(each.scores) > 1]


def judged(exercise: Exercise, mutant: Mutant, seeds: Sequence[int]) -> Unsteady:
    """What comes of one mutant; ``fails`` holds the checks that fail with some of the seeds and hold with others."""
    verdicts = [prove.judge(exercise, mutant.link, seed) for seed in seeds]
    fails = Counter(check.name for verdict in verdicts for check in verdict.checks if not check.passed)
    sometimes = {name: count for name, count in fails.items() if count < len(seeds)}
    scores = sorted({verdict.score for verdict in verdicts})
    return Unsteady(exercise.name, mutant.id, tuple(scores), sometimes, len(seeds))


def scan(exercises: Sequence[Exercise], seeds: Sequence[int], jobs: int) -> Iterator[Unsteady]:
    """The mutants of all these exercises that are not judged alike; ``jobs`` exercises are scanned at a time."""
    # fresh processes: a fork of one that has run torch can hang
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(partial(unsteady, seeds=seeds), exercises):
            yield from found


def main() -> None:
    """Read the arguments, and print a line for each mutant found, and how many there are."""
    parser = argparse.ArgumentParser(prog="python -m autograder.tests.seeds", description=__doc__.partition("\n")[0])
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all of them by default")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"how many; {SEEDS} by default")
    parser.add_argument("--first", type=int, default=0, metavar="S", help="the first one: S, S + 1, ... are tried")
    parser.add_argument("--exercise", action="append", metavar="NAME", help="this one alone; may be given again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes; one a core by default")
    given = parser.parse_args()
    listed = [
        exercise for chapter in given.chapters or course.chapters() for exercise in course.load(chapter).exercises
    ]
    exercises = [exercise for exercise in listed if exercise.name in (given.exercise or [exercise.name])]
    if unknown := set(given.exercise or ()) - {exercise.name for exercise in exercises}:
        parser.error(f"no exercise named {' or '.join(sorted(unknown))}")
    found = []
    for each in scan(exercises, range(given.first, given.first + given.seeds), given.jobs):
        print(each, flush=True)
        found.append(each)
    print(f"{len(found)} mutants of {len(exercises)} exercises are judged differently with {given.seeds} seeds")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
