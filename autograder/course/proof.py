"""The proof of the checks as a page of the book: tables from `autograder.prove`, and the mistakes that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from IPython.display import HTML

from autograder import course, prove
from autograder.judge import devices, implementations
from autograder.prove import Row

SEED = 2026  # so that the page is the same at every build
HEADINGS = ("exercise", "checks", "wrong, caught", "wrong, named", "right, passed")


def rows() -> list[Row]:
    """The rows of all chapters; CourseError when something is not proven, so that no such page is published."""
    found = prove.prove(seed=SEED, jobs=0)  # one a core: it takes a minute
    problems = [f"{row.exercise}: {problem}" for row in found for problem in row.problems]
    if problems:
        raise course.CourseError(f"not proven: {'; '.join(problems)}")
    return found


def sentence(found: Sequence[Row]) -> HTML:
    """All chapters in a sentence."""
    text = (
        f"<strong>{_sum(found, 'checks')} checks of {len(found)} exercises caught {_sum(found, 'caught')} of "
        f"{_sum(found, 'mutants')} wrong answers, named the mistake in {_sum(found, 'diagnosed')} of them, and let "
        f"{_sum(found, 'passed')} of {_sum(found, 'accepted')} right answers pass.</strong>"
    )
    return _shown([f"<p>{text}</p>", f"<p>{escape(devices.note(_sum(found, 'device_checks')))}.</p>"])


def tables(found: Sequence[Row]) -> HTML:
    """One table a chapter."""
    return _shown(_table(slug, [row for row in found if row.chapter == slug]) for slug in _slugs(found))


def mistakes(found: Sequence[Row]) -> HTML:
    """What the authors of the wrong answers believe, by exercise, folded."""
    return _shown(part for row in found for part in _mistakes_of(row))


def _table(slug: str, of_one: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    lines = []
    for row in of_one:
        figures = (
            row.checks,
            f"{row.caught}/{row.mutants}",
            f"{row.diagnosed}/{row.mutants}",
            f"{row.passed}/{row.accepted}",
        )
        cells = "".join(f"<td>{figure}</td>" for figure in figures)
        lines.append(f'<tr><th scope="row"><code>{row.exercise}</code></th>{cells}</tr>')
    caption = f"<caption>{escape(course.load(slug).title)} (<code>{slug}</code>)</caption>"
    table = f"{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    label = f"figures of {slug}"
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{label}"><table class="table">{table}</table></div>'
    )


def _mistakes_of(row: Row) -> Iterator[str]:
    known = [mutant for mutant in implementations.mutants(row.chapter) if mutant.of == row.exercise]
    beliefs = dict.fromkeys(mutant.believes for mutant in known)  # some can be written in several ways
    items = "".join(f"<li>{_code(belief)}</li>" for belief in beliefs)
    summary = f"<summary><code>{row.exercise}</code>: {len(known)} wrong answers</summary>"
    yield f"<details>{summary}<p>Code that</p><ul>{items}</ul></details>"


def _slugs(found: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.chapter for row in found))


def _sum(found: Sequence[Row], what: str) -> int:
    return sum(getattr(row, what) for row in found)


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _shown(parts: Iterator[str] | Sequence[str]) -> HTML:
    return HTML(f'<div class="proof">{"".join(parts)}</div>')  # type: ignore[no-untyped-call]
