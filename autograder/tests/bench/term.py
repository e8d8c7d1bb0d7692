"""A whole term on two cores: 300 students, five chapters, from the platform's archives to grades and reports.

Every step is the command that an instructor types, each in a process of its own.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from autograder import course, paths
from autograder.tests.bench import classes
from autograder.tests.bench.measure import FOLDER, run

STUDENTS = 300
MUST = 600  # seconds
FIRST = ("Ada", "Ben", "Cleo", "Dara", "Emil", "Fay", "Gus", "Hana", "Ines", "Jon", "Kim", "Lea", "Mio", "Nora", "Olu")
LAST = ("Abe", "Byron", "Cox", "Diaz", "Eco", "Fox", "Gray", "Hahn", "Ito", "Jung", "Khan", "Lund", "Mori", "Ng", "Ott",
        "Park", "Quist", "Roy", "Sato", "Toth")  # fmt: skip
STEPS = ("collect", "grade", "report", "export")


def table(size: int = STUDENTS) -> Table:
    """Seconds of every step in every chapter; the sum is what the class of ``size`` must stay below."""
    folder = FOLDER / "term"
    write_term(folder, size)
    seconds = {(step, chapter): _timed(command) for step, chapter, command in commands(folder)}
    check(folder, size)
    chapters = course.chapters()
    title = f"{size} students, {len(chapters)} chapters, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}"
    shown = Table("step", *chapters, "all", title=title)
    for step in STEPS:
        row = [seconds[step, chapter] for chapter in chapters]
        shown.add_row(step, *(f"{each:.1f} s" for each in row), f"{sum(row):.0f} s")
    whole = sum(seconds.values())
    shown.add_row("together", *[""] * len(chapters), f"{whole:.0f} s", style="bold")
    shown.add_row(f"must be below {MUST} s", *[""] * len(chapters), "yes" if whole < MUST else "NO")
    return shown


def write_term(folder: Path, size: int) -> None:
    """A course folder with its roster and released chapters, and in ``zips`` what Canvas hands out."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "zips").mkdir(parents=True)
    (folder / "submitted").mkdir()
    (folder / "nbgrader_config.py").write_text(f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n")
    (folder / "roster.csv").write_text(_roster(size), encoding="utf-8")
    run([sys.executable, "-m", "nbgrader", "db", "student", "import", "roster.csv"], folder)
    course.release([], folder)
    for chapter in course.chapters():
        with zipfile.ZipFile(folder / "zips" / f"{chapter}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(size):
                first, last = _name(number)
                name = f"{last}{first}_{5000 + number}_{900000 + number}_{chapter}.ipynb".lower()
                archive.writestr(name, classes.notebook(number, size, chapter))


def commands(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Each step of each chapter, in the order in which a term needs them, and the command for it."""
    where = ["--submitted", str(folder / "submitted")]
    for chapter in course.chapters():
        yield "collect", chapter, ["collect", str(folder / "zips" / f"{chapter}.zip"), *where]
        yield "grade", chapter, ["grade", chapter, *where]
        yield "report", chapter, ["report", chapter, *where]
        yield "export", chapter, ["export", chapter, "--format", "canvas", *where]


def check(folder: Path, size: int) -> None:
    """Every student has a grade in every chapter: a fast run that had lost somebody would count for nothing."""
    run([sys.executable, "-m", "nbgrader", "export", "--to", "grades.csv"], folder)
    rows = list(csv.DictReader(io.StringIO((folder / "grades.csv").read_text(encoding="utf-8"))))
    graded = [row for row in rows if float(row["score"] or 0) > 0]
    if len(graded) != size * len(course.chapters()):
        sys.exit(f"bench: {len(graded)} grades for {size} students in {len(course.chapters())} chapters")


def _timed(command: list[str]) -> float:
    began = time.perf_counter()
    run([sys.executable, "-m", "autograder", *command], paths.ROOT)
    return time.perf_counter() - began


def _roster(size: int) -> str:
    """One line for each student, with the number that Canvas knows them by."""
    lines = ["id,first_name,last_name,email,lms_user_id"]
    for number in range(size):
        first, last = _name(number)
        lines.append(f"s{number:04},{first},{last},s{number:04}@example.org,{5000 + number}")
    return "\n".join(lines) + "\n"


def _name(number: int) -> tuple[str, str]:
    return FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
