"""Running a command that is measured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from autograder import paths

FOLDER = paths.BUILD / "bench"


def run(command: list[str], folder: Path, python: str = sys.executable) -> str:
    """What a command prints; it must succeed. The programs beside ``python`` are found first."""
    path = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode:
        said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        sys.exit(f"bench: {' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout
