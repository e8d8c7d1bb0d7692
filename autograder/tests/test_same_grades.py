"""The same class gets the same grades: whatever inputs are drawn, and whatever happens to the box meanwhile."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom.grade import grade
from autograder.classroom.journal import read as read_journal
from autograder.classroom.sample import students, write_class
from autograder.judge.box import Box
from autograder.judge.session import Judge
from autograder.tests.course_folder import scores

CHAPTER = "ch02_recurrence"
pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own queries make SQLAlchemy warn
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),  # a mutant, called for the diagnosis
]
Marks = dict[str, dict[str, tuple[str, float]]]


def graded(folder: Path, seed: int, deaths: tuple[int, ...] = ()) -> tuple[dict[str, float], Marks, int]:
    """Gradebook and verdicts of the sample class; the box is killed when so many verdicts are reached; boxes used."""
    write_class(folder, CHAPTER)
    judge, boxes = Judge(seed=seed), set[Box]()

    def kill() -> None:
        for count in deaths:
            while len(read_journal(folder / "verdicts" / f"{CHAPTER}.jsonl")) < count:
                time.sleep(0.01)
            boxes.add(judge.box)
            judge.box.process.kill()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    result = grade(CHAPTER, folder / "submitted", console=Console(quiet=True), open_judge=lambda **_: judge)
    killer.join(10)
    assert (result.status, result.problems, result.judged) == (0, [], 24)
    assert sorted(str(verdict.student) for verdict in result.verdicts) == sorted(one.name for one in students(CHAPTER))
    marks = {str(v.student): {e.name: (e.status, e.score) for e in v.exercises} for v in result.verdicts}
    return scores(folder / "submitted"), marks, len(boxes | {judge.box})


def test_three_seeds_and_two_dead_boxes_give_the_same_grades(tmp_path: Path) -> None:
    """The inputs differ from run to run, and in the last one the box is killed twice: not a point is another."""
    first, second = (graded(tmp_path / str(seed), seed) for seed in (1, 2))
    third = graded(tmp_path / "3", 3, deaths=(3, 12))
    assert first[:2] == second[:2] == third[:2]
    assert (first[2], second[2], third[2]) == (1, 1, 3)
    assert first[0] == pytest.approx({one.name: one.score for one in students(CHAPTER)}, abs=1e-3)
