"""A small website for the tests of the pictures that move: two pages, the first of which holds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from autograder import paths

CONF = f"""import sys
sys.path.insert(0, {str(paths.ROOT)!r})
extensions = ["myst_parser", "book.pictures"]
html_theme = "sphinx_book_theme"
html_context = {{"default_mode": "auto"}}
"""
WORDS = "A description of what this picture shows, long enough for a reader who cannot see it."


def build(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """A website of two pages, of which the first holds this text."""
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text(f"# Pictures\n\n```{{toctree}}\nplain\n```\n\n{text}\n")
    (folder / "plain.md").write_text("# Plain\n\nNothing moves here.\n")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", str(folder), str(folder / "html")]
    return subprocess.run(command, capture_output=True, text=True)
