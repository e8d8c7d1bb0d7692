"""What each chapter costs: a solved submission in the judge, and ``check(f)`` in a learner's notebook."""

from __future__ import annotations

import shutil

import nbformat
from nbclient import NotebookClient
from rich.table import Table

from autograder import course, paths
from autograder.classroom.sample.notebooks import notebook_text
from autograder.tests.bench import ours
from autograder.tests.bench.measure import FOLDER

FEW_AND_MANY = (5, 25)  # submissions of two runs, whose difference is what a submission costs


def table() -> Table:
    """A row for each chapter."""
    shown = Table("chapter", "CPU of a solved one (400 ms)", "check(f) after its first call, the slowest (500 ms)")
    shown.title = "Chapter by chapter; in brackets what to stay below"
    for chapter in course.chapters():
        times = latencies(chapter)
        slowest = max(times, key=lambda name: times[name])
        cpu = f"{solved_cpu(chapter) * 1000:.0f} ms"
        shown.add_row(chapter, cpu, f"{times[slowest] * 1000:.0f} ms: {slowest}")
    return shown


def solved_cpu(chapter: str) -> float:
    """CPU seconds of grading one more solved notebook of a chapter: what a larger class costs more than a smaller."""
    costs = []
    for size in FEW_AND_MANY:
        submitted = FOLDER / "solved" / "submitted"
        shutil.rmtree(submitted.parent, ignore_errors=True)
        for number in range(size):
            path = submitted / f"student{number:02}" / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(notebook_text(chapter, {}), encoding="utf-8")
        costs.append(ours.measured("grade", chapter, submitted).cpu)
    return (costs[1] - costs[0]) / (FEW_AND_MANY[1] - FEW_AND_MANY[0])


def latencies(chapter: str) -> dict[str, float]:
    """Seconds that ``check(f)`` takes in a notebook's kernel, the slowest of several calls after the first."""
    notebook = course.master(chapter)
    answers = {exercise.name: exercise.source for exercise in course.load(chapter).exercises}
    cells = [cell for cell in notebook.cells if cell.id == "find_autograder" or cell.id.startswith("setup_")]
    for name, source in answers.items():
        timing = (
            f"import time\ncheck({name})\ntimes = []\nfor _ in range(10):\n    start = time.perf_counter()\n"
            f"    check({name})\n    times.append(time.perf_counter() - start)\nprint('seconds', max(times))"
        )
        cells += [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell(timing)]
    notebook.cells = cells
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(paths.EXERCISES / chapter)}}).execute()
    printed = [
        float(output.text.split()[-1])
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "stream" and output.text.startswith("seconds")
    ]
    return dict(zip(answers, printed, strict=True))
