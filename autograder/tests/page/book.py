"""A small Jupyter Book with live cells, built once for all tests: two practice pages, the start page, a chapter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from autograder import paths

PRACTICE = ("ch00_start", "ch02_recurrence")  # of the book's own practice pages, those that the tests open
PAGES = {
    "book/intro.md": "# Start\n\nWhat is solved.\n\n```{live-progress}\n```\n",
    "book/ch02_recurrence.md": """# Recurrence

One turn of the loop, by hand.

```{live-code} ch02_recurrence
print(np.tanh([0.5, 1.0]))
```
""",
    "plain.md": "# Plain\n\nNothing runs here.\n",
}
WITHOUT = {  # to weigh what cells add
    "book/intro.md": "# Start\n\nWhat is solved.\n",
    "book/ch02_recurrence.md": "# Recurrence\n\nOne turn of the loop, by hand.\n",
}
EXTENSIONS = ("autograder.page.directives", "autograder.course.website")
NOT_HERE = ("nb_custom_formats", "templates_path", "bibtex_reference_style")  # settings of what this book does without


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its pages; built by whichever process comes first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small-book"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            try:
                (build(folder) / "favicon.ico").touch()  # browsers ask for it
                (folder / "html").symlink_to(folder / "_build" / "html")
            except AssertionError as problem:  # it is told once more by each test, and not built anew
                (folder / "problem").write_text(str(problem), encoding="utf-8")
    assert (folder / "html").exists(), (folder / "problem").read_text(encoding="utf-8")
    return folder / "html"


def build(folder: Path, live: bool = True, practice: Sequence[str] = PRACTICE) -> Path:
    """Build it, with these practice pages, and with a chapter with live cells or without; the folder of its pages."""
    pages = PAGES if live else PAGES | WITHOUT
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "book" / "practice").mkdir(exist_ok=True)
    for slug in practice:
        shutil.copy(paths.ROOT / "book" / "practice" / f"{slug}.md", folder / "book" / "practice")
    (folder / "_config.yml").write_text(yaml.safe_dump(_config()), encoding="utf-8")
    chapters = [{"file": f"book/practice/{slug}"} for slug in practice] + [{"file": "plain"}]
    toc = {"format": "jb-book", "root": "book/intro", "chapters": [{"file": "book/ch02_recurrence"}, *chapters]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "--quiet", str(folder)]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "_build" / "html"


def _config() -> dict[str, Any]:
    """The settings of the website, as far as they matter to these pages."""
    ours = yaml.safe_load((paths.ROOT / "_config.yml").read_text(encoding="utf-8"))
    config = {key: ours[key] for key in ("author", "title", "html", "only_build_toc_files")}
    config["html"] = {key: value for key, value in config["html"].items() if key != "favicon"}
    given = {key: value for key, value in ours["sphinx"]["config"].items() if key not in NOT_HERE}
    return config | {
        "execute": {"execute_notebooks": "off"},
        "sphinx": {
            "extra_extensions": ours["sphinx"]["extra_extensions"],
            "local_extensions": {name: str(paths.ROOT) for name in EXTENSIONS},
            "config": given | {"html_static_path": [str(paths.ROOT / "book" / "_static")]},
        },
    }
