"""Each claim has its verdict in one file, one cell that computes it, and a badge that leads to that cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import paths
from autograder.tests.site import site
from book import claims

__all__ = ["site"]  # a fixture

PAGES = [path.read_text(encoding="utf-8") for path in (paths.ROOT / "book").glob("*.md")]
CELL = re.compile(r"^```\{code-cell\}.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", claims.load())
def test_one_cell_decides_each_claim(name: str) -> None:
    """It stands below the label to which the badges lead, before the next section that decides, and nowhere else."""
    deciding, label = re.compile(rf'\bdecide\(\s*"{name}"'), f"({claims.load()[name].decided})=\n"
    others = [f"({claim.decided})=\n" for claim in claims.load().values()]
    (page,) = [text for text in PAGES if deciding.search(text)]
    below = page.partition(label)[2]
    ends = [below.find(other) for other in others if other in below]
    cells = [cell for cell in CELL.findall(below[: min(ends, default=None)]) if deciding.search(cell)]
    assert len(cells) == 1 == len(deciding.findall(page))


@pytest.mark.parametrize("name", claims.load())
def test_every_claim_has_a_badge_that_leads_to_its_cell(name: str, site: Path) -> None:
    """In the table of a chapter at least; its colour and its words are those of the verdict."""
    claim = claims.load()[name]
    colour = claims.COLOURS[claim.verdict]
    target = f'#{claim.decided.replace("_", "-")}"'
    badges = [
        badge
        for page in (site / "book").glob("*.html")
        for badge in re.findall(r'<a class="[^"]*sd-badge[^>]*>.*?</a>', page.read_text(encoding="utf-8"))
        if target in badge
    ]
    assert badges and all(f"sd-bg-{colour}" in badge and claim.badge in badge for badge in badges)


@pytest.mark.parametrize(
    ("verdict", "holds", "holds_if"),
    [("holds", True, False), ("holds if", False, True), ("does not hold", False, False)],
)
def test_another_outcome_stops_the_build(verdict: str, holds: bool, holds_if: bool) -> None:
    """The error names the claim, what came out and what is written; the right outcome is shown in words."""
    outcomes = {"holds": (True, False), "holds if": (False, True), "does not hold": (False, False)}
    name = next(name for name, claim in claims.load().items() if claim.verdict == verdict)
    shown = claims.decide(name, holds, holds_if).data
    assert claims.load()[name].badge in shown and claims.escape(claims.load()[name].note) in shown
    for other in outcomes.keys() - {verdict}:
        with pytest.raises(
            claims.ClaimError, match=f"{name}: the experiment says '{other}', and claims.toml '{verdict}'"
        ):
            claims.decide(name, *outcomes[other])
