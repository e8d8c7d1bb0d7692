"""Where the website teaches what an exercise asks for: the section that its header line in ``solutions/`` names.

A section is a heading of ``book/*.md`` below a label, such as ``(ch02-turn)=``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import chain
from pathlib import Path

from autograder import paths
from autograder.course import stored
from autograder.course.chapter import CourseError, Exercise

AGAIN = "To read again"
BOOK, CONFIG = paths.ROOT / "book", paths.ROOT / "_config.yml"
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^\(([\w-]+)\)=\n+#{1,6} (.+)$", re.MULTILINE)
MARKS = re.compile(r"\{[\w-]+\}(?=`)|[`*$]")  # of Markdown, in a heading: roles, code, emphasis, formulas


@dataclass(frozen=True)
class Section:
    """A section of the website: its heading as plain text, its page below the website's address."""

    title: str
    page: str  # such as book/ch02_recurrence.html#ch02-turn


def of(exercise: Exercise) -> Section | None:
    """The section that teaches an exercise; None where neither the book nor a list of its sections is there."""
    return known().get(exercise.section)


def url(section: Section, site: str = "") -> str:
    """Its address on a website; without ``site``, on the one that ``_config.yml`` names.

    Where neither is known, the page alone.
    """
    site = site or published()
    return f"{site.rstrip('/')}/{section.page}" if site else section.page


def again(section: Section) -> str:
    """What leads a learner back to it, as a line of text."""
    return f"{AGAIN}: {section.title}, {url(section)}"


def again_html(section: Section, site: str = "") -> str:
    """The same as HTML."""
    return f'{AGAIN}: <a href="{escape(url(section, site))}">{escape(section.title)}</a>'


@cache
def known() -> dict[str, Section]:
    """All labelled sections of the book, by label; CourseError for a label used twice.

    In a bundle, which holds no book, those that were noted when it was made.
    """
    if paths.BANK.is_dir():
        noted = stored.read(stored.INDEX).get("sections", {})
        return {label: Section(title, page) for label, (title, page) in noted.items()}
    found: dict[str, Section] = {}
    for label, section in chain.from_iterable(map(_in_page, sorted(BOOK.glob("*.md")))):
        if label in found:
            raise CourseError(f"{BOOK.name}: the label {label} stands there twice; rename one of them")
        found[label] = section
    return found


@cache
def published() -> str:
    """The website's address: ``html.baseurl`` of ``_config.yml``, in a bundle as noted; "" where there is none."""
    if paths.BANK.is_dir():
        return str(stored.read(stored.INDEX).get("site", ""))
    if not CONFIG.is_file():
        return ""
    import yaml  # only where it is needed: learners' kernels load this module, too

    return str((yaml.safe_load(CONFIG.read_text(encoding="utf-8")).get("html") or {}).get("baseurl") or "")


def _in_page(path: Path) -> list[tuple[str, Section]]:
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))  # in code a comment looks like a heading
    page = f"{BOOK.name}/{path.stem}.html"
    return [
        (label, Section(MARKS.sub("", title).strip(), f"{page}#{label.replace('_', '-').lower()}"))
        for label, title in HEADING.findall(prose)
    ]
