"""Reading a submission: which cells are the learner's, and which exercise each answers. Nothing is executed here."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from autograder import course

Role = Literal["setup", "answer", "helper", "check", "demonstration", "untouched", "markdown"]
LIMIT = 20 * 2**20  # bytes of a notebook that are read; more is output, and output is not judged
CELLS = 1000
CELL = 200_000  # characters of one cell
DEFINED = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
AGAIN = "open it in Jupyter, save it, and hand it in again"
PERCENT = re.compile(r"^# %%.*$", re.MULTILINE)


@dataclass
class SubmittedCell:
    """A cell as it was handed in; ``exercise`` is the one that it answers; only answers and helpers run."""

    source: str
    role: Role
    exercise: str = ""


@dataclass
class Submission:
    """A file as it was handed in; ``problem`` says in one line why it cannot be judged at all."""

    path: Path
    sha256: str = ""
    chapter: str | None = None
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    cells: tuple[SubmittedCell, ...] = ()

    def own_cells(self) -> list[tuple[str, str]]:
        """The learner's own cells that run, as (what it is called, its source); code cells are counted from 1."""
        code = [cell for cell in self.cells if cell.role != "markdown"]
        names = [self.path.name if self.path.suffix == ".py" else f"cell {n}" for n in range(1, len(code) + 1)]
        return [(name, c.source) for name, c in zip(names, code, strict=True) if c.role in ("answer", "helper")]

    def defined(self) -> set[str]:
        """Every name that the learner's cells define at their top level."""
        return {name for _, source in self.own_cells() for name in names_in(source)}


@dataclass
class _RawCell:
    source: str
    code: bool
    grade_id: str = ""
    graded: bool = False


def names_in(source: str) -> list[str]:
    """The names that a cell defines or assigns at its top level; the text need not be valid Python."""
    return [a or b for a, b in DEFINED.findall(source)]


def read(path: Path, chapter: str | None = None) -> Submission:
    """The submission in ``path`` (.ipynb or .py); never raises: ``problem`` says what is wrong with the file."""
    submission = Submission(path, chapter=chapter)
    try:
        if path.is_symlink() or not path.is_file():
            missing = not path.exists() and not path.is_symlink()
            raise ValueError("there is no such file" if missing else "this is not a regular file")
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
        submission.sha256 = hashlib.sha256(raw).hexdigest()
        if path.suffix not in (".py", ".ipynb"):
            raise ValueError("neither a notebook (.ipynb) nor a Python file (.py)")
        if len(raw) > LIMIT:
            raise ValueError(f"the file is larger than {LIMIT // 2**20} MB; clear its outputs and hand it in again")
        cells = _py_cells(_text(raw)) if path.suffix == ".py" else _notebook_cells(_text(raw))
        if len(cells) > CELLS or any(len(cell.source) > CELL for cell in cells):
            raise ValueError(
                f"more than {CELLS:,} cells, or more than {CELL:,} characters in one; hand in your answers"
            )
    except Exception as error:  # whatever a file holds: it says what is wrong with it, and the next one is read
        submission.problem = f"{path.name}: {_reason(error)}"
        return submission
    submission.chapter = chapter or _chapter_of(cells)
    if submission.chapter is None:
        submission.problem = f"{path.name}: no function of the course is defined in it; the names must stay as given"
        return submission
    submission.cells = _assign_roles(cells, submission.chapter)
    return submission


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "the file cannot be read"
    if isinstance(error, RecursionError):
        return "nested too deeply to be a notebook"
    return str(error) if type(error) is ValueError else f"not a notebook ({type(error).__name__})"


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from None


def _py_cells(text: str) -> list[_RawCell]:
    """The parts between lines that start with # %%; empty lines in front keep the numbers of the lines."""
    starts = [0, *(match.start() for match in itertools.islice(PERCENT.finditer(text), CELLS + 1)), len(text)]
    cells, line = [], 0
    for start, end in itertools.pairwise(starts):
        part = text[start:end]
        if part.strip():
            cells.append(_RawCell("\n" * line + part.rstrip("\n"), True))
        line += part.count("\n")
    return cells


def _notebook_cells(text: str) -> list[_RawCell]:
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not a notebook: not JSON ({str(error)[:80]}); {AGAIN}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise ValueError(f"not a notebook: it has no list of cells; {AGAIN}")
    return [_raw_cell(cell) for cell in cells if isinstance(cell, dict)]


def _raw_cell(cell: dict[str, Any]) -> _RawCell:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    code = cell.get("cell_type") == "code"
    # a lone surrogate, which JSON can hold, is no text that Python could compile
    source = source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""
    return _RawCell(source, code, str(marks.get("grade_id", "")), bool(marks.get("grade")))


def _chapter_of(cells: list[_RawCell]) -> str | None:
    """The chapter with the most exercises named in the cells, by nbgrader's mark or by definition."""
    names = {cell.grade_id for cell in cells} | {name for cell in cells if cell.code for name in names_in(cell.source)}
    counts = {slug: sum(e.name in names for e in course.load(slug).exercises) for slug in course.chapters()}
    best = max(counts, key=lambda slug: counts[slug], default=None)
    return best if best and counts[best] else None


@cache
def master_sources(chapter: str) -> dict[str, Role]:
    """What stands in the released notebook besides the answers: no learner's work, so it does not run.

    Taken from the source of the chapter: in ``exercises/`` a learner may have been at work.
    """
    from autograder.course.notebook import source_notebook  # nbformat takes a moment to import

    known: dict[str, Role] = {source.strip(): "setup" for source in course.load(chapter).setup}
    demonstrations = {source.strip() for source in course.load(chapter).demonstrations}
    for cell in source_notebook(course.load(chapter)).cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not marks.get("solution"):
            role: Role = "check" if marks.get("grade") else "setup"
            role = "demonstration" if cell.source.strip() in demonstrations else role
            known.setdefault(cell.source.strip(), role)
    return known


def _assign_roles(cells: list[_RawCell], chapter: str) -> tuple[SubmittedCell, ...]:
    exercises = {exercise.name: exercise for exercise in course.load(chapter).exercises}
    assigned = []
    for cell in cells:
        answers = [name for name in dict.fromkeys([cell.grade_id, *names_in(cell.source)]) if name in exercises]
        text = cell.source.strip()
        if not cell.code and cell.grade_id not in exercises:
            role: Role = "markdown"
        elif cell.grade_id.startswith("check_") and cell.grade_id[6:] in exercises and not answers:
            role = "check"
        elif text in master_sources(chapter):
            role = master_sources(chapter)[text]
        elif any(text == exercises[name].starter.strip() for name in answers):
            role = "untouched"
        else:
            role = "answer" if answers else "helper"
        assigned.append(SubmittedCell(cell.source, role, answers[0] if answers and role in ANSWERS else ""))
    return tuple(_last_answers(assigned))


ANSWERS = ("answer", "untouched")


def _last_answers(cells: list[SubmittedCell]) -> list[SubmittedCell]:
    """Of several answers to one exercise the last counts, as in a notebook that is run; the others run as helpers."""
    seen: set[str] = set()
    for cell in reversed(cells):
        if cell.role == "answer" and cell.exercise in seen:
            cell.role, cell.exercise = "helper", ""
        elif cell.role == "answer":
            seen.add(cell.exercise)
    return cells
