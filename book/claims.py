"""The claims of the introduction that the book follows: what it says, what becomes of it, and the cell that decides.

In a cell: ``decide("order", holds=...)`` computes the verdict; one that is not written in ``claims.toml`` stops the
build. In a text: ``{claim}`order` `` is a badge that leads to that cell, and the directive ``{claims}`` a table.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from IPython.display import HTML
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

SOURCE = Path(__file__).with_name("claims.toml")
COLOURS = {"holds": "success", "holds if": "warning", "does not hold": "danger"}


@dataclass(frozen=True)
class Claim:
    """One claim, in our words; ``decided`` is the label of the section whose cell decides it."""

    name: str
    says: str
    verdict: str
    decided: str
    note: str = ""

    @property
    def badge(self) -> str:
        """The words on the badge."""
        return "holds if …" if self.verdict == "holds if" else self.verdict


class ClaimError(AssertionError):
    """An experiment came out otherwise than the book says."""


@cache
def load() -> dict[str, Claim]:
    """All claims by name, in the order of the book."""
    rows = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    return {name: Claim(name, **row) for name, row in rows.items()}


def decide(name: str, holds: bool, holds_if: bool = False) -> HTML:
    """The verdict on a claim, computed: it holds, or else it holds under the condition tried, or it does not.

    ClaimError when ``claims.toml`` has another: the text around the cell is then wrong, and the build stops.
    """
    claim = load()[name]
    found = "holds" if holds else "holds if" if holds_if else "does not hold"
    if found != claim.verdict:
        raise ClaimError(f"{name}: the experiment says '{found}', and claims.toml '{claim.verdict}'; correct the text")
    badge = f'<span class="sd-badge sd-bg-{COLOURS[found]} sd-bg-text-{COLOURS[found]}">{claim.badge}</span>'
    note = f" {escape(claim.note)}" if claim.note else ""
    return HTML(f'<p class="decided">“{escape(claim.says)}” {badge}{note}</p>')


class ClaimRole(SphinxRole):
    """A badge with the verdict on the claim, which leads to the cell that decides it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        claim = load().get(self.text)
        if claim is None:
            message = f"no claim is called {self.text!r}; there are: {', '.join(load())}"
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        colour = COLOURS[claim.verdict]
        classes = ["sd-sphinx-override", "sd-badge", f"sd-bg-{colour}", f"sd-bg-text-{colour}"]
        node = addnodes.pending_xref(
            self.rawtext,
            classes=classes,
            reftarget=claim.decided,
            refdoc=self.env.docname,
            refdomain="std",
            reftype="ref",
            refexplicit=True,
            refwarn=True,
        )
        node += nodes.inline(claim.badge, claim.badge, classes=["xref", "std", "std-ref"])
        self.env.note_dependency(str(SOURCE))
        return [node], []


class ClaimsTable(SphinxDirective):
    """A table of the claims named, one name a line; of all of them where none is named."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        names = [line.strip() for line in self.content if line.strip()] or list(load())
        lines = [":::{list-table}", ":header-rows: 1", ":widths: 60 40", ":class: claims", "", "* - The sentence"]
        lines.append("  - What becomes of it")
        for name in names:
            claim = load().get(name)
            if claim is None:
                raise self.error(f"no claim is called {name!r}; there are: {', '.join(load())}")
            lines += [f"* - {claim.says}", f"  - {{claim}}`{name}` {claim.note}"]
        parent = nodes.Element()
        self.state.nested_parse(StringList([*lines, ":::"], str(SOURCE)), self.content_offset, parent)
        return parent.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_role("claim", ClaimRole())
    app.add_directive("claims", ClaimsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
