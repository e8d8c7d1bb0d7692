"""The book on paper."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import paths
from autograder.course import CourseError, pdf

FOLDED = "<h1>A page</h1><details><summary>More</summary><div style='height: 3000px'>Folded</div></details>"
PRINT = "import sys; from pathlib import Path; from autograder.course import pdf; pdf.write(*map(Path, sys.argv[1:]))"


def test_what_is_folded_is_printed(tmp_path: Path) -> None:
    """A page with a long answer that is folded away needs several sheets."""
    source, target = tmp_path / "page.html", tmp_path / "page.pdf"
    source.write_text(FOLDED, encoding="utf-8")
    subprocess.run([sys.executable, "-c", PRINT, str(source), str(target)], cwd=paths.ROOT, check=True)
    printed = target.read_bytes()
    assert printed.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\b", printed)) >= 3
    assert b"/Outlines" in printed  # a reader's table of contents


def test_a_missing_browser_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is missing and the command that installs it."""
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match=r"^Chromium, .*: apt-get install chromium$"):
        pdf.browser()
