"""A small Sphinx extension: each file of ``solutions/`` is a page of the website, made when the website is built."""

from __future__ import annotations

import os
from typing import Any

from nbformat import NotebookNode

from autograder import course, paths
from autograder.course.chapter import CourseError
from autograder.course.markers import parse
from autograder.course.notebook import solution_page

KERNEL_ENVIRONMENT = {
    "PYTHONPATH": str(paths.ROOT),  # pages say `from solutions.ch02_recurrence import ...`
    "OMP_NUM_THREADS": "1",  # the same digits on every machine of a kind, and no slower
}


def read(text: str) -> NotebookNode:
    """The page of a solution file, given its text: what ``nb_custom_formats`` of ``_config.yml`` calls for ``.py``."""
    for slug in course.chapters():
        if (paths.SOLUTIONS / f"{slug}.py").read_text(encoding="utf-8") == text:
            return solution_page(parse(text, slug))
    raise CourseError("a page of the website is a .py file outside solutions/; take it out of _toc.yml")


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx: the kernels that run the pages find the project's own modules."""
    os.environ.update(KERNEL_ENVIRONMENT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
