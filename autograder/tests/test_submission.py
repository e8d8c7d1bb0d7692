"""Reading a file that somebody handed in: the learner's cells are told from the course's, and nothing is executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder import course, paths
from autograder.judge.submission import master_sources, read

CHAPTER = "ch02_recurrence"
STEP = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + h_prev @ Wh + b)"


def written(folder: Path, cells: list[dict[str, Any]], **more: Any) -> Path:
    """A notebook of these cells."""
    path = folder / "handed_in.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}))
    return path


def cell(source: Any, grade_id: str = "", **more: Any) -> dict[str, Any]:
    """A code cell; with ``grade_id``, marked as nbgrader marks an answer."""
    marks = {"nbgrader": {"grade_id": grade_id, "solution": True}} if grade_id else {}
    return {"cell_type": "code", "source": source, "metadata": marks, "outputs": [], **more}


def roles(path: Path) -> list[tuple[str, str]]:
    """Each cell's role and exercise."""
    return [(cell.role, cell.exercise) for cell in read(path).cells]


def test_the_released_notebook_holds_no_work(tmp_path: Path) -> None:
    """In an untouched notebook nothing is an answer or a helper, so nothing would run."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(course.master(CHAPTER)))
    submission = read(path)
    assert submission.chapter == CHAPTER and not submission.problem
    assert {c.role for c in submission.cells} >= {"untouched", "check", "setup", "markdown"}
    assert submission.own_cells() == []


def test_answers_are_found_by_mark_and_by_name(tmp_path: Path) -> None:
    """With nbgrader's mark, or by the name of the function where the mark is lost."""
    cells = [cell("g = 1"), cell(STEP), cell("def anything(): pass", "rnn_forward")]
    assert roles(written(tmp_path, cells)) == [("helper", ""), ("answer", "rnn_step"), ("answer", "rnn_forward")]


def test_of_two_answers_the_last_counts(tmp_path: Path) -> None:
    """As in a notebook that is run from top to bottom; both run."""
    assert roles(written(tmp_path, [cell(STEP, "rnn_step"), cell(STEP + " ", "rnn_step")])) == [
        ("helper", ""),
        ("answer", "rnn_step"),
    ]


def test_a_starter_left_behind_does_not_undo_an_answer(tmp_path: Path) -> None:
    """A copy of the untouched cell below the answer is not run."""
    starter = course.load(CHAPTER).exercise("rnn_step").starter
    cells = [cell(STEP, "rnn_step"), cell(starter, "rnn_step")]
    assert roles(written(tmp_path, cells)) == [("answer", "rnn_step"), ("untouched", "rnn_step")]


def test_sources_may_be_lists_of_lines(tmp_path: Path) -> None:
    """As the notebook format has it."""
    assert read(written(tmp_path, [cell(STEP.splitlines(keepends=True))])).cells[0].source == STEP


def test_python_files_are_read(tmp_path: Path) -> None:
    """A .py file with cells or without; each cell may fail alone."""
    path = tmp_path / "a.py"
    path.write_text(f"import numpy as np\n# %%\n{STEP}\n# %% [markdown]\n# words\n")
    assert roles(path)[:2] == [("helper", ""), ("answer", "rnn_step")]


def test_lines_of_python_files_keep_their_numbers(tmp_path: Path) -> None:
    """A learner who reads "a.py, line 4" finds it there, also behind a cell mark."""
    path = tmp_path / "a.py"
    path.write_text(f"import numpy as np\n# %%\n\n{STEP}\n")
    (_, first), (name, second) = read(path).own_cells()
    assert first == "import numpy as np" and name == "a.py"
    assert second.splitlines()[3] == STEP.splitlines()[0]


def test_old_notebooks_are_read(tmp_path: Path) -> None:
    """The third version of the format keeps its cells in worksheets."""
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": [STEP]}]}], "nbformat": 3}))
    assert roles(path) == [("answer", "rnn_step")]


BROKEN = {
    "empty": (b"", "not JSON"),
    "text": (b"hello", "not JSON"),
    "number": (b"5", "no list of cells"),
    "no cells": (b'{"metadata": {}}', "no list of cells"),
    "not text": (b"\xff\xfe\x00", "not UTF-8"),
    "deep": (b"[" * 200_000, "nested"),
    "no function": (b'{"cells": [{"cell_type": "code", "source": "x = 1"}]}', "no function of the course"),
    "odd cells": (b'{"cells": [1, null, {"source": 5}, {"metadata": 3, "cell_type": []}]}', "no function"),
    "worksheets without cells": (b'{"worksheets": [{"cells": null}, 5, {"cells": 3}]}', "no function"),
    "many cells": (b'{"cells": [' + b"{}," * 1000 + b"{}]}", "more than 1,000 cells"),
    "a long cell": (b'{"cells": [{"cell_type": "code", "source": "' + b"rnn_step=0 " * 20_000 + b'"}]}', "200,000"),
    "large": (b" " * (21 * 2**20), "larger than"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_notebook_says_so_in_one_line(tmp_path: Path, name: str) -> None:
    """Whatever the file holds, reading it gives a submission whose problem is one line."""
    raw, said = BROKEN[name]
    path = tmp_path / "broken.ipynb"
    path.write_bytes(raw)
    problem = read(path).problem
    assert said in problem and problem.startswith("broken.ipynb: ") and "\n" not in problem


def test_no_file_and_no_plain_file(tmp_path: Path) -> None:
    """A missing file, a folder and a link that leads elsewhere are refused by name."""
    secret = written(tmp_path, [cell(STEP)])
    link = tmp_path / "link.ipynb"
    link.symlink_to(secret)
    assert "no such file" in read(tmp_path / "none.ipynb").problem
    assert "not a regular file" in read(tmp_path).problem
    assert "not a regular file" in read(link).problem


def test_helpers_in_the_released_notebook_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who works in exercises/ itself, as learners do, has cells of their own there too: they run."""
    path = tmp_path / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir()
    notebook = course.master(CHAPTER)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("def helper():\n    return 1"))
    path.write_text(json.dumps(notebook))
    monkeypatch.setattr(paths, "EXERCISES", tmp_path)
    master_sources.cache_clear()
    assert read(path).own_cells() == [("cell 3", "def helper():\n    return 1")]
