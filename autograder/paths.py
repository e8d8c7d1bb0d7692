"""Where things are: one place for every folder of the project."""

from __future__ import annotations

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
