"""Each exercise knows the section of the website that teaches it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import course, paths
from autograder.course import markers, sections
from autograder.course.chapter import CourseError
from autograder.course.sections import Section
from autograder.tests.site import site
from autograder.tests.test_course import SOURCE

__all__ = ["site"]  # a fixture

EXERCISES = [exercise for slug in course.chapters() for exercise in course.load(slug).exercises]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """What was read of one book says nothing of another."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    sections.known.cache_clear()
    sections.published.cache_clear()


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the book."""
    monkeypatch.setattr(sections, "BOOK", tmp_path / "book")
    monkeypatch.setattr(sections, "CONFIG", tmp_path / "_config.yml")
    (tmp_path / "book").mkdir()
    return tmp_path / "book"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_label_stands_once_in_the_book_above_the_heading(exercise: course.Exercise) -> None:
    """And the title is that heading."""
    section = sections.of(exercise)
    assert section
    label = f"\n({exercise.section})=\n"
    pages = [page for page in (paths.ROOT / "book").glob("*.md") if label in page.read_text(encoding="utf-8")]
    (page,) = pages
    text = page.read_text(encoding="utf-8")
    assert text.count(label) == 1 and section.page == f"book/{page.stem}.html#{exercise.section}"
    assert text.partition(label)[2].startswith(f"## {section.title}\n")


def test_every_section_is_a_place_of_the_website(site: Path) -> None:
    """The built page has an element of that name, and below it the heading."""
    for exercise in EXERCISES:
        section = sections.of(exercise)
        assert section
        name, _, place = section.page.partition("#")
        html = (site / name).read_text(encoding="utf-8")
        heading = re.search(rf'id="{place}".*?<h2>(.*?)<a class="headerlink"', html, re.DOTALL)
        assert heading, f"{exercise.name}: {section.page}"
        shown = re.sub(r"<[^>]+>", "", heading[1])
        assert shown.translate(str.maketrans("“”’", '""\'')) == section.title


def test_the_address_is_the_one_of_the_website_or_the_one_given(book: Path) -> None:
    """``_config.yml`` names it; a course with a website of its own names another; without both there is the page."""
    section = Section("The loop", "book/ch02.html#ch02-turn")
    assert sections.url(section) == "book/ch02.html#ch02-turn"
    assert sections.url(section, "https://example.org/rnn/") == "https://example.org/rnn/book/ch02.html#ch02-turn"
    (book.parent / "_config.yml").write_text("html:\n  baseurl: https://example.net/here\n")
    sections.published.cache_clear()
    assert sections.url(section) == "https://example.net/here/book/ch02.html#ch02-turn"


def test_headings_are_read_as_plain_text_and_code_is_passed_over(book: Path) -> None:
    """Marks of Markdown go; a label in a cell of code, or one without a heading, is no section."""
    (book / "one.md").write_text(
        "(code)=\n\n## What `check` *says* of $h$ and {term}`Adam`\n\n(figure)=\n```{raw} html\n```\n\n"
        "````{code-cell}\n(fenced)=\n# a comment\n```\n(inner)=\n# another\n````\n\n(a_b)=\n### Last\n"
    )
    assert sections.known() == {
        "code": Section("What check says of h and Adam", "book/one.html#code"),
        "a_b": Section("Last", "book/one.html#a-b"),
    }


def test_a_label_that_stands_twice_is_named(book: Path) -> None:
    """One of the two would lead elsewhere."""
    for name in ("one", "two"):
        (book / f"{name}.md").write_text("(here)=\n# A title\n")
    with pytest.raises(CourseError, match=r"^book: the label here stands there twice; rename one of them$"):
        sections.known()


def test_without_a_book_exercises_can_be_read_and_have_no_section(book: Path) -> None:
    """As in what students get."""
    book.rmdir()
    exercise = markers.parse(SOURCE.replace("ch02-turn", "anything"), "ch99").exercise("one")
    assert exercise.section == "anything" and sections.of(exercise) is None
