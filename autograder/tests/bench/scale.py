"""How the cost grows with the class: seconds, and the most memory that the grader held."""

from __future__ import annotations

from rich.table import Table

from autograder.tests.bench import classes, ours
from autograder.tests.bench.measure import FOLDER

SIZES = (100, 500, 2000)
CHAPTER = "ch02_recurrence"


def table(sizes: tuple[int, ...] = SIZES) -> Table:
    """Classes of small submissions, no two alike, the whole way with journal and gradebook."""
    shown = Table("submissions", "seconds", "CPU per submission", "peak memory", title="A growing class")
    for size in sizes:
        cost = ours.measured("grade", CHAPTER, classes.write_small_class(FOLDER / "scale", size, CHAPTER))
        each = (cost.cpu - cost.start_cpu) / size
        shown.add_row(f"{size:,}", f"{cost.wall:.1f} s", f"{each * 1000:.0f} ms", f"{cost.peak / 2**20:.0f} MB")
    return shown
