"""Where things are: one place for every folder of the project."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
SOLUTIONS = ROOT / "solutions"
EXERCISES = ROOT / "exercises"
CHECKS = PACKAGE / "checks"
MUTANTS = PACKAGE / "mutants"
ACCEPTED = PACKAGE / "accepted"
WORKER = PACKAGE / "worker"
BANK = PACKAGE / "bank"  # in a bundle for students, in place of solutions, mutants and accepted answers
BUILD = ROOT / "_build"
SOURCE = BUILD / "source"  # nbgrader's source directory: staged, never committed


def straight(path: Path) -> Path:
    """The absolute path, without ``..`` where the same place is reached without; links in it stay."""
    short = Path(os.path.abspath(path))
    try:
        return short if short.samefile(path) else path.absolute()
    except OSError:  # not there yet
        return straight(path.parent) / path.name if path.name not in ("", "..") else path.absolute()
