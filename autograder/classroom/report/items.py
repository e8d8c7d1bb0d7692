"""Item analysis: how hard each exercise and each check is, and whether it tells the strong from the weak.

Difficulty is the share of the points that the class earned. Discrimination is the corrected item-total correlation
(Henrysson 1963; Crocker & Algina 1986, chapter 14): Pearson's r between the points of an item and the points of
everything else, so that no item is compared with itself. Its interval is Fisher's (1921). The words follow Ebel
(Ebel & Frisbie 1991, chapter 13): from 0.40 an item tells very well, below 0.20 hardly.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from autograder.classroom.report.gather import ClassResults, Result
from autograder.judge.verdict import Status

FEW = 10  # students: below, a correlation is chance
WORDS = [(0.4, "tells well"), (0.2, "tells something"), (-1.0, "hardly tells")]  # where it is surely above 0
ROUNDING = 1e-9  # points: what is left of a difference of two equal sums
Z = 1.959964  # of the normal distribution, for an interval that holds 95 %


@dataclass(frozen=True)
class Discrimination:
    """A correlation with its interval of 95 %, each -1 to 1; None where there is none, and ``words`` says why."""

    value: float | None
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class Item:
    """An exercise, or a check; ``share`` is 0 to 1, of the points or of those who passed.

    ``students`` handed in a file that could be read; of a check, an answer on which it ran.
    """

    name: str
    sentence: str
    points: float
    students: int
    share: float
    discrimination: Discrimination
    statuses: dict[Status, int]
    checks: tuple[Item, ...] = ()


def analyse(found: ClassResults) -> list[Item]:
    """Every exercise of the chapter, in order, with its checks; files that could not be read are left out.

    Who wrote nothing earns nothing in every exercise, which would make each of them tell well; so they count in the
    shares, and in no correlation.
    """
    results = found.readable
    exercises = [(one.name, one.points) for one in found.chapter.exercises]
    earned = np.array([[one.points.earned.get(name, 0.0) for name, _ in exercises] for one in results])
    earned = earned.reshape(len(results), len(exercises))
    rest = earned.sum(axis=1, keepdims=True) - earned
    written = np.array([is_written(one) for one in results], dtype=bool)
    items = []
    for number, (name, points) in enumerate(exercises):
        share = float(np.mean(earned[:, number])) / points if results and points else 0.0
        statuses = Counter(each.status for one in results for each in one.verdict.exercises if each.name == name)
        shown = discrimination(earned[written, number], rest[written, number])
        checks = tuple(_checks(name, results, rest[:, number]))
        items.append(Item(name, "", points, len(results), share, shown, dict(statuses), checks))
    return items


def is_written(one: Result) -> bool:
    """Did a student hand in anything that could be judged?"""
    return any(each.status != "missing" for each in one.verdict.exercises)


def _checks(exercise: str, results: list[Result], rest: np.ndarray) -> list[Item]:
    """Each check of an exercise, held against the points of the *other* exercises: its neighbours fail with it.

    Only where there was an answer to judge, and the check ran on it.
    """
    passed: dict[str, dict[int, bool]] = {}
    sentences: dict[str, str] = {}
    for number, one in enumerate(results):
        for each in one.verdict.exercises:
            judged = each.name == exercise and each.status not in ("missing", "forbidden")
            for check in each.checks if judged else ():
                if check.ran:
                    passed.setdefault(check.name, {})[number] = check.passed
                    sentences[check.name] = check.sentence
    items = []
    for name, by in passed.items():
        places, values = list(by), np.array(list(by.values()), float)
        shown = discrimination(values, rest[places])
        items.append(Item(name, sentences[name], 0.0, len(by), float(values.mean()), shown, {}))
    return items


def discrimination(item: np.ndarray, rest: np.ndarray) -> Discrimination:
    """Pearson's r of two arrays (students,), with Fisher's interval, which has the say in ``words``.

    None where it would say nothing.
    """
    if len(item) < FEW:
        return Discrimination(None, None, None, f"fewer than {FEW} students")
    same, same_elsewhere = (bool(np.ptp(points) < ROUNDING) for points in (item, rest))
    if same or same_elsewhere:
        return Discrimination(None, None, None, "all earned the same" + " elsewhere" * (not same))
    r = float(np.clip(np.corrcoef(item, rest)[0, 1], -1.0, 1.0))
    with np.errstate(divide="ignore"):
        low, high = np.tanh(np.arctanh(r) + np.array([-Z, Z]) / np.sqrt(len(item) - 3))
    return Discrimination(r, float(low), float(high), _words(r, low, high))


def _words(r: float, low: float, high: float) -> str:
    if high < 0:
        return "tells the wrong way round"
    return next(word for least, word in WORDS if r >= least) if low > 0 else "may be chance"
