"""Pages are run again when something that they use changes, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import paths
from autograder.course.fingerprint import Files


def names(*cells: str) -> set[str]:
    return {str(path.relative_to(paths.ROOT)) for path in Files().used(cells)}


def test_what_a_page_uses() -> None:
    """Modules of the project, what those import, data that they name; of other libraries nothing."""
    assert names("import torch\nfrom math import pi") == set()
    assert names("from solutions.ch02_recurrence import RNNCell") == {"solutions/ch02_recurrence.py"}
    assert names("from book.claims import decide") == {"book/claims.py", "book/claims.toml"}
    assert names("%time 1", "import book.style") == {"book/style.py"}
    of_the_grader = names("from autograder.course import proof")
    assert {"autograder/course/proof.py", "autograder/mutants/ch02_recurrence.toml"} <= of_the_grader
    assert "solutions/ch04_lstm.py" in of_the_grader


@pytest.mark.parametrize("change", ["cell", "module", "data"])
def test_a_fingerprint_changes_with_what_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str) -> None:
    """A cell, a module that a module imports, and data that it names."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "a.py").write_text("import book.b\n")
    (tmp_path / "book" / "b.py").write_text('OPEN = "numbers.csv"\n')
    (tmp_path / "book" / "numbers.csv").write_text("1\n")
    (tmp_path / "book" / "other.csv").write_text("1\n")
    before = Files().fingerprint(["from book import a"])
    (tmp_path / "book" / "other.csv").write_text("2\n")
    assert Files().fingerprint(["from book import a"]) == before
    if change == "data":
        (tmp_path / "book" / "numbers.csv").write_text("2\n")
    if change == "module":
        (tmp_path / "book" / "b.py").write_text('OPEN = "numbers.csv"  # all\n')
    assert Files().fingerprint(["from book import a", *["1"] * (change == "cell")]) != before


CONFIG = """
title: Small
only_build_toc_files: true
execute: {execute_notebooks: cache, raise_on_error: true, exclude_patterns: [shown*]}
html: {baseurl: "https://example.org/"}
sphinx:
  local_extensions: {autograder.course.execution: ".", autograder.course.page: ".", autograder.course.website: "."}
  extra_extensions: [sphinx_sitemap]
  config: {sitemap_url_scheme: "{link}"}
"""
PAGE = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
jupytext: {text_representation: {extension: .md, format_name: myst}}
---

# A page

```{code-cell} ipython3
import time
from book.style import BLUE
print("it is", time.time_ns(), BLUE)
print("half a", end="", flush=True)
print(" line")
```
"""


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("jupyter-book")
    arguments = [str(command), "build", "-W", "--path-output", str(folder.parent / "out"), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    return subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)


def printed(folder: Path) -> list[str]:
    text = (folder.parent / "out" / "_build" / "html" / "a.html").read_text()
    return [line.partition("it is ")[2] for line in text.splitlines() if "it is" in line and "#" in line]


def test_a_page_is_run_once_until_something_changes(tmp_path: Path) -> None:
    """Not on a second build, nor for a new sentence; again for a new cell. A failing cell names its page, in a line."""
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: a\nchapters: [{file: b}]\n")
    (folder / "b.md").write_text("# Another page\n")
    (folder / "a.md").write_text(PAGE)
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    first = printed(folder)
    assert len(first) == 1
    assert len(list((folder.parent / "out" / "_build" / ".jupyter_cache" / "executed").iterdir())) == 1
    assert "\nhalf a line\n" in (folder.parent / "out" / "_build" / "html" / "a.html").read_text()
    (folder / "a.md").write_text(PAGE + "\nOne more sentence.\n")
    assert build(folder).returncode == 0
    assert printed(folder) == first
    listed = (folder.parent / "out" / "_build" / "html" / "sitemap.xml").read_text()
    assert "https://example.org/a.html" in listed and "https://example.org/b.html" in listed  # b was not written again
    (folder / "a.md").write_text(PAGE.replace("import time\n", "import time  # again\n"))
    assert build(folder).returncode == 0
    assert printed(folder) != first
    (folder / "a.md").write_text(PAGE.replace("BLUE)", "1 / 0)"))
    done = build(folder)
    assert done.returncode and "a: a cell fails: ZeroDivisionError: division by zero" in done.stdout + done.stderr
