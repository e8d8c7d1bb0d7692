"""Is what the book prints reproducible?  Every page is run twice, by two kernels, and the outputs are compared.

    python -m autograder.course.reproduce [CHAPTER...]

The notebooks made from ``solutions/`` (with their checks) and the pages of ``book/`` that hold code are run once to
write their outputs, and once more by ``pytest --nbval``, which compares.
This module is also the plugin that makes nbval compare pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from autograder import course, paths
from autograder.course.notebook import source_notebook, text_of
from autograder.course.page import KERNEL_ENVIRONMENT

SECONDS_A_CELL = 600
FOLDER = paths.BUILD / "reproduce"


def notebooks(chapters: Sequence[str] = ()) -> dict[str, NotebookNode]:
    """The notebooks to be run, by the name of their file: solutions, and pages of the book with a kernel."""
    found: dict[str, NotebookNode] = {}
    for slug in chapters or course.chapters():
        found[f"solutions_{slug}.ipynb"] = source_notebook(course.load(slug))
    for page in sorted((paths.ROOT / "book").rglob("*.md")):
        notebook = jupytext.read(page, fmt="md:myst")
        if "kernelspec" in notebook.metadata and (not chapters or page.stem in chapters):
            found[f"book_{page.stem}.ipynb"] = _numbered(notebook)
    return found


def _numbered(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with numbers for cell ids: jupytext draws them at random."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell_{number}"
    return nbformat.from_dict(notebook)


def run(name: str, notebook: NotebookNode) -> Path:
    """Run a notebook, write it with its outputs, return its path; CourseError says what was raised."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / name
    path.write_text(text_of(notebook), encoding="utf-8")
    command = ["nbconvert", "--log-level=ERROR", "--to=notebook", "--execute", "--inplace"]
    done = _python(*command, f"--ExecutePreprocessor.timeout={SECONDS_A_CELL}", str(path))
    if done.returncode:
        raised = strip_ansi(done.stderr.strip().splitlines()[-1])
        raise course.CourseError(f"{name}: a cell fails: {raised}; correct its source")
    return path


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | KERNEL_ENVIRONMENT
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True)


def reproduce(chapters: Sequence[str] = ()) -> str:
    """Run everything twice; return pytest's report, or raise CourseError with it when an output differs."""
    todo = notebooks(chapters)
    with ThreadPoolExecutor(2) as two:
        files = list(two.map(run, todo.keys(), todo.values()))
    config = FOLDER / "pytest.ini"
    config.write_text("[pytest]\n", encoding="utf-8")  # the project's own plugins and filters are for its tests
    plugins = ["-p", "no:cacheprovider", "-p", "autograder.course.reproduce"]
    done = _python("pytest", "-q", "--nbval", "--nbval-current-env", *plugins, "-c", str(config), *map(str, files))
    if done.returncode:
        what = "a second run prints something else; make it repeatable (seed, order, time)"
        raise course.CourseError(f"{what}:\n{done.stdout}{done.stderr}")
    return done.stdout


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Called by pytest, which runs this module as a plugin: pictures count too, to the last byte."""
    for item in items:
        item.parent.skip_compare = tuple(key for key in item.parent.skip_compare if key != "image/png")


if __name__ == "__main__":
    try:
        print(reproduce(sys.argv[1:]))
    except course.CourseError as problem:
        sys.exit(str(problem))
