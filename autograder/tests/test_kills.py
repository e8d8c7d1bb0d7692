"""The grader dies twenty times in one class, at moments drawn by a seed, and nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path

from autograder.classroom.journal import Journal
from autograder.classroom.journal import read as read_journal
from autograder.tests.deaths import PLACES, drawn
from autograder.tests.kills import CHAPTER, KILLS, differences, killed_class


def test_a_class_with_twenty_deaths_has_the_grades_of_an_undisturbed_one(tmp_path: Path) -> None:
    """100 students, each with one verdict, whole results and the same points; no process and no file is left over."""
    outcome = killed_class(tmp_path, seed=2026)
    assert outcome.lost == []
    assert outcome.kills.total() == KILLS and len(outcome.kills) >= 5
    submitted, calm = (tmp_path / name / "submitted" for name in ("killed", "calm"))

    # what is said to be the same is looked at: a verdict twice, a torn page and what a kill has left are noticed
    path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    twice, torn, *_ = read_journal(path)
    with Journal(path) as journal:
        journal.append(twice)
    (submitted.parent / "feedback" / str(torn.student) / CHAPTER / f"{CHAPTER}.html").write_text("<html>")
    left = submitted.parent / "tmp" / "unrolled-box-left" / "package"
    left.mkdir(parents=True)
    lines = [f"{twice.student}: 2 verdicts", f"{torn.student}: the page is torn", f"left over: {left}"]
    assert differences(submitted, calm, 100) == lines


def test_deaths_are_drawn_from_everywhere() -> None:
    """A seed draws the same moments again, and many draws reach every place."""
    one, other = random.Random(1), random.Random(1)
    moments = [vars(drawn(one, CHAPTER, 10)) | {"lock": 0} for _ in range(200)]
    assert moments == [vars(drawn(other, CHAPTER, 10)) | {"lock": 0} for _ in range(200)]
    assert {each["place"] for each in moments} == set(PLACES)
