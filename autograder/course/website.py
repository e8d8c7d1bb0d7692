"""A small Sphinx extension for the site as a whole: its address in one place, and nothing is loaded from elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config

MISSING = """<h1>This page does not exist</h1>
<p>The address may be mistyped, or the page has moved.
The <a href="{start}">start page</a> leads everywhere, and the search field knows every word.</p>"""


def address(app: Sphinx, config: Config) -> None:
    """Called by Sphinx: what needs the address of the site takes it from ``html.baseurl`` of ``_config.yml``."""
    start = urlsplit(config.html_baseurl).path
    config.ogp_site_url = config.html_baseurl
    config.notfound_urls_prefix = start
    config.notfound_context = {"title": "This page does not exist", "body": MISSING.format(start=start)}


def leave_out_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Called by Sphinx: Jupyter Book gives every page the means to start a kernel elsewhere; none is used here."""
    for kind in ("script_files", "css_files"):
        context[kind] = [each for each in context.get(kind, []) if "thebe" not in f"{each} {_inline(each)}".lower()]


def name_what_has_no_name(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Called by Sphinx: mends what the theme and docutils tell a screen reader wrongly, or not at all."""
    if "body" in context:  # its children are no list items
        context["body"] = context["body"].replace('<div role="list" class="citation-list">', "<div>")
    if contents := context.get("generate_toctree_html"):
        context["generate_toctree_html"] = lambda *args, **options: str(contents(*args, **options)).replace(
            "<summary><span", '<summary aria-label="the pages below this one"><span'
        )


def list_all_pages(app: Sphinx, error: Exception | None) -> None:
    """Called by Sphinx before the sitemap is written, which would list only the pages that this build wrote."""
    links = app.sitemap_links  # type: ignore[attr-defined]
    known = {links.get() for _ in range(links.qsize())}
    for link in sorted(known | {(app.builder.get_target_uri(name), None) for name in app.env.found_docs}):
        links.put(link)


def _inline(asset: Any) -> str:
    return str(getattr(asset, "attributes", {}).get("body", ""))


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("config-inited", address)
    app.connect("html-page-context", leave_out_thebe, priority=900)
    app.connect("html-page-context", name_what_has_no_name, priority=900)
    app.connect("build-finished", list_all_pages, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
