"""The page's Python under Node, with the files that the website has for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder.page import bundle, files, runtime

NODE = Path(__file__).with_name("node")


def page_files(folder: Path) -> Path:
    """The folder with what the website has for its pages: Pyodide with NumPy in ``runtime``, the grader in ``live``."""
    if not os.environ.get("CI") and not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("npm and node run the page's Python: sudo apt-get install nodejs npm")
    package = bundle.modules() / "pyodide"
    runtime.write(folder / "runtime", package)
    files.write(folder / "live", package)
    return folder


def answers(asked: Sequence[Sequence[Any]], site: Path, folder: Path) -> list[Any]:
    """What the functions of ``node/asked.py`` answer; each is asked as (its name, its arguments)."""
    path = folder / "asked.json"
    path.write_text(json.dumps(asked))
    command = ["node", *map(str, (NODE / "page.mjs", site / "runtime", site / "live", path))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if len(line) < 300]  # Pyodide shows a line of a million
        pytest.fail("\n".join(lines[-30:]))
    return [json.loads(line) for line in done.stdout.splitlines()]
