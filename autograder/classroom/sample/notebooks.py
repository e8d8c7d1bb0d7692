"""The notebooks of the sample class: the released master with a student's answers, and what became of the file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from autograder import course

TORN = 1500  # characters of a notebook that arrive when its upload breaks off
THOUSAND = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "1000.0"}}

Json = dict[str, Any]


def notebook_text(chapter: str, record: Json) -> str:
    """The text of the file that a student hands in.

    ``record`` has, per exercise, ``code`` or ``starter = true`` (neither: the reference's answer); ``cells``, put in
    ``before`` or ``after`` the cell of an id, each with a ``source`` or ``like`` another cell; ``file``, one of FILES.
    """
    notebook = json.loads(
        json.dumps(course.master(chapter))
    )  # as plain JSON: nbformat would mend what is wrong with it
    for exercise in course.load(chapter).exercises:
        answer = record.get(exercise.name, {})
        if not answer.get("starter"):
            _cell(notebook, exercise.name)["source"] = answer.get("code", exercise.source).strip("\n")
    for extra in record.get("cells", ()):
        _insert(notebook, extra)
    return FILES[record.get("file", "whole")](notebook)


def _cell(notebook: Json, cell_id: str) -> Json:
    """The first cell of that id; StopIteration when there is none."""
    cells: list[Json] = notebook["cells"]
    return next(cell for cell in cells if cell["id"] == cell_id)


def _code_cell(cell_id: str, source: str) -> Json:
    empty: Json = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {**empty, "id": cell_id, "source": source}


def _insert(notebook: Json, extra: Json) -> None:
    """Add a cell; one that is ``like`` another is a copy of it, id and nbgrader's mark included."""
    cells: list[Json] = notebook["cells"]
    cell = copy.deepcopy(_cell(notebook, extra["like"])) if "like" in extra else _code_cell(f"own_{len(cells)}", "")
    cell["source"] = str(extra.get("source", cell["source"])).strip("\n")
    place = cells.index(_cell(notebook, extra.get("before") or extra["after"]))
    cells.insert(place + ("after" in extra), cell)


def _whole(notebook: Json) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _torn(notebook: Json) -> str:
    """The beginning of the file."""
    return _whole(notebook)[:TORN]


def _colab(notebook: Json) -> str:
    """What Colab leaves of a notebook: sources and outputs; format 4.0, so no ids; metadata of its own."""
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] = {"id": f"{number:012x}", "colab": {"base_uri": "https://localhost:8080/"}}
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stderr", "text": ["a warning\n"]}]
            cell["execution_count"] = number
    kernel = {"name": "python3", "display_name": "Python 3"}
    colab = {"provenance": [], "gpuType": "T4"}
    notebook["metadata"] = {"colab": colab, "kernelspec": kernel, "accelerator": "GPU"}
    notebook["nbformat_minor"] = 0
    return _whole(notebook)


def _forged(notebook: Json) -> str:
    """Check cells that are not to run, worth a thousand points each, with the outputs of a perfect score."""
    graded = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    bonus = {**copy.deepcopy(graded[0]), "id": "bonus"}
    bonus["metadata"]["nbgrader"]["grade_id"] = "bonus"
    notebook["cells"].append(bonus)
    for cell in [*graded, bonus]:
        cell["metadata"]["nbgrader"].update(points=1000, locked=False, checksum="0" * 32)
        cell["metadata"]["tags"] = ["skip-execution"]
        cell.update(source="1000.0", outputs=[THOUSAND], execution_count=1)
    return _whole(notebook)


FILES: dict[str, Callable[[Json], str]] = {"whole": _whole, "torn": _torn, "colab": _colab, "forged": _forged}
