"""The website is built without a warning, says what it should, and prints the same twice."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from autograder import course, paths
from autograder.course import reproduce
from autograder.judge import implementations
from autograder.tests.site import site

__all__ = ["site"]  # a fixture


class _Page(HTMLParser):
    """The pictures and links of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.images.append(given)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def _page(site: Path, name: str) -> _Page:
    return _Page((site / name).read_text(encoding="utf-8"))


def test_every_chapter_has_its_pages(site: Path) -> None:
    """Start page, exercises and solutions of every chapter, and every text that lies in the book's folder."""
    assert (site / "index.html").is_file()
    texts = [f"book/{source.stem}.html" for source in (paths.ROOT / "book").glob("*.md")]
    assert "book/intro.html" in texts and "book/ch02_recurrence.html" in texts
    for slug in course.chapters():
        texts += [f"exercises/{slug}/{slug}.html", f"solutions/{slug}.html"]
    for name in texts:
        assert (site / name).is_file(), name


def test_the_proof_has_its_figures(site: Path) -> None:
    """Each exercise stands in a table of its chapter, and each mistake in a folded list."""
    text = _page(site, "book/proof.html").text
    for slug in course.chapters():
        assert f"{course.load(slug).title} ({slug})" in text
        for mutant in implementations.mutants(slug):
            assert mutant.believes.replace("`", "") in text
        for exercise in course.load(slug).exercises:
            count = sum(mutant.of == exercise.name for mutant in implementations.mutants(slug))
            assert f"{count}/{count}" in text and f"{exercise.name}: {count} wrong answers" in text


def test_every_picture_says_in_words_what_it_shows(site: Path) -> None:
    """For a reader who cannot see it."""
    pages = [page for folder in ("book", "exercises", "solutions") for page in (site / folder).rglob("*.html")]
    images = [(page.name, image) for page in pages for image in _Page(page.read_text(encoding="utf-8")).images]
    pictures = [(page, image) for page, image in images if "/_static/" not in str(image["src"])]  # the theme's own
    assert pictures
    for page, image in pictures:
        assert len(image.get("alt") or "") > 40, f"{page}: picture without a description: {image.get('src')}"


def test_links_between_our_pages_lead_somewhere(site: Path) -> None:
    """No link to a page that was not built."""
    for page in (site / "book").rglob("*.html"):
        for link in _Page(page.read_text(encoding="utf-8")).links:
            target = link.partition("#")[0]
            if target and "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {link}"


def test_the_exercise_page_is_shown_not_run_and_holds_no_solution(site: Path) -> None:
    """The solution page holds each of them, without its markers."""
    for slug in course.chapters():
        exercises = _page(site, f"exercises/{slug}/{slug}.html").text
        solutions = _page(site, f"solutions/{slug}.html").text
        assert "NotImplementedError" in exercises and "Traceback" not in exercises
        assert "BEGIN SOLUTION" not in solutions
        for exercise in course.load(slug).exercises:
            for line in exercise.region:
                assert line in solutions
                assert len(line) <= 12 or line not in exercises, line


def test_what_the_book_and_the_solutions_print_is_reproducible(site: Path) -> None:
    """Every page and notebook is run twice, by two kernels, and compared output for output."""
    assert "passed" in reproduce.reproduce(site.parent)


def test_few_outputs_are_not_compared() -> None:
    """Those that print times: at most one cell in ten."""
    cells = [
        cell for page in (paths.ROOT / "book").glob("*.md") for cell in page.read_text().split("```{code-cell}")[1:]
    ]
    assert sum("nbval-ignore-output" in cell for cell in cells) <= len(cells) / 10


def test_an_output_that_changes_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The comparison bites, on text and on pictures."""
    sources = ("import os, matplotlib.pyplot as plt", "os.getpid()", "plt.text(0, 0, str(os.getpid()))\nplt.show()")
    cells = [nbformat.v4.new_code_cell(source, id=f"cell_{number}") for number, source in enumerate(sources)]
    monkeypatch.setattr(reproduce, "FOLDER", tmp_path)
    monkeypatch.setattr(reproduce, "notebooks", lambda: {"a.ipynb": nbformat.v4.new_notebook(cells=cells)})
    monkeypatch.setattr(reproduce, "pages", lambda _: [])
    with pytest.raises(course.CourseError, match="a second run prints something else") as error:
        reproduce.reproduce()
    assert "FAILED a.ipynb::Cell 1" in str(error.value) and "FAILED a.ipynb::Cell 2" in str(error.value)


def test_a_page_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error says which notebook and what was raised."""
    cell = nbformat.v4.new_code_cell("1 / 0", id="failing")
    monkeypatch.setattr(reproduce, "FOLDER", tmp_path)
    with pytest.raises(course.CourseError, match=r"a\.ipynb: a cell fails: ZeroDivisionError: division by zero"):
        reproduce.run("a.ipynb", nbformat.v4.new_notebook(cells=[cell]))
