"""The comparison of answers on made classes: how often it errs, what it finds, how long it takes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from rich.table import Table

from autograder.classroom.report import answers
from autograder.classroom.report.forms import forms
from autograder.classroom.report.similar import compare
from autograder.tests.made_class import Answers, copied, plain_student, student

CHAPTERS = ("ch02_recurrence", "ch04_lstm")
SIZES = {24: 40, 60: 40, 300: 5}  # students: classes
COPIED = (1.0, 0.7, 0.5)  # of the exercises
SCHOOLS = [12, 8, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1]  # how many learned in each, beside each other
Make = Callable[[random.Random, str], Answers]


def _schooled(rng: random.Random, chapter: str) -> Answers:
    return student(rng, chapter, school=rng.choices(range(len(SCHOOLS)), SCHOOLS)[0])


WORLDS: dict[str, Make] = {"few styles": plain_student, "own ways": student, "schools": _schooled}


def tables() -> Iterator[Table]:
    """One for what is shown in classes where nobody copied and where one pair did; one for the time."""
    yield _rates()
    yield _times()


def _rates() -> Table:
    title = "Similar answers: classes where nobody copied and a pair is shown; copies that are found, by share copied"
    shown = Table(
        "chapter", "students", "they write", "course knows", "shown", *(f"{c:.0%}" for c in COPIED), title=title
    )
    rng = random.Random(1)
    for chapter in CHAPTERS:
        for world, make in WORLDS.items():
            pool = [make(rng, chapter) for _ in range(400)]
            for size, classes in SIZES.items():
                for knows in (True, False):
                    alarms, copies = _tried(rng, chapter, pool, size, classes, knows)
                    told = "its styles" if knows else "none"
                    found = [f"{count} of {classes}" for count in copies]
                    shown.add_row(chapter, str(size), world, told, f"{alarms} of {classes}", *found)
    return shown


def _tried(
    rng: random.Random, chapter: str, pool: list[Answers], size: int, classes: int, knows: bool
) -> tuple[int, list[int]]:
    """Of so many classes: how many show a pair where there is none, and in how many each copy is found."""
    look = partial(compare, known=answers.known(chapter) if knows else {})
    alarms, copies = 0, [0] * len(COPIED)
    for _ in range(classes):
        work = {f"s{number:03}": dict(own) for number, own in enumerate(rng.sample(pool, size))}
        alarms += bool(look(work).pairs)
        names = list(work["s000"])
        for place, share in enumerate(COPIED):
            part = rng.sample(names, round(share * len(names)))
            work[f"s{2 * place + 1:03}"] |= copied(work[f"s{2 * place:03}"], rng, part)
        found = {(pair.one, pair.other) for pair in look(work).pairs}
        for place in range(len(COPIED)):
            copies[place] += (f"s{2 * place:03}", f"s{2 * place + 1:03}") in found
    return alarms, copies


def _times() -> Table:
    shown = Table("chapter", "students", "exercises", "CPU", title="Similar answers: the time of one comparison")
    rng = random.Random(2)
    for chapter in CHAPTERS:
        work = {f"s{number:03}": student(rng, chapter) for number in range(300)}
        answers.known(chapter)
        forms.cache_clear()
        start = time.process_time()
        done = compare(work, answers.known(chapter))
        shown.add_row(chapter, str(done.students), str(done.exercises), f"{time.process_time() - start:.1f} s")
    return shown
