"""The command line as its users type it: output, exit status, and one line for each thing that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import course, paths

EXERCISES = course.load("ch02_recurrence").exercises
FULL = sum(exercise.points for exercise in EXERCISES)
SOLUTIONS = paths.SOLUTIONS / "ch02_recurrence.py"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """One command, from the project's folder."""
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=300)


def test_check_prints_verdicts_alone_as_json(tmp_path: Path) -> None:
    """One verdict a line, in the order of the arguments, one even for a file that cannot be read; status 1."""
    broken, none = tmp_path / "broken.ipynb", tmp_path / "none.ipynb"
    broken.write_text("{")
    part = tmp_path / "part.py"
    part.write_text(
        "import numpy as np\ndef rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + h_prev @ Wh + b)"
    )
    done = run("check", SOLUTIONS, broken, none, part, "--json")
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [verdict["score"] for verdict in verdicts] == [FULL, 0, 0, EXERCISES[0].points]
    assert [bool(verdict["message"]) for verdict in verdicts] == [False, True, True, False]
    assert {verdict["student"] for verdict in verdicts} == {None}
    assert [e["status"] for e in verdicts[3]["exercises"]] == ["passed"] + ["missing"] * (len(EXERCISES) - 1)
    assert done.returncode == 1 and done.stderr == ""


def test_check_says_in_words_what_holds() -> None:
    """For a person: the file, the points, a line an exercise; status 0 when all is right."""
    done = run("check", SOLUTIONS)
    assert done.returncode == 0 and f"{FULL:g} of {FULL:g} points" in done.stdout and "✓ RNNCell" in done.stdout


def test_check_says_of_one_wrong_file_where_to_read_again(tmp_path: Path) -> None:
    """The section of the website that teaches the exercise; nothing of the kind for what is not there."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def rnn_step(x, h_prev, Wx, Wh, b):\n    return h_prev")
    done = run("check", wrong)
    assert done.returncode == 1 and done.stdout.count("To read again: ") == 1
    assert "  To read again: The loop, https://" in done.stdout.splitlines()[-1]


def test_doctor_finds_this_machine_fit() -> None:
    """Where the tests run, everything that grading needs is there."""
    done = run("doctor")
    assert done.returncode == 0 and "escapes tried" in done.stdout


def test_prove_prints_the_table() -> None:
    """Every exercise with its numbers; status 0 when all is proven."""
    done = run("prove", "ch02_recurrence", "--seed", 3)
    assert done.returncode == 0
    for exercise in EXERCISES:
        assert exercise.name in done.stdout


WRONG = {
    "an unknown chapter to grade": (("grade", "ch99_none"), 2, "ch99_none"),
    "an unknown chapter to release": (("release", "ch99_none"), 2, "ch99_none"),
    "an unknown chapter to prove": (("prove", "ch99_none"), 2, "ch99_none"),
    "a class that is not there": (("grade", "ch02_recurrence", "--submitted", "nowhere"), 2, "nowhere"),
    "a course folder that is not there": (("release", "--course", "nowhere"), 2, "nowhere"),
    "a folder that is no sample class": (("sample-class", "book"), 2, "book"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_usage_is_one_line(kind: str) -> None:
    """What is wrong, where, what to do; status 2, and no traceback."""
    arguments, status, named = WRONG[kind]
    done = run(*arguments)
    assert done.returncode == status and done.stdout == ""
    assert done.stderr.startswith("autograder: ") and named in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("nosuch",), ("check",), ("grade",), ("grade", "x", "--regrade", "some")])
def test_wrong_words_are_shown_the_usage(arguments: tuple[str, ...]) -> None:
    """An unknown command, a missing argument, an unknown choice: status 2, with the usage."""
    done = run(*arguments)
    assert done.returncode == 2 and "Usage" in done.stderr and "Traceback" not in done.stderr


def test_a_sample_class_is_ready_for_nbgrader(tmp_path: Path) -> None:
    """24 students, a configuration of one line, and a gradebook that knows the assignment; made again, the same."""
    for _ in range(2):
        done = run("sample-class", tmp_path / "class")
        assert done.returncode == 0 and done.stdout.startswith("24 students"), done.stderr
    notebooks = list((tmp_path / "class" / "submitted").glob("*/ch02_recurrence/ch02_recurrence.ipynb"))
    assert len(notebooks) == 24
    with Gradebook(f"sqlite:///{tmp_path / 'class' / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment("ch02_recurrence").max_score == FULL
