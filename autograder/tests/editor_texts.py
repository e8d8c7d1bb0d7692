"""What can stand in an editor of the page: solution, starter, right answers in other styles, and every mutant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from autograder import course, paths
from autograder.judge import implementations


class Text(NamedTuple):
    """A text for the editor of an exercise, and who would write it."""

    exercise: str
    who: str
    text: str


def texts(chapter: str) -> Iterator[Text]:
    """Those of a chapter's NumPy exercises."""
    exercises = [exercise for exercise in course.load(chapter).exercises if exercise.library == "numpy"]
    names = {exercise.name for exercise in exercises}
    for exercise in exercises:
        yield Text(exercise.name, "solution", exercise.source)
        yield Text(exercise.name, "starter", exercise.starter)
    for variant in implementations.accepted(chapter):
        if variant.exercise in names:
            style = f"{variant.exercise}__{variant.style}"
            needed = "\n\n".join(_needed(chapter, style))
            yield Text(variant.exercise, f"accepted {variant.style}", f"{needed}\n\n{variant.exercise} = {style}\n")
    for mutant in implementations.mutants(chapter):
        if mutant.of in names:
            yield Text(mutant.of, f"mutant {mutant.id}", mutant.source)


def _needed(chapter: str, name: str) -> list[str]:
    """The statements of ``accepted/<chapter>.py`` that a function there needs, in their order."""
    text, statements = _statements(chapter)
    todo, needed = {name}, set[int]()
    while todo:
        wanted = todo.pop()
        for number, (statement, names) in enumerate(statements):
            if wanted in names and number not in needed:
                needed.add(number)
                todo |= {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
    first = ["from __future__ import annotations"]
    return first + [_source(text, statements[number][0]) for number in sorted(needed)]


def _source(text: str, statement: ast.stmt) -> str:
    start = min(each.lineno for each in [statement, *getattr(statement, "decorator_list", [])])
    return "\n".join(text.splitlines()[start - 1 : statement.end_lineno])


@cache
def _statements(chapter: str) -> tuple[str, list[tuple[ast.stmt, set[str]]]]:
    """Each statement with the names that it binds."""
    text = (paths.ACCEPTED / f"{chapter}.py").read_text(encoding="utf-8")
    return text, [(statement, set(_bound(statement))) for statement in ast.parse(text).body]


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from ((each.asname or each.name).partition(".")[0] for each in statement.names)
    else:
        yield from (each.id for each in ast.walk(statement) if isinstance(each, ast.Name))
