"""Feedback pages in a real browser: for everyone, in both themes and on a telephone, with nothing from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell
from playwright.sync_api import Browser, Page
from rich.console import Console

from autograder import course
from autograder.classroom.grade import grade
from autograder.classroom.gradebook import Entry
from autograder.classroom.pages import ROOM, _code, page
from autograder.classroom.rebuild import write_verdict
from autograder.classroom.sample import write_class
from autograder.judge.verdict import CheckVerdict, Diagnosis, Example, ExerciseVerdict, Verdict
from autograder.tests.browser import NARROW, WIDE, browser, playwright

__all__ = ["browser", "playwright"]  # fixtures

CHAPTER = "ch02_recurrence"
STUDENTS = ("ada_right", "hugo_forgets", "olga_untouched", "quinn_syntax_error", "sami_not_json", "vera_forges")
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>" + "w" * 300
HOSTILE = "mallory"

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # a mutant, for the diagnosis


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of the sample class, right, mistaken, unwritten, broken and hostile; and one with all that text can do."""
    made = tmp_path_factory.mktemp("pages")
    write_class(made, CHAPTER)
    for student in (made / "submitted").iterdir():
        if student.name not in STUDENTS:
            shutil.rmtree(student)
    assert grade(CHAPTER, made / "submitted", console=Console(quiet=True)).judged == len(STUDENTS)
    place = made / "feedback" / HOSTILE / CHAPTER
    place.mkdir(parents=True)
    (place / f"{CHAPTER}.html").write_text(hostile(), encoding="utf-8")
    return made / "feedback"


def hostile() -> str:
    """A page all of whose texts are a learner's; every hint is open."""
    check = CheckVerdict("c", EVIL, False, 2.0, EVIL, 0.0, Example(EVIL, f"[[1, {EVIL}]]", f"[[2, {EVIL}]]"))
    again = CheckVerdict("d", EVIL, False, 1.0, "another", 0.0, Example(EVIL, EVIL, EVIL))
    exercises = [
        ExerciseVerdict(each.name, "failed", 1.0, each.points, EVIL, [check, again], [Diagnosis(EVIL, EVIL, EVIL)])
        for each in course.load(CHAPTER).exercises
    ]
    verdict = Verdict(CHAPTER, EVIL, 9.0, 49.0, notes=[EVIL], exercises=exercises)
    graded = course.master(CHAPTER)
    for cell in graded.cells:
        if cell.id in [each.name for each in exercises]:
            cell.source = f"# {EVIL}\n"
    write_verdict(graded, verdict)
    entry = Entry(9.0, 2.0, dict.fromkeys([each.name for each in exercises], EVIL))
    return page(course.load(CHAPTER), graded, verdict, entry, {each.name: 3 for each in exercises})


@contextmanager
def opened(browser: Browser, folder: Path, student: str, size: dict[str, int], theme: str) -> Iterator[Page]:
    """A page with everything unfolded, opened as a file; whatever it asks for or complains of is a failure."""
    window = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    shown, found = window.new_page(), []
    address = (folder / student / CHAPTER / f"{CHAPTER}.html").as_uri()
    shown.on("request", lambda asked: found.append(asked.url) if asked.url != address else None)
    shown.on("console", lambda said: found.append(said.text))
    shown.on("pageerror", lambda error: found.append(str(error)))
    shown.on("dialog", lambda dialog: found.append(dialog.message))
    shown.goto(address)
    shown.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    yield shown
    window.close()
    assert not found


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
@pytest.mark.parametrize("student", [*STUDENTS, HOSTILE])
def test_everybody_can_read_it(browser: Browser, folder: Path, student: str, size: dict[str, int], theme: str) -> None:
    """In both themes and widths axe finds nothing, and the page as a whole never scrolls sideways."""
    with opened(browser, folder, student, size, theme) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        found = [(each["id"], each["nodes"][0]["html"][:200]) for each in Axe().run(shown).response["violations"]]
        assert not found


def test_headings_and_the_keyboard_follow_the_page(browser: Browser, folder: Path) -> None:
    """One title, a heading for each exercise in the order of the notebook; the focus goes from top to bottom."""
    with opened(browser, folder, "hugo_forgets", WIDE, "light") as shown:
        levels = shown.eval_on_selector_all("h1,h2,h3,h4,h5,h6", "all => all.map(each => each.tagName)")
        names = shown.locator("h2").all_inner_texts()
        assert levels == ["H1"] + ["H2"] * len(names)
        assert names == [exercise.name for exercise in course.load(CHAPTER).exercises]
        places = []
        for _ in range(30):
            shown.keyboard.press("Tab")
            place = shown.evaluate("document.activeElement.getBoundingClientRect().top + window.scrollY")
            places.append(place)
            assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert places == sorted(places) and len(set(places)) > 20


def test_links_lead_to_exercises_and_to_sections(browser: Browser, folder: Path) -> None:
    """Each link of the page itself leads to an exercise on it, and what is not right leads to its section."""
    with opened(browser, folder, "hugo_forgets", WIDE, "light") as shown:
        for link in shown.locator('a[href^="#"]').all():
            assert shown.locator(str(link.get_attribute("href"))).inner_text() == link.inner_text()
        section = shown.locator('section[aria-labelledby="rnn_step"]').get_by_role("link")
        assert section.inner_text() == "The loop"
        assert str(section.get_attribute("href")).endswith("/book/ch02_recurrence.html#ch02-turn")
        assert shown.locator('section[aria-labelledby="readout"] a').count() == 0  # it is right


def test_what_is_right_shows_neither_hints_nor_inputs(folder: Path) -> None:
    """Nor a section to read again; and whose file could not be read is told that alone."""
    right = (folder / "ada_right" / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert "All nine exercises are right" in right
    for words in ("Hint 1", "To read again", "called</th>", "expected</th>"):
        assert words not in right
    unread = (folder / "sami_not_json" / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert "Nothing could be judged" in unread and unread.count("not JSON") == 1
    assert "Hint 1" not in unread and "Your code ran" not in unread


def test_a_notebook_of_many_cells_makes_no_page_that_no_browser_opens() -> None:
    """Own cells are shown up to a number of characters of all together; the page says how many it leaves out."""
    exercises = [ExerciseVerdict(each.name, "failed", 0.0, each.points) for each in course.load(CHAPTER).exercises]
    graded = course.master(CHAPTER)
    write_verdict(graded, Verdict(CHAPTER, "pat", exercises=exercises))
    source = "x = [1, 2]\n" * 900
    fitting = ROOM // len(source)
    place = next(number for number, cell in enumerate(graded.cells) if cell.id == exercises[0].name)
    graded.cells[place:place] = [new_code_cell(source, id=f"helper_{number}") for number in range(fitting)]
    graded.cells += [new_code_cell("y = 3", id="helper_y")]

    def shown() -> str:
        verdict = Verdict(CHAPTER, "pat", exercises=exercises)
        return page(course.load(CHAPTER), graded, verdict, Entry(0.0, 0.0, {}), {})

    assert "not shown" not in shown() and shown().count("<pre") == fitting + len(exercises)
    graded.cells[place:place] = [new_code_cell(source, id=f"helper_{number + 90}") for number in range(300)]
    assert len(shown()) < 20 * ROOM and shown().count("<pre") == fitting + len(exercises)
    assert "301 more of your own cells are not shown" in shown()


def test_blanks_at_the_end_of_lines_are_left_out() -> None:
    """On thousands of lines of blanks the lexer would take seconds, for every cell of a notebook."""
    assert _code("x = 1" + " \n" * 9_000 + "y = 2  \n").count(" \n") == 0
