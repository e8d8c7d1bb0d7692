"""A class on a real JupyterHub, in a real browser: two students and a teacher, from the assignment to its feedback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from autograder import paths
from autograder.tests.browser import browser, playwright
from autograder.tests.hub.desk import Desk
from autograder.tests.hub.server import running
from autograder.tests.people import missing
from autograder.tests.test_exchange import BELIEF, CHAPTER, RIGHT, WRONG, teacher

__all__ = ["browser", "playwright"]  # fixtures

GRADE = f"""cd ~/autumn && nbgrader collect {CHAPTER} && cd {paths.ROOT} \
&& python -m autograder grade {CHAPTER} --submitted ~/autumn/submitted && cd ~/autumn \
&& nbgrader release_feedback {CHAPTER}"""


def test_a_chapter_on_a_hub(tmp_path: Path, browser: Browser) -> None:
    pass
