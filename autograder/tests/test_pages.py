"""The website in a real browser, as a reader with a telephone sees it."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import course
from autograder.tests.test_book import site

__all__ = ["site"]  # the fixture: the website, built once for this file
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
# A page in a frame as narrow as a telephone; what sticks out of it, apart from what scrolls by itself, is counted.
FRAME = """<!doctype html><title>waiting</title><iframe id="phone" width="390" height="844" src="PAGE"></iframe>
<script>
phone.onload = () => setTimeout(() => {
    const root = phone.contentDocument.documentElement;
    document.body.innerHTML = `width ${root.scrollWidth} of 390, headings ${root.querySelectorAll("h1").length}`;
}, 500);
</script>"""
PAGES = [
    "book/intro",
    "book/proof",
    "book/cluster",
    *(f"{p}" for s in course.chapters() for p in (f"book/{s}", f"exercises/{s}/{s}", f"solutions/{s}")),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A web server that does not print what it serves."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the website is served, on this machine alone."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(BROWSER is None and "CI" not in os.environ, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_narrow_screen(site: Path, address: str, tmp_path: Path, page: str) -> None:
    """At 390 pixels nothing sticks out sideways: wide code, tables and formulas scroll within themselves."""
    name = f"frame-{page.replace('/', '-')}.html"
    (site / name).write_text(FRAME.replace("PAGE", f"/{page}.html"))
    command = [str(BROWSER), *QUIET, f"--user-data-dir={tmp_path}", "--virtual-time-budget=8000", "--dump-dom"]
    done = subprocess.run([*command, f"{address}/{name}"], capture_output=True, text=True, timeout=120)
    found = re.search(r"width (\d+) of 390, headings (\d+)", done.stdout)
    assert found, f"the browser showed no page: {done.stdout[-300:]} {done.stderr[-300:]}"
    assert int(found[1]) <= 390 and int(found[2]) >= 1
