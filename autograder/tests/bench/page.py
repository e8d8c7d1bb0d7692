"""The practice pages in Chromium, without a network: seconds from a press to the verdict, and bytes over the wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from autograder import course
from autograder.tests.bench.measure import FOLDER
from autograder.tests.page.book import build
from autograder.tests.page.drive import lines

SECONDS = {"cold": 8.0, "warm": 3.0, "reload": 3.0}
NAMES = {
    "cold": "first check, nothing kept: a new profile",
    "warm": "first check, all kept: a new browser, the same profile",
    "reload": "first check after the page was loaded again",
}
LATER, WIRE = 0.2, 9.5e6  # seconds and bytes to stay below
WEIGHED = ("book/ch02_recurrence.html", "book/intro.html", "book/practice/ch02_recurrence.html", "plain.html")


def tables() -> list[Table]:
    """What a reader waits for, and what a page weighs before anything is pressed."""
    shutil.rmtree(FOLDER / "page", ignore_errors=True)
    sites = {live: build(FOLDER / "page" / f"site-{live}", live, course.chapters()) for live in (True, False)}
    return [_waits(sites[True]), _weights(sites)]


def _waits(site: Path) -> Table:
    shown = Table(
        "from the press on Check to the verdict", "seconds", "to reach", "bytes since", title="A check in the page"
    )
    found = list(lines("measure.mjs", "chromium", site, FOLDER / "page" / "waits"))
    for what, most in SECONDS.items():
        taken = [line for line in found if line["what"] == what]
        seconds, wire = sorted(line["seconds"] for line in taken), max(line["bytes"] for line in taken)
        each = f"{median(seconds):.1f} s ({seconds[0]:.1f} to {seconds[-1]:.1f})"
        shown.add_row(NAMES[what], each, f"{most:g} s", f"{wire:,}" + f" (below {WIRE:,.0f})" * (what == "cold"))
    for kind, line in zip(("fastest", "slowest"), _of(found, "later"), strict=True):
        shown.add_row(f"a later check, {kind}: {line['exercise']}", f"{line['seconds']:.3f} s", f"{LATER:g} s", "")
    every = [one["seconds"] for line in _of(found, "all") for one in line["exercises"]]
    shown.add_row(f"a later check, median of {len(every)} exercises", f"{median(every):.3f} s", f"{LATER:g} s", "")
    return shown


def _weights(sites: dict[bool, Path]) -> Table:
    shown = Table("page", "without live cells", "with", "of it for them", title="Bytes before anything is pressed")
    found = {
        live: list(lines("measure.mjs", "chromium", site, FOLDER / "page" / f"w{live}", WEIGH=",".join(WEIGHED)))
        for live, site in sites.items()
    }
    for page, without, with_them in zip(WEIGHED, found[False], found[True], strict=True):
        before = f"{without['bytes']:,}" if not without["live"] else "none"
        shown.add_row(page, before, f"{with_them['bytes']:,}", f"{with_them['live']:,}")
    return shown


def _of(found: list[dict[str, Any]], what: str) -> Iterator[dict[str, Any]]:
    return (line for line in found if line["what"] == what)
