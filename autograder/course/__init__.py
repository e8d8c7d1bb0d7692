"""The course as data: chapters read from ``solutions/``, and the notebooks that are made from them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from autograder import paths
from autograder.course import stored
from autograder.course.chapter import Chapter, CourseError, Exercise

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Chapter", "CourseError", "Exercise", "chapters", "load", "master", "release", "solution"]


def bundled() -> bool:
    """Is this what students have, with an answer bank in place of the solutions?"""
    return paths.BANK.is_dir()


def chapters() -> list[str]:
    """The slugs of all chapters, in order."""
    if bundled():
        return stored.chapters()
    if not paths.SOLUTIONS.is_dir():
        missing = paths.BANK.relative_to(paths.ROOT)
        raise CourseError(f"{paths.ROOT}: holds neither {missing} nor {paths.SOLUTIONS.name}; get the course again")
    return sorted(path.stem for path in paths.SOLUTIONS.glob("[!_]*.py"))


@lru_cache
def load(chapter: str) -> Chapter:
    """One chapter, read from its solution file; CourseError when there is none or a marker in it is wrong.

    In a bundle, where there are no solutions, it is read from what was made of that file.
    """
    if bundled():
        return stored.load(chapter)
    from autograder.course.markers import parse  # jupytext takes a moment to import

    return parse(_file(chapter).read_text(encoding="utf-8"), chapter)


@lru_cache
def solution(chapter: str) -> ModuleType:
    """The solution file imported as the module ``solutions.<chapter>``; CourseError when there is none."""
    path, name = _file(chapter), f"solutions.{chapter}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def master(chapter: str) -> NotebookNode:
    """The released notebook of a chapter, a fresh copy at each call; CourseError when it has not been released."""
    import nbformat

    _file(chapter)
    path = paths.EXERCISES / chapter / f"{chapter}.ipynb"
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except FileNotFoundError:
        raise CourseError(f"{chapter}: not released yet; run  python -m autograder release {chapter}") from None


def release(chapters: Sequence[str] = (), course: Path | None = None) -> list[Path]:
    """Make the notebooks that learners get, all of them or the chapters named; see `autograder.course.generate`."""
    from autograder.course.generate import release as run  # nbgrader takes a second to import

    return run(chapters, course)


def _file(chapter: str) -> Path:
    if bundled():
        raise CourseError(f"{chapter}: this is the course as students have it, and holds no solutions")
    if chapter not in chapters():
        raise CourseError(f"{chapter}: no such chapter; there are: {', '.join(chapters())}")
    return paths.SOLUTIONS / f"{chapter}.py"
