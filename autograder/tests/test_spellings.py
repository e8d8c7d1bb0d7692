"""Whatever a learner calls it by: what an exercise may not use is found, in the box and in a notebook, and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import paths
from autograder.judge.session import Judge
from autograder.tests import spellings
from autograder.tests.spellings import Spelling


class Case(NamedTuple):
    exercise: str
    spelling: Spelling

    @property
    def cells(self) -> list[str]:
        """The helper cell and the answer."""
        template = spellings.CELL if self.exercise == "RNNCell" else spellings.STEP
        helper = (
            spellings.SIZED if self.exercise == "RNNCell" else "import numpy as np, torch\n"
        ) + self.spelling.helper
        return [helper, template.replace("{use}", self.spelling.use)]


def cases(exercise: str, table: dict[str, Spelling]) -> dict[str, Case]:
    return {f"{exercise}: {name}": Case(exercise, spelling) for name, spelling in table.items()}


FORBIDDEN = cases("RNNCell", spellings.READY_MADE) | cases("rnn_step", spellings.BY_TORCH)
INNOCENT = cases("RNNCell", spellings.INNOCENT_CELLS) | cases("rnn_step", spellings.INNOCENT_STEPS)
ALL = FORBIDDEN | INNOCENT


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(seed=7) as opened:
        yield opened


@pytest.fixture(scope="module")
def checked() -> dict[str, str]:
    """What check says of each case, one after another in one kernel; "" where it passes."""
    find = f"import sys\nsys.path.insert(0, {str(paths.ROOT)!r})\nfrom autograder import check"
    sources = [find]
    for case in ALL.values():
        sources += [*case.cells, f"check({case.exercise})"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(book, timeout=120, allow_errors=True).execute()
    checks = [cell for cell in book.cells if cell.source.startswith("check(")]
    return {name: said(cell) for name, cell in zip(ALL, checks, strict=True)}


def said(cell: Any) -> str:
    """The error that a cell ends in, in one line."""
    return "".join(f"{each.ename}: {each.evalue}" for each in cell.outputs if each.output_type == "error")


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_in_the_box(name: str, judge: Judge, tmp_path: Path) -> None:
    """What was used is named, and the exercise earns nothing."""
    case = FORBIDDEN[name]
    path = tmp_path / "a.py"
    path.write_text("\n# %%\n".join(case.cells))
    verdict = judge.verdict(path, "ch02_recurrence").exercise(case.exercise)
    assert (verdict.status, verdict.score) == ("forbidden", 0.0), verdict
    assert case.spelling.named in verdict.message


@pytest.mark.parametrize("name", INNOCENT)
def test_innocent_in_the_box(name: str, judge: Judge, tmp_path: Path) -> None:
    """Words, annotations, names of one's own and unrelated cells cost nothing."""
    case = INNOCENT[name]
    path = tmp_path / "a.py"
    path.write_text("\n# %%\n".join(case.cells))
    verdict = judge.verdict(path, "ch02_recurrence").exercise(case.exercise)
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_forbidden_in_a_notebook(name: str, checked: dict[str, str]) -> None:
    """check finds it too, among all that ran in the kernel before, and names it."""
    assert "may not use" in checked[name] and FORBIDDEN[name].spelling.named in checked[name]


@pytest.mark.parametrize("name", INNOCENT)
@pytest.mark.filterwarnings("ignore")
def test_innocent_in_a_notebook(name: str, checked: dict[str, str]) -> None:
    """What earlier cells have used is forgotten once nothing leads to it."""
    assert checked[name] == ""
