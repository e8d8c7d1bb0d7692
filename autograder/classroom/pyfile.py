"""Answers in a plain Python file, put into the released notebook, cell by cell."""

from __future__ import annotations

import ast
import re

import nbformat
from nbformat.v4 import new_code_cell

from autograder import course


def notebook(raw: bytes, chapter: str) -> bytes:
    """The chapter's notebook with each exercise that the file defines in its own cell, and all the rest before them.

    A file that is no valid Python goes in whole, so that the verdict can say what is wrong with it.
    """
    text = raw.decode("utf-8-sig", "replace")
    answers, rest = _apart(text, {exercise.name for exercise in course.load(chapter).exercises})
    made = course.master(chapter)
    for cell in made.cells:
        if (name := cell.metadata.get("nbgrader", {}).get("grade_id")) in answers:
            cell.source = answers[name]
    first = next(n for n, cell in enumerate(made.cells) if cell.metadata.get("nbgrader", {}).get("solution"))
    if rest.strip():
        made.cells.insert(first, new_code_cell(rest))
    return nbformat.writes(made).encode()


def _apart(text: str, exercises: set[str]) -> tuple[dict[str, str], str]:
    """The source of each exercise's last definition, and the file without them."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}, text
    lines, answers = re.split(r"\r\n|\r|\n", text), {}  # as Python counts them
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in exercises:
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            answers[node.name] = "\n".join(lines[start : node.end_lineno])
            lines[start : node.end_lineno] = [""] * ((node.end_lineno or start + 1) - start)
    return answers, "\n".join(lines).strip("\n")
