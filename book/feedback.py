"""What a learner sees, for the page about it: ``check`` with inputs that are the same in each build, and a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from unittest.mock import patch

from autograder import CheckFailed, check, paths

SEED = 2026
WIDTH = 78  # characters that fit on a page; Jupyter shows one line


def checked(answer: object) -> None:
    """What ``check(answer)`` shows, and below it the one line of its error, which Jupyter shows in red."""
    with patch("secrets.randbits", lambda bits: SEED):  # else the inputs are drawn anew each time
        try:
            check(answer)
        except CheckFailed as error:
            print(textwrap.fill(f"CheckFailed: {error}", WIDTH))


def terminal(command: str, file: str, text: str) -> None:
    """Print ``python -m autograder COMMAND`` on a file with that text, in a folder that holds ``exercises/``, too."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, file).write_text(text, encoding="utf-8")
        Path(folder, "exercises").symlink_to(paths.EXERCISES)
        where = ["--folder", "exercises"] if command == "status" else []
        run = [sys.executable, "-m", "autograder", command, *where, file]
        plain = {name: value for name, value in os.environ.items() if "COLOR" not in name}
        done = subprocess.run(run, cwd=folder, env=plain, capture_output=True, text=True)
    print(f"$ python -m autograder {command} {file}\n{done.stdout.rstrip()}")
