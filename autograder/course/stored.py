"""A chapter as data that students may have: all of it but the solutions; written with a bundle, and read in one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from autograder import paths
from autograder.course.chapter import Cell, Chapter, CourseError, Exercise

INDEX = "index.json"


def without_solutions(chapter: Chapter) -> dict[str, Any]:
    """The chapter as JSON holds it: of an answer's cell stands there what learners start from."""
    starters = {exercise.name: exercise.starter for exercise in chapter.exercises}
    cells = [replace(c, source=starters[c.name]) if c.kind == "exercise" else c for c in chapter.cells]
    exercises = [replace(exercise, source="", region=()) for exercise in chapter.exercises]
    return asdict(replace(chapter, cells=tuple(cells), exercises=tuple(exercises)))


def chapters() -> list[str]:
    """The slugs of the chapters in this bundle, in order."""
    return list(part(INDEX, "chapters"))


def load(slug: str) -> Chapter:
    """One chapter, as it was written; CourseError when it is not there."""
    if slug not in chapters():
        raise CourseError(f"{slug}: no such chapter; there are: {', '.join(chapters())}")
    try:
        data = read(f"{slug}.json")["chapter"]
        exercises = (each | {"hints": _three(each["hints"]), "region": ()} for each in data["exercises"])
        return Chapter(
            data["slug"],
            data["title"],
            tuple(Cell(**cell) for cell in data["cells"]),
            tuple(Exercise(**exercise) for exercise in exercises),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CourseError(f"{slug}.json: not a chapter ({error!r}); get the course again") from None


@cache
def read(name: str, folder: Path = paths.BANK) -> dict[str, Any]:
    """One of the bundle's JSON files; CourseError when it is not there or broken."""
    try:
        found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("not what a release writes")
        return found
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise CourseError(f"{folder / name}: {reason}; get the course again") from None


def part(name: str, key: str) -> Any:
    """What one of these files says of something; CourseError where it says nothing of it."""
    try:
        return read(name)[key]
    except KeyError:
        raise CourseError(f"{paths.BANK / name}: says nothing of {key}; get the course again") from None


def text_of(data: dict[str, Any]) -> str:
    """The text of such a file, always the same for the same data."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _three(hints: Sequence[str]) -> tuple[str, str, str]:
    first, second, third = hints
    return first, second, third
