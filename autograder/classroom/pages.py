"""Feedback pages: one self-contained, accessible HTML file for each submission, without scripts or outside resources.

nbgrader's own page of the same notebook takes ten times as long and is thirty times as large;
``nbgrader generate_feedback --force`` still makes it, e.g. after a teacher's review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer

from autograder.classroom.gradebook import NO_RESPONSE, Entry
from autograder.classroom.hints import Hint, opened
from autograder.classroom.rebuild import CHECK, clean, line
from autograder.classroom.summary import judging, standing
from autograder.course import Chapter, Exercise, sections
from autograder.course.sections import Section
from autograder.feedback import WORDS
from autograder.judge.verdict import Verdict

STYLES = (
    "a11y-high-contrast-light",
    "a11y-high-contrast-dark",
)  # from accessible-pygments, which the theme brings along
LEXER, FORMATTER = PythonLexer(), HtmlFormatter(nowrap=True)
MAX_SHOWN = 20_000  # characters of one cell
ROOM = 100_000  # characters of a learner's own cells, all together: highlighted, each takes ten bytes of the page
ROUNDING = 0.005  # points; a smaller difference does not show
PROMISES = Section("What the grader promises", "book/promises.html")


@dataclass(frozen=True)
class _Part:
    """What the page says of one exercise; an answer that was left as it was handed out is not shown."""

    name: str
    status: str
    score: float
    max_score: float
    feedback: Markup
    comment: str
    answer: Markup
    helpers: list[Markup]
    untouched: bool
    changed: bool
    again: str = ""
    hints: tuple[Hint, ...] = ()


def page(
    chapter: Chapter,
    graded: NotebookNode,
    verdict: Verdict,
    entry: Entry,
    hints: Mapping[str, int],
    site: str = "",
) -> str:
    """The page of one graded notebook, whose check cells hold the feedback.

    ``hints`` says how many hints of each exercise are open (`autograder.classroom.hints.reached`);
    links to sections lead to the website at ``site``, or else to the one that ``_config.yml`` names.
    """
    own, left_out = _helpers(graded)
    parts = list(_parts(chapter, graded, verdict, entry, hints, own, site))
    notes = [verdict.message, entry.late, *verdict.notes[:20]]
    if left_out:
        notes.append(f"{left_out} more of your own cells are not shown: together they are too long for this page.")
    text: str = _template().render(
        title=chapter.title,
        student=line(verdict.student or ""),
        score=entry.score,
        max_score=verdict.max_score,
        penalty=entry.penalty,
        reviewed=abs(entry.score - verdict.score) > ROUNDING,
        standing=standing(verdict, [part.name for part in parts if part.untouched]),
        notes=[line(note, 500) for note in notes if note],
        exercises=parts,
        judging="" if verdict.message else judging(verdict),  # of a file that could not be read, nothing ran
        promises=sections.url(PROMISES, site),
    )
    return text


def _parts(
    chapter: Chapter,
    graded: NotebookNode,
    verdict: Verdict,
    entry: Entry,
    hints: Mapping[str, int],
    own: Mapping[str, list[str]],
    site: str,
) -> Iterator[_Part]:
    cells = {cell.id: cell for cell in graded.cells}
    for one in verdict.exercises:
        answer, check = cells.get(one.name), cells.get(CHECK + one.name)
        if answer is None or check is None:
            continue
        comment = entry.comments.get(one.name, "")
        untouched = one.status == "missing" and comment == NO_RESPONSE  # the feedback says so in more words
        yield _Part(
            one.name,
            WORDS[one.status],
            entry.changed.get(one.name, one.score),
            one.max_score,
            Markup(check.outputs[0].data["text/html"]),  # escaped where it was made
            "" if untouched else comment,
            Markup("") if untouched else _code(answer.source),
            [_code(source) for source in own.get(one.name, [])],
            untouched,
            one.name in entry.changed,
            **({} if one.status == "passed" else _help(chapter.exercise(one.name), hints.get(one.name, 0), site)),
        )


def _help(exercise: Exercise, hints: int, site: str) -> dict[str, Any]:
    """Where to read again, and the hints that are open."""
    section = sections.of(exercise)
    again = Markup(sections.again_html(section, site)) if section else ""
    return {"again": again, "hints": opened(exercise, hints)}


def _helpers(graded: NotebookNode) -> tuple[dict[str, list[str]], int]:
    """The learner's own cells, by the answer that they stand before; and how many are too much for the page."""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []
    length = left_out = 0
    for cell in graded.cells:
        if cell.id.startswith("helper_"):
            length += min(len(cell.source), MAX_SHOWN)
            if length > ROOM:
                left_out += 1
            else:
                waiting.append(cell.source)
        elif waiting:
            found[cell.id], waiting = waiting, []
    return found, left_out


@lru_cache(maxsize=200)  # many hand in the same few lines, and some the whole of another's
def _code(source: str) -> Markup:
    lines = clean(source, MAX_SHOWN).split("\n")
    text = "\n".join(map(str.rstrip, lines))  # on lines of blanks, the lexer takes the square of their number
    return Markup(highlight(text, LEXER, FORMATTER))


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("autograder.classroom", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    light, dark = (Markup(HtmlFormatter(style=style).get_style_defs(".code")) for style in STYLES)
    environment.globals.update(light=light, dark=dark, points=lambda value: f"{value:.2f}".rstrip("0").rstrip("."))
    return environment.get_template("feedback.html.j2")
