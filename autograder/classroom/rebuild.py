"""A submission made sound again: the released notebook with the learner's own code in it, and then the verdict.

Nothing else of a submission is taken over: no metadata, no outputs, no check cells.
"""

from __future__ import annotations

import copy
import html
import math
import re

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder import feedback
from autograder.judge.submission import Submission, names_in
from autograder.judge.verdict import ExerciseVerdict, Verdict

CHECK = "check_"
MAX_SOURCE = 100_000  # characters of one cell; the judge reads all of it, the page and the notebook show this much
MAX_HTML = 30_000
MAX_TEXT = 10_000
CONTROL = re.compile(  # all but tabulators and line breaks; and what turns round the text that follows
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


def rebuild(master: NotebookNode, submission: Submission) -> NotebookNode:
    """The master with the answers' sources of the submission, and the learner's helper cells before the answers.

    Helpers after the last answer come last.
    An exercise that is answered in the cell of another says so, so that its starter does not undo the answer.
    A submission that cannot be read gives the master with a note at the top that says why.
    """
    notebook = copy.deepcopy(master)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    answers, before, rest = _own_code(submission, {cell.id for cell in notebook.cells})
    cells = [_note(submission.problem)] if submission.problem else []
    count = 0
    for cell in notebook.cells:
        for source in before.get(cell.id, []):
            count += 1
            cells.append(_helper(count, source))
        if cell.id in answers:
            cell.source = clean(answers[cell.id])
        cells.append(cell)
    cells += [_helper(count + number, source) for number, source in enumerate(rest, 1)]
    notebook.cells = cells
    return notebook


def _own_code(submission: Submission, places: set[str]) -> tuple[dict[str, str], dict[str, list[str]], list[str]]:
    """Each exercise's answer, the cells to show before it, and the cells that no answer follows."""
    answers: dict[str, str] = {}
    before: dict[str, list[str]] = {}
    waiting: list[str] = []
    for cell in submission.cells:
        if cell.role == "answer" and cell.exercise in places:
            answers[cell.exercise] = cell.source
            before[cell.exercise], waiting = waiting, []
        elif cell.role == "helper" and cell.source.strip():
            waiting.append(cell.source)
    for cell in submission.cells:
        for name in names_in(cell.source) if cell.role in ("answer", "helper") else []:
            if name in places:
                answers.setdefault(name, f"# {name} is defined in another cell.")
    return answers, before, waiting


def _helper(number: int, source: str) -> NotebookNode:
    return new_code_cell(clean(source), id=f"helper_{number}")


def _note(problem: str) -> NotebookNode:
    text = html.escape(clean(problem, MAX_TEXT))
    return new_markdown_cell(f"**This notebook could not be read:** {text}", id="note_unreadable")


def clean(text: str, limit: int = MAX_SOURCE) -> str:
    """Text that every file can hold: no half surrogate pairs, no control characters, and not longer than ``limit``."""
    if len(text) > limit:
        text = f"{text[:limit]}\n# ... {len(text) - limit} more characters are left out here ..."
    text = text.encode("utf-8", "replace").decode("utf-8")
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def line(text: str, limit: int = 200) -> str:
    """The same in one line."""
    text = " ".join(clean(text, 10 * limit).split())
    return text if len(text) <= limit else f"{text[: limit - 2]} …"


def write_verdict(notebook: NotebookNode, verdict: Verdict) -> None:
    """Put each exercise's score and feedback under its check cell, as nbgrader reads them.

    The score is the one ``execute_result``, a finite number; the feedback stands before it as ``display_data``,
    which nbgrader passes over. ValueError when a score does not fit the notebook's points.
    """
    found = {exercise.name: exercise for exercise in verdict.exercises}
    for number, cell in enumerate(check_cells(notebook), 1):
        name = cell.metadata.nbgrader.grade_id.removeprefix(CHECK)
        points = float(cell.metadata.nbgrader.points)
        exercise = found.get(name) or ExerciseVerdict(name, "missing", 0.0, points, "nothing was handed in")
        if not (math.isfinite(exercise.score) and 0 <= exercise.score <= points):
            raise ValueError(
                f"{verdict.chapter}: {name} was judged {exercise.score:g}, but its release has {points:g} points; "
                f"run  python -m autograder release {verdict.chapter}"
            )
        cell.execution_count = number
        cell.outputs = [
            _output("display_data", {"text/html": _html(exercise), "text/plain": _text(exercise)}),
            _output("execute_result", {"text/plain": repr(float(exercise.score))}, execution_count=number),
        ]
    notebook.metadata["autograder"] = stamp(verdict)


def _output(kind: str, data: dict[str, str], **fields: int) -> NotebookNode:
    """nbformat's ``new_output`` without its validation, which the whole notebook has when it is written."""
    return from_dict({"output_type": kind, "data": data, "metadata": {}, **fields})


def check_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that carry the points, in order."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.metadata.get("nbgrader", {}).get("grade")
        and cell.metadata.nbgrader.grade_id.startswith(CHECK)
    ]


def stamp(verdict: Verdict) -> dict[str, str]:
    """Which verdict a graded notebook shows: kept in its metadata."""
    return {
        "notebook_sha256": verdict.notebook_sha256,
        "checks_sha256": verdict.checks_sha256,
        "seed": str(verdict.seed),
    }


def _text(exercise: ExerciseVerdict) -> str:
    return clean(feedback.exercise_text(exercise), MAX_TEXT)


def _html(exercise: ExerciseVerdict) -> str:
    page = feedback.exercise_html(exercise)
    if len(page) > MAX_HTML:  # a tag cut in half would spoil the page
        return f"<pre>{html.escape(_text(exercise))}</pre>"
    return clean(page, MAX_HTML)
