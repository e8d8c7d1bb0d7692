"""What those who make the course type: ``prove`` and ``sample-class``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands import Chapters, Device

app = typer.Typer()


@app.command()
def prove(
    chapters: Chapters = None,
    seed: Annotated[int | None, typer.Option(help="Repeat a run.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Exercises at a time; 0: one a core.")] = 1,
    device: Annotated[
        Device | None,
        typer.Option(help="cpu: not on a GPU; cuda: it must be there. By default, on both if there is one."),
    ] = None,
) -> None:
    """Prove the checks: wrong answers are rejected, right ones accepted, misconceptions named."""
    from autograder.judge.devices import note
    from autograder.prove import prove, table

    rows = prove(chapters or [], seed, jobs, device.value if device else "")
    Console().print(table(rows))
    problems = [f"{row.exercise}: {problem}" for row in rows for problem in row.problems]
    for line in filter(None, [note(sum(row.device_checks for row in rows)), *problems]):
        typer.echo(line)
    raise typer.Exit(0 if all(row.proven for row in rows) else 1)


@app.command(name="sample-class")
def sample_class(
    folder: Annotated[Path, typer.Argument(help="A new folder, or a sample class made before.")],
    chapter: str = "ch02_recurrence",
) -> None:
    """Make a course folder with 24 students, right, wrong in known ways, broken and hostile, ready for nbgrader."""
    from autograder.classroom.sample import write_class
    from autograder.course import release

    students = write_class(folder, chapter)
    release([chapter], folder)  # so that the folder's gradebook knows the assignment
    typer.echo(f"{len(students)} students in {folder}/submitted")
