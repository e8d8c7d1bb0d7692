"""From a `Chapter` to notebooks: the source that nbgrader releases, and the solution as a page of the website."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.chapter import Cell, Chapter, Exercise

FIND_AUTOGRADER = """\
# Run this first: it finds the autograder, which gives you `check`.
import sys
from pathlib import Path

for folder in (Path.cwd(), *Path.cwd().parents):
    if (folder / "autograder" / "__init__.py").is_file():
        sys.path.append(str(folder))
try:
    from autograder import check
except ImportError as error:
    print(f"{error}: get the whole course, do as its README.md says, "
          "and open me in its folder.")"""

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
ASK = ("A question to start with", "A pointer", "Almost the answer")


def source_notebook(chapter: Chapter) -> NotebookNode:
    """The notebook with solutions, which ``nbgrader generate_assignment`` turns into the one that learners get.

    An answer has the cell id and grade id of its exercise, e.g. ``rnn_step``; the cell after it, ``check_rnn_step``,
    carries the points.
    """
    cells: list[NotebookNode] = []
    for cell, number in _numbered(chapter):
        exercise = chapter.exercise(cell.name) if cell.name else None
        if cell.kind == "text":
            text = _titled(cell.source, chapter, "exercises") if cell is chapter.cells[0] else cell.source
            cells.append(new_markdown_cell(text, id=f"text_{number}"))
        elif cell.kind == "statement" and exercise:
            cells.append(new_markdown_cell(with_card(exercise), id=f"statement_{exercise.name}"))
        elif cell.kind == "hints" and exercise:
            cells.append(new_markdown_cell(_details(exercise.hints), id=f"hints_{exercise.name}"))
        elif cell.kind == "setup":
            cells.append(_code(f"setup_{number}", cell.source, locked=True))
        elif cell.kind == "demonstration":
            cells.append(_code(f"demonstration_{number}", cell.source))
        elif exercise:
            cells.append(_code(exercise.name, cell.source, solution=True))
            check = f"check({exercise.name})"
            cells.append(_code(f"check_{exercise.name}", check, locked=True, grade=True, points=exercise.points))
        if len(cells) == 1:  # right below the title
            cells.append(_code("find_autograder", FIND_AUTOGRADER, locked=True))
    return _notebook(cells)


def solution_page(chapter: Chapter) -> NotebookNode:
    """The solution file as a page: each question, then the answer, then the demonstrations with their pictures."""
    exercises = f"../exercises/{chapter.slug}/{chapter.slug}.ipynb"
    note = f"The questions are those of the [exercises]({exercises}): try them first."
    cells = [new_markdown_cell(_titled("", chapter, "solutions") + note)]
    for cell, _ in list(_numbered(chapter))[1:]:
        if cell.kind in ("text", "statement"):
            cells.append(new_markdown_cell(cell.source))
        elif cell.kind != "hints":
            source = chapter.exercise(cell.name).source if cell.name else cell.source
            cells.append(new_code_cell(source, metadata={"mystnb": {"image": {"alt": cell.alt}}} if cell.alt else {}))
    for number, one in enumerate(cells):
        one.id = f"cell_{number}"
    return _notebook(cells)


def text_of(notebook: NotebookNode) -> str:
    """The notebook as the text of a file: the same text for the same notebook, always."""
    return nbformat.writes(notebook, version=4) + "\n"


def with_card(exercise: Exercise) -> str:
    """The statement as Markdown, with the card below its heading."""
    heading, _, rest = exercise.statement.partition("\n")
    return f"{heading}\n\n{exercise.card}\n\n{rest.strip()}"


def _numbered(chapter: Chapter) -> Iterator[tuple[Cell, int]]:
    """Each cell with its number among those of its kind: cells without an exercise get their id from it."""
    seen: Counter[str] = Counter()
    for cell in chapter.cells:
        seen[cell.kind] += 1
        yield cell, seen[cell.kind]


def _titled(source: str, chapter: Chapter, what: str) -> str:
    """The text under the chapter's title, under a title that says which notebook this is."""
    return f"# {chapter.title}: {what}\n\n{source.partition(chr(10))[2].strip()}"


def _details(hints: tuple[str, str, str]) -> str:
    """Three folded hints; the empty lines make the text inside Markdown, in Jupyter and on the website."""
    return "\n\n".join(
        f"<details>\n<summary>Hint {number}: {kind.lower()}</summary>\n\n{hint}\n\n</details>"
        for number, (kind, hint) in enumerate(zip(ASK, hints, strict=True), 1)
    )


def _code(name: str, source: str, *, solution: bool = False, locked: bool = False, **graded: Any) -> NotebookNode:
    """A code cell; with nbgrader's metadata if it is an answer, a check, or not to be changed."""
    metadata: dict[str, Any] = {}
    if solution or locked:
        metadata["nbgrader"] = {
            "grade": False,
            "grade_id": name,
            "locked": locked,
            "schema_version": 3,
            "solution": solution,
            "task": False,
            **graded,
        }
    return new_code_cell(source, id=name, metadata=metadata)


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
