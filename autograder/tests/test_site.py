"""Every page in a real browser: for everyone, in both themes and on a telephone, and nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe

from autograder.tests.browser import NARROW, Web, browser, playwright, site, web

__all__ = ["browser", "playwright", "site", "web"]  # fixtures

BASE = "https://unrolled-course.github.io/unrolled/"


class Targets(HTMLParser):
    """What a page can be entered at, and where it leads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {str(given[key]) for key in ("id", "name") if given.get(key)}
        if tag in ("a", "img", "script", "link") and (link := given.get("href") or given.get("src")):
            self.links.append(link)


def test_no_link_and_no_anchor_is_broken(site: Path) -> None:
    """From any page of the site to any file of it, and to the place in it."""
    pages = {path.resolve(): Targets(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link.removeprefix(BASE) if link.startswith(BASE) else link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            folder = site if link.startswith(BASE) else path.parent
            target = (folder / unquote(parts.path)).resolve() if parts.path else path
            places = pages[target].ids if target in pages and parts.fragment else {unquote(parts.fragment)}
            if not target.exists() or unquote(parts.fragment) not in places:
                broken.append(f"{path.name}: {link}")
    assert not broken


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(web: Web, theme: str) -> None:
    """The rules of WCAG that a program can try, on every page."""
    found = []
    for name in web.pages():
        visit = web.visit(name, theme=theme)
        for violation in Axe().run(visit.page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                places = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append(f"{name}: {violation['id']}: {places}")
        visit.page.context.close()
    assert not found, "\n".join(found)


def test_nothing_comes_from_elsewhere_and_nothing_fails(web: Web) -> None:
    """No page asks another host for anything, and none has an error in its console."""
    found = []
    for name in [*web.pages(), "search.html"]:
        visit = web.visit(name)
        found += [f"{name}: {complaint}" for complaint in visit.complaints]
        visit.page.context.close()
    assert not found, "\n".join(found)


def test_a_telephone_needs_no_scrolling_sideways(web: Web) -> None:
    """At 390 pixels the page is as wide as the window; what is wider scrolls by itself."""
    found = []
    for name in web.pages():
        visit = web.visit(name, NARROW)
        over = visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{name}: {over} px too wide"] * (over > 0)
        found += [f"{name}: no heading"] * (not visit.page.locator("h1").count())
        visit.page.context.close()
    assert not found, "\n".join(found)


def test_formulas_are_typeset(web: Web) -> None:
    """By MathJax of our own; no formula is left as text."""
    visit = web.visit("book/ch02_recurrence.html")
    visit.page.wait_for_selector("mjx-container")
    assert visit.page.locator(".math mjx-container").count() > 10
    assert visit.page.locator("mjx-merror").count() == 0
    visit.page.context.close()


def test_the_search_finds_a_word(web: Web) -> None:
    """Without a server."""
    visit = web.visit("search.html?q=keyhole")
    visit.page.wait_for_selector("#search-results li")
    assert "ch02_recurrence" in str(visit.page.locator("#search-results li a").first.get_attribute("href"))
    visit.page.context.close()


def test_search_engines_and_previews_are_served(site: Path) -> None:
    """A sitemap with every page, and a card with title, sentence and picture on each."""
    listed = {element.text for element in ElementTree.parse(site / "sitemap.xml").iter() if element.tag.endswith("loc")}
    for path in (site / "book").glob("*.html"):
        assert f"{BASE}book/{path.name}" in listed
        text = path.read_text(encoding="utf-8")
        found = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)"', text))
        assert found["url"] == f"{BASE}book/{path.name}" and found["title"] and len(found["description"]) > 40
        assert (site / found["image"].removeprefix(BASE)).is_file()
        assert '<link rel="icon"' in text or 'rel="shortcut icon"' in text


def test_a_missing_page_leads_on(web: Web) -> None:
    """Its links have the address of the site in them: it is shown under any address."""
    text = (web.site / "404.html").read_text(encoding="utf-8")
    assert "This page does not exist" in text and 'href="/unrolled/"' in text
    assert not re.search(r'(href|src)="(?!/unrolled/|https?://|#|mailto:)[^"]+"', text.partition("<body")[0])
