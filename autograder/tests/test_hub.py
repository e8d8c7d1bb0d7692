"""A class on a real JupyterHub, in a real browser: two students and a teacher, from the assignment to its feedback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from autograder import paths
from autograder.tests.browser import browser, playwright
from autograder.tests.hub.desk import Desk
from autograder.tests.hub.server import Hub, running
from autograder.tests.test_exchange import BELIEF, CHAPTER, RIGHT, WRONG, srv, teacher

__all__ = ["browser", "playwright", "srv"]  # fixtures

# a terminal forgets the hub's PATH, and the project's own commands are typed in its folder
PROJECT = f'cd {paths.ROOT} && export PATH="{Path(sys.executable).parent}:$PATH"'
RELEASE = f"""{PROJECT} && python -m autograder release {CHAPTER} --course ~/autumn \
&& cd ~/autumn && nbgrader release_assignment {CHAPTER}"""
COLLECT = f"{PROJECT} && cd ~/autumn && nbgrader collect {CHAPTER}"
GRADE = f"{PROJECT} && python -m autograder grade {CHAPTER} --submitted ~/autumn/submitted"
RETURN = f"{PROJECT} && cd ~/autumn && nbgrader release_feedback {CHAPTER}"


@pytest.fixture
def hub(srv: Path) -> Iterator[Hub]:
    """The hub of the website, with a teacher whose server knows where the course folder is."""
    home = teacher(srv).home
    (home / ".jupyter").mkdir()
    config = f"load_subconfig('{home}/autumn/nbgrader_config.py')\nc.CourseDirectory.root = '{home}/autumn'\n"
    (home / ".jupyter" / "nbgrader_config.py").write_text(config)
    with running(srv, ["teacher", "ada", "ben"]) as started:
        yield started


def test_a_chapter_goes_out_and_comes_back_on_a_hub(hub: Hub, browser: Browser) -> None:
    """Released, fetched, solved, validated, handed in, collected, graded, and its feedback read: all by clicking."""
    instructor = Desk(hub, browser, "teacher")
    instructor.type_in_terminal(RELEASE)
    ada, ben = Desk(hub, browser, "ada"), Desk(hub, browser, "ben")
    for person, answers in ((ada, RIGHT), (ben, WRONG)):
        assert not person.menu("Nbgrader", "Formgrader").count()
        person.page.keyboard.press("Escape")
        person.fetch(CHAPTER)
        for exercise, source in answers.items():
            person.answer(exercise, source)
    assert "relative_error: passed" in ada.run_until("relative_error")
    assert BELIEF in ben.run_until("numerical_gradient")
    assert "Success! Your notebook passes all the tests." in ada.validate()
    assert "1 of 6 checks failed: With a step as large as\neps = 0.1" in ben.validate()
    for person in (ada, ben):
        person.submit()
    instructor.type_in_terminal(COLLECT)
    assert "2 judged" in instructor.type_in_terminal(GRADE)
    instructor.type_in_terminal(RETURN)
    for person, points, held in ((ada, "10 of 10 points", False), (ben, "7.47 of 10 points", True)):
        page = person.read_feedback(CHAPTER)
        page.get_by_text(points).wait_for()
        assert (BELIEF in page.locator("body").inner_text()) == held
        page.get_by_role("link", name="numerical_gradient").first.click()
        page.wait_for_url(lambda url: url.endswith("#numerical_gradient"))
    instructor.page.goto(f"{hub.address}/user/teacher/formgrader/manage_submissions/{CHAPTER}")
    for name, points in (("ada", "10 / 10"), ("ben", "7.47 / 10")):
        instructor.page.get_by_role("row", name=name).get_by_text(points).wait_for()
