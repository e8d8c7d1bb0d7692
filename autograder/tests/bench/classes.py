"""The class that is measured: half is right, in many styles, half has one known mistake each; no two files alike."""

from __future__ import annotations

import ast
import re
import shutil
from functools import cache
from pathlib import Path

from autograder import course, paths
from autograder.classroom.sample.notebooks import notebook_text
from autograder.judge import implementations

CHAPTER = "ch04_lstm"
CLASS = 50


def write_class(folder: Path, size: int = CLASS, chapter: str = CHAPTER) -> Path:
    """A fresh course folder with ``size`` submissions; returns its ``submitted``."""
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(size):
        path = folder / "submitted" / f"student{number:04}" / chapter / f"{chapter}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(notebook(number, size, chapter), encoding="utf-8")
    course.release([chapter], folder)
    return folder / "submitted"


def write_files(folder: Path, size: int = CLASS, chapter: str = CHAPTER) -> list[Path]:
    """The same submissions as files alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = [folder / f"student{number:04}.ipynb" for number in range(size)]
    for number, path in enumerate(files):
        path.write_text(notebook(number, size, chapter), encoding="utf-8")
    return files


def write_small_class(folder: Path, size: int, chapter: str = "ch02_recurrence") -> Path:
    """The same with small submissions: the first exercise alone is answered, by each student in an own file."""
    shutil.rmtree(folder, ignore_errors=True)
    first, *others = course.load(chapter).exercises
    starters = {exercise.name: {"starter": True} for exercise in others}
    for number in range(size):
        path = folder / "submitted" / f"student{number:04}" / chapter / f"{chapter}.ipynb"
        path.parent.mkdir(parents=True)
        answer = {"code": f"{first.source}\n\n# the work of student {number}\n"}
        path.write_text(notebook_text(chapter, {first.name: answer, **starters}), encoding="utf-8")
    course.release([chapter], folder)
    return folder / "submitted"


def notebook(number: int, size: int, chapter: str = CHAPTER) -> str:
    """What student ``number`` of a class hands in: the even ones are right, the odd ones have one mistake."""
    answers = {name: styles[number % len(styles)] for name, styles in right_answers(chapter).items()}
    if number % 2:
        mutants = [mutant for mutant in implementations.mutants(chapter) if not mutant.crashes]
        mutant = mutants[number * len(mutants) // size % len(mutants)]
        answers[mutant.of] = mutant.source
    first = next(iter(answers))
    answers[first] += f"\n\n# the work of student {number}\n"
    return notebook_text(chapter, {name: {"code": source} for name, source in answers.items()})


@cache
def right_answers(chapter: str) -> dict[str, list[str]]:
    """The right answers to each exercise: the solution, and the accepted ones in other styles."""
    answers = {exercise.name: [exercise.source] for exercise in course.load(chapter).exercises}
    text = (paths.ACCEPTED / f"{chapter}.py").read_text(encoding="utf-8")
    parts = {name: node for node in ast.parse(text).body for name in _bound(node)}
    for name in parts:
        exercise, _, style = name.partition("__")
        if exercise in answers and style:
            needed = sorted({parts[each].lineno: parts[each] for each in _needed(name, parts)}.items())
            source = "\n\n\n".join(ast.unparse(node) for _, node in needed)
            answers[exercise].append(re.sub(rf"\b{name}\b", exercise, source))
    return answers


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement of the file binds."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in node.names if getattr(node, "module", "") != "__future__"]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []


def _needed(name: str, parts: dict[str, ast.stmt]) -> set[str]:
    """``name`` and every other name of the file that it uses, directly or through others."""
    needed: set[str] = set()
    todo = [name]
    while todo:
        each = todo.pop()
        if each in parts and each not in needed:
            needed.add(each)
            todo += [node.id for node in ast.walk(parts[each]) if isinstance(node, ast.Name)]
    return needed
