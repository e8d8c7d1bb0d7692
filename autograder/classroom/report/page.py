"""The report as one page of HTML that needs nothing else and runs no code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from autograder.classroom.rebuild import clean, line
from autograder.classroom.report import beliefs, figure, items, similar, strange
from autograder.classroom.report.beliefs import Misconception, Reteach
from autograder.classroom.report.gather import ClassResults
from autograder.classroom.report.items import Discrimination, Item
from autograder.classroom.report.similar import Likeness, Pair, Shared
from autograder.feedback import WORDS

PAIRS = 20  # shown side by side; the others in a line each
MAX_CODE = 4_000  # characters of one answer beside another
TELLING = 0.05  # of all pairs: an exercise in which no more are as alike speaks for a pair
MAX_NAME = 80  # characters of a student's
EASY = 0.7  # of the points: below, an exercise is worth a word

Named = Callable[[str], str]
Sources = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Summary:
    """What the page begins with: points of those who handed in, and what to teach again."""

    median: float
    low: float
    high: float
    most: float
    first: Misconception | None
    section: Reteach | None
    hardest: Item | None


def page(found: ClassResults, likeness: Likeness, sources: Sources, named: Named, site: str, private: bool) -> str:
    """The page; ``named`` says what a student is called on it, ``site`` where the website is, "" for the usual place.

    ``private``: no code and no text that a learner may have written, for a name could stand in it.
    """
    analysis, held = items.analyse(found), beliefs.held(found, private)
    taught = beliefs.to_reteach(found, held, site)
    summary = _summary(found, analysis, held, taught)
    shown = figure.bins([one.points.final for one in found.results], summary.most)

    def short(student: str) -> str:
        return line(named(student), MAX_NAME)

    pairs = _by_shown_name(likeness.pairs, short)
    text: str = _template().render(
        found=found,
        title=found.chapter.title,
        slug=found.chapter.slug,
        summary=summary,
        named=lambda names: ", ".join(sorted(map(short, names))),
        bins=shown,
        drawing=figure.svg(shown, summary.median),
        items=analysis,
        held=held,
        frequent=[each for each in held if len(each.students) > 1],
        rare=[each for each in held if len(each.students) == 1],
        taught=taught,
        few=items.FEW,
        written=sum(map(items.is_written, found.readable)),
        fewest=similar.FEWEST,
        slowest=strange.slowest(found),
        oddities={
            kind: sorted(odd, key=lambda one: short(one.student)) for kind, odd in strange.oddities(found).items()
        },
        kinds=strange.KINDS,
        conditions=_conditions(found),
        likeness=likeness,
        pairs=[(pair, _beside(pair, sources)) for pair in pairs[:PAIRS]],
        others=pairs[PAIRS:],
        same=sorted(likeness.same, key=lambda one: sorted(map(short, one.students))),
        private=private,
    )
    return text


def _summary(
    found: ClassResults, analysis: list[Item], held: list[Misconception], taught: dict[str, Reteach]
) -> Summary:
    points = [one.points.final for one in found.results]
    low, median, high = np.quantile(points, [0.25, 0.5, 0.75]).tolist() if points else (0.0, 0.0, 0.0)
    hardest = min(analysis, key=lambda item: item.share, default=None) if found.readable else None
    shared = [each for each in held if len(each.students) > 1]  # what one believes is no matter for the class
    return Summary(
        median,
        low,
        high,
        sum(exercise.points for exercise in found.chapter.exercises),
        shared[0] if shared else None,
        next(iter(taught.values()), None) if shared else None,
        hardest if hardest and hardest.share < EASY else None,
    )


def _conditions(found: ClassResults) -> list[tuple[dict[str, str], int]]:
    """Under which conditions verdicts were reached, and how many under each."""
    counts = Counter(
        (one.verdict.isolation, "; ".join(one.verdict.holes), one.verdict.device, str(one.verdict.seed),
         one.verdict.checks_sha256[:12])
        for one in found.results
        if not one.verdict.message  # nothing ran of a file that cannot be read
    )  # fmt: skip
    keys = ("isolation", "holes", "device", "seed", "checks")
    return [
        (dict(zip(keys, (line(part) for part in each), strict=True)), count) for each, count in counts.most_common()
    ]


def _by_shown_name(pairs: list[Pair], named: Named) -> list[Pair]:
    """In the order of the names that are shown: that of the others would tell who comes first in the alphabet."""
    turned = [
        replace(pair, one=one, other=other)
        for pair in pairs
        for one, other in [sorted((pair.one, pair.other), key=named)]
    ]
    return sorted(turned, key=lambda pair: (pair.expected, named(pair.one), named(pair.other)))


def _beside(pair: Pair, sources: Sources) -> list[tuple[Shared, str, str]]:
    """The exercises of a pair, with both texts."""
    one, other = sources[pair.one], sources[pair.other]
    return [
        (shared, clean(one[shared.exercise], MAX_CODE), clean(other[shared.exercise], MAX_CODE))
        for shared in pair.exercises
    ]


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _correlation(found: Discrimination) -> str:
    if found.value is None:
        return found.words
    return f"{found.value:.2f}, {found.words} ({found.low:.2f} to {found.high:.2f})".replace("-", "\N{MINUS SIGN}")


def _one_in(p: float) -> str:
    return f"1 pair in {1 / p:,.0f}" if p < 0.5 else "every second pair"


def _telling(exercises: list[tuple[Shared, str, str]]) -> list[Shared]:
    """Of the exercises of a pair those in which few pairs are as alike."""
    return [shared for shared, _, _ in exercises if shared.p <= TELLING]


def _statuses(item: Item) -> list[tuple[str, int]]:
    return [(WORDS[status], item.statuses[status]) for status in WORDS if status in item.statuses]


def _prose(text: str) -> Markup:
    """One line, escaped, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(line(text, 300)))))


def _breakable(name: str) -> Markup:
    """A long name may break behind an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("autograder.classroom.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        points=_points, percent=_percent, count=_count, correlation=_correlation, one_in=_one_in, telling=_telling,
        statuses=_statuses, prose=_prose, breakable=_breakable,
    )  # fmt: skip
    return environment.get_template("report.html.j2")
