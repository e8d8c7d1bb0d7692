"""The website: seconds to build it cold and unchanged, and what Lighthouse (from npm) says of two of its pages."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from autograder import paths
from autograder.course import pdf
from autograder.tests.bench.measure import FOLDER, run
from autograder.tests.site import served

LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = ("book/intro.html", "book/ch02_recurrence.html")
MUST = {"accessibility": "95", "best-practices": "95", "seo": "95", "performance": ""}
SECONDS = {"cold": 300, "unchanged": 10}


def tables() -> list[Table]:
    """Builds and pages."""
    out = FOLDER / "site"
    shutil.rmtree(out, ignore_errors=True)
    return [_builds(out), _pages(out / "_build" / "html")]


def _builds(out: Path) -> Table:
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "-W", f"--path-output={out}", "."]
    shown = Table("the website is built", "seconds", "to stay below", title="Building the website")
    for kind, most in SECONDS.items():
        start = time.monotonic()
        run(command, paths.ROOT)
        shown.add_row(kind, f"{time.monotonic() - start:.1f} s", f"{most} s")
    return shown


def _pages(site: Path) -> Table:
    run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), LIGHTHOUSE], paths.ROOT)
    shown = Table("page", *(f"{kind} ({most})" if most else kind for kind, most in MUST.items()), title="Lighthouse")
    with served(site) as address:
        for page in PAGES:
            found = _scores(f"{address}/{page}")
            shown.add_row(page, *(f"{100 * found[kind]['score']:.0f}" for kind in MUST))
    return shown


def _scores(address: str) -> dict[str, Any]:
    program = str(FOLDER / "node_modules" / ".bin" / "lighthouse")
    flags = ["--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox"]
    report = run(["env", f"CHROME_PATH={pdf.browser()}", program, address, *flags], FOLDER)
    found: dict[str, Any] = json.loads(report)["categories"]
    return found
