"""The website in a real browser, the system's Chromium: fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from autograder.course import pdf
from autograder.tests.site import served, site

__all__ = ["site"]  # a fixture

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Visit:
    """A page of the site, open; ``complaints`` are what the console said and what was asked of elsewhere."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@dataclass
class Web:
    """The site on localhost, and a browser."""

    site: Path
    address: str
    browser: Browser

    def visit(self, name: str, size: dict[str, int] = WIDE, theme: str = "light", **options: object) -> Visit:
        """Open a page in a fresh window, and wait until all of it is there."""
        window = self.browser.new_context(viewport=size, color_scheme=theme, **options)  # type: ignore[arg-type]
        visit = Visit(window.new_page())
        visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("request", lambda asked: self._note(visit, asked.url))
        visit.page.goto(f"{self.address}/{name}", wait_until="networkidle")
        return visit

    def _note(self, visit: Visit, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            visit.complaints.append(f"asks elsewhere: {url}")

    def pages(self) -> list[str]:
        """Every page with a text of ours."""
        found = [page for folder in ("book", "exercises", "solutions") for page in (self.site / folder).rglob("*.html")]
        return sorted(str(page.relative_to(self.site)) for page in found)


@pytest.fixture(scope="module")  # its event loop, while it runs, is in the way of others in this process
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=pdf.browser(), args=["--no-sandbox"])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def web(site: Path, browser: Browser) -> Iterator[Web]:
    with served(site) as address:
        yield Web(site, address, browser)
