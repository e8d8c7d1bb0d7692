"""Is what the book prints reproducible?  Every page is run twice, by two kernels, and the outputs are compared.

    python -m autograder.course.reproduce

The pages of ``book/`` were run when the website was built (``make site``), the notebooks made from ``solutions/``, with
their checks, are run here; then ``pytest --nbval`` runs all of them once more, and compares.
Cells that print times are tagged ``nbval-ignore-output``.
This module is also the plugin that makes nbval compare pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from autograder import course, paths
from autograder.course.notebook import source_notebook, text_of
from autograder.course.page import KERNEL_ENVIRONMENT

SECONDS_A_CELL = 600
FOLDER = paths.BUILD / "reproduce"


def notebooks() -> dict[str, NotebookNode]:
    """The notebooks made from ``solutions/``, by the name of their file."""
    return {f"solutions_{slug}.ipynb": source_notebook(course.load(slug)) for slug in course.chapters()}


def pages(built: Path) -> list[Path]:
    """The pages of the book with the outputs that they had when the website was built; CourseError where it was not."""
    if not (built / ".jupyter_cache").is_dir():
        raise course.CourseError(f"{built}: there is no website; build it first: make site")
    FOLDER.mkdir(parents=True, exist_ok=True)
    cache, found = get_cache(built / ".jupyter_cache"), {}
    for record in sorted(cache.list_cache_records(), key=lambda record: record.created):
        if Path(record.uri).parent.name == "book":
            found[FOLDER / f"book_{Path(record.uri).stem}.ipynb"] = cache.get_cache_bundle(record.pk).nb
    for path, notebook in found.items():
        path.write_text(text_of(_numbered(notebook)), encoding="utf-8")
    return list(found)


def _numbered(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with numbers for cell ids."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell_{number}"
    return nbformat.from_dict({**notebook, "nbformat_minor": 5})


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


def reproduce(built: Path = paths.BUILD) -> str:
    """Run everything once more; return pytest's report, or raise CourseError with it when an output differs."""
    todo = notebooks()
    with ThreadPoolExecutor(2) as two:
        files = [*pages(built), *two.map(run, todo.keys(), todo.values())]
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
        print(reproduce())
    except course.CourseError as problem:
        sys.exit(str(problem))
