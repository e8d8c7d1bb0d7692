"""The whole book as one PDF, printed by Chromium: ``python -m autograder.course.pdf`` (``make pdf``)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import PdfMargins, sync_playwright

from autograder import paths
from autograder.course import CourseError

TARGET = paths.BUILD / "unrolled.pdf"
MARGINS: PdfMargins = {"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}
NUMBER = '<p style="width: 100%; text-align: center; font-size: 12px"><span class="pageNumber"></span></p>'
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str:
    """The system's Chromium; CourseError where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise CourseError(
            "Chromium, which prints and tries the pages, is not here; install it: apt-get install chromium"
        )
    return found


def one_page() -> Path:
    """All chapters on one page, from the outputs that the website has; CourseError where it cannot be built."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "--quiet", "--builder", "singlehtml", "."]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"the book cannot be built:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    folder = paths.BUILD / "singlehtml"
    return Path(shutil.copyfile(folder / "book" / "intro.html", folder / "unrolled.html"))  # its links begin there


def write(source: Path, target: Path = TARGET) -> Path:
    """Print a page, once its formulas are typeset and what is folded is open; with page numbers and an outline."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = opened.new_page(color_scheme="light")
        page.goto(source.as_uri(), wait_until="load", timeout=120_000)
        page.evaluate("() => window.MathJax?.startup?.promise")
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        look: dict[str, Any] = {"format": "A4", "margin": MARGINS, "scale": 0.8, "header_template": "<span></span>"}
        page.pdf(
            path=str(target), footer_template=NUMBER, display_header_footer=True, tagged=True, outline=True, **look
        )
        opened.close()
    return target


if __name__ == "__main__":
    try:
        print(write(one_page()))
    except CourseError as problem:
        sys.exit(str(problem))
