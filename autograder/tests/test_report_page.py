"""The report as a page in a browser: readable by everybody, in both themes and on a telephone, and never alive."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from rich.console import Console

from autograder.classroom.grade import grade
from autograder.classroom.report import report
from autograder.classroom.sample import students, write_class
from autograder.judge.verdict import Diagnosis, Verdict
from autograder.tests.browser import NARROW, WIDE, browser, playwright
from autograder.tests.fake_judge import CHAPTER, FakeJudge, hand_in
from autograder.tests.made_class import copied, student

__all__ = ["browser", "playwright"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries
TAG = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\x1b[31m"
CLOSES = f"</code></pre></details></main></html>{TAG}"
ODD_NAMES = ["<img src=x onerror=alert(3)>", "'; drop table grade; --", "long" * 50, "\u0639\u4e00"]
LIVE = "script,iframe,object,embed,img,link,form,base,meta[http-equiv],[src],[srcset],[style*=url]"


class Hostile(FakeJudge):
    """Puts what a learner may have written wherever a verdict holds text."""

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        found = super().verdict(path, chapter, student)
        if student in ("s004", *ODD_NAMES):
            found.notes, found.holes = [TAG] * 50, [TAG]
            for one, status in zip(
                found.exercises, ("forbidden", "timeout", "error", "failed", "failed"), strict=False
            ):
                one.status, one.message = status, f"your code ended the process {TAG}"  # type: ignore[assignment]
                one.diagnosis = [Diagnosis("relation:odd", CLOSES, TAG)]
                one.checks[0].message = f"PermissionError {TAG}"
        return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report on a class with a pair of copies, hostile texts and names; and the anonymous one."""
    submitted = tmp_path_factory.mktemp("class") / "submitted"
    rng = random.Random(3)
    work = {f"s{number:03}": student(rng, CHAPTER) for number in range(24)}
    work["s001"] = copied(work["s000"], rng)
    work |= {name: {**work["s004"], "rnn_step": f"# {CLOSES}\n{work['s004']['rnn_step']}"} for name in ODD_NAMES[:2]}
    work |= {name: work["s005"] for name in ODD_NAMES[2:]}
    for name, answers in work.items():
        hand_in(submitted, name, answers)
    grade(CHAPTER, submitted, 2, console=Console(quiet=True), open_judge=Hostile())
    made = {"plain": report(CHAPTER, submitted), "anonymous": report(CHAPTER, submitted, anonymise=True)}
    return {name: each.page for name, each in made.items()}


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("name", ["plain", "anonymous"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_report(
    pages: dict[str, Path], browser: Browser, name: str, theme: str, size: dict[str, int]
) -> None:
    """axe-core finds nothing, everything unfolded; nothing sticks out sideways; nothing is asked of elsewhere."""
    window = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    page, asked = window.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert asked == [pages[name].as_uri()]
    window.close()


def test_the_page_is_not_alive(pages: dict[str, Path]) -> None:
    """Whatever names, messages, notes, diagnoses and code hold stands there as text, without control characters."""
    for path in pages.values():
        page = read(path)
        assert not page.select(LIVE)
        assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
        assert "\x1b" not in path.read_text(encoding="utf-8") and len(page.select("main")) == 1
    text = read(pages["plain"]).text
    assert "<script>alert(1)</script>" in text and "{{ 7 * 7 }}" in text and ODD_NAMES[0] in text


def test_a_pair_stands_side_by_side_as_a_question(pages: dict[str, Path]) -> None:
    """Both texts, what speaks against it, and no word of guilt; without names, also without the code."""
    page = read(pages["plain"])
    pair = next(part for part in page.select("section.pair") if "s000" in part.text)
    assert pair.h3 is not None and pair.h3.text == "s000 and s001: how did you come to write the same?"
    one, other = pair.select(".beside")[0].select("pre")
    assert "def " in one.text and one.text != other.text
    assert "what speaks against it" in pair.text and "no finding" in page.text
    assert not [word for word in ("plagiar", "cheat", "guilt", "caught") if word in page.text.lower()]
    hidden = read(pages["anonymous"])
    assert hidden.select("section.pair") and not hidden.select("pre")


def test_pairs_under_other_names_are_in_their_order(pages: dict[str, Path]) -> None:
    """The order of the real names would tell who of two comes first in the alphabet."""
    shown = [part.h3.text.partition(":")[0].split(" and ") for part in read(pages["anonymous"]).select("section.pair")]  # type: ignore[union-attr]
    assert len(shown) > 3 and all(pair == sorted(pair) for pair in shown)


def test_what_cannot_be_seen_is_told_in_words(pages: dict[str, Path]) -> None:
    """The drawing has a title and a table with the same numbers; headings go down one step at a time."""
    page = read(pages["plain"])
    bars = [text.text for text in page.select("svg text")]
    counts = [row.select("td")[1].text for row in page.select("figure + details tbody tr")]
    assert page.svg is not None and page.svg.title is not None and page.svg["role"] == "img"
    assert sum(map(int, counts)) == 28 and {count for count in counts if count != "0"} <= set(bars)
    levels = [int(heading.name[1]) for heading in page.find_all(["h1", "h2", "h3", "h4"])]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_sample_class_has_a_report(tmp_path: Path) -> None:
    """Graded by the real judge: each mistake that a student is known to make stands on the page, and who made it."""
    write_class(tmp_path / "class", CHAPTER)
    submitted = tmp_path / "class" / "submitted"
    grade(CHAPTER, submitted, console=Console(quiet=True))
    page = read(report(CHAPTER, submitted).page)
    believing = {row.select("td")[2].text: set() for row in page.select("#misconceptions ~ table tbody tr")}
    for row in page.select("#misconceptions ~ table tbody tr, #misconceptions ~ details tbody tr"):
        if len(row.select("td")) == 4 and row.details:
            names = row.details.text.partition("?")[2].split(", ")
            believing.setdefault(row.select("td")[2].text, set()).update(name.strip() for name in names)
    for one in students(CHAPTER):
        for exercise, deserved in one.deserves.items():
            if deserved.diagnosis:
                assert one.name in believing[exercise], (one.name, exercise)
    strange = {
        heading.text.partition(" (")[0]: heading.find_next("ul").text for heading in page.select("#strange ~ h3")
    }  # type: ignore[union-attr]
    assert "rosa_endless_loop" in strange["Out of time"] and "sami_not_json" in strange["Not readable"]
    assert "tara_exits" in strange["Ended their own process"]
    assert "xenia_ready_made" in strange["Used what the exercise forbids"]
