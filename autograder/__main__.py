"""The command line: ``python -m autograder COMMAND``.

Exit status: 0 done, 1 something was wrong with the work, 2 wrong usage, 3 the environment cannot do what was asked.
"""

from __future__ import annotations

import atexit
import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder import paths
from autograder.errors import UserError

if TYPE_CHECKING:
    from autograder.judge.session import Judge

gc.set_threshold(100_000, 20, 20)  # torch and nbgrader bring a million objects that stay: looking through them often,
atexit.register(gc.freeze)  # and once more at the end, would cost two seconds of each command
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
# jsonschema would load it, for a second, to check internationalised addresses; notebooks have none


class Device(StrEnum):
    """What ``--device`` takes."""

    cpu = "cpu"
    cuda = "cuda"


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Chapters = Annotated[
    list[str] | None, typer.Argument(metavar="[CHAPTER]...", help="Such as ch02_recurrence; all when none is named.")
]
Unisolated = Annotated[
    bool, typer.Option("--allow-unisolated", help="Judge even where nothing isolates the code that is judged.")
]

Where = Annotated[Device, typer.Option("--device", help="Where torch exercises run; cuda: on the first GPU.")]
Submitted = Annotated[Path, typer.Option(help="Holds STUDENT/CHAPTER/CHAPTER.ipynb; results go beside it.")]


@app.command()
def release(
    chapters: Chapters = None,
    course: Annotated[Path | None, typer.Option(help="Another course folder, to release into.")] = None,
) -> None:
    """Make exercises/ from solutions/ through nbgrader, and note the assignment in the gradebook."""
    from autograder.course import release

    for path in release(chapters or [], course):
        typer.echo(f"released {path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path}")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Notebooks or .py files.")],
    json: Annotated[bool, typer.Option("--json", help="One verdict a line, as JSON, and nothing else.")] = False,
    device: Where = Device.cpu,
    allow_unisolated: Unisolated = False,
) -> None:
    """Judge files that hold any of the course's functions; the code in them runs isolated."""
    from autograder.judge.selftest import start_ahead

    start_ahead()
    from autograder.feedback import exercise_text, verdict_text
    from autograder.judge.session import Judge

    perfect = True
    with Judge(allow_unisolated=True, device=device.value) as judge:  # for one's own work a warning is enough
        _warn(judge, allow_unisolated)
        for file in files:
            verdict = judge.verdict(file)
            perfect = perfect and not verdict.message and all(e.status == "passed" for e in verdict.exercises)
            lines = [verdict.to_json()] if json else [ascii(str(file))[1:-1], verdict_text(verdict)]
            if len(files) == 1 and not json:  # one file has room for all there is to say
                lines += [
                    exercise_text(e)
                    for e in verdict.exercises
                    if e.checks and e.status in ("failed", "error", "timeout")
                ]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
    raise typer.Exit(0 if perfect else 1)


@app.command()
def status(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="More notebooks or .py files.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Holds CHAPTER/CHAPTER.ipynb.")] = paths.EXERCISES,
    json: Annotated[bool, typer.Option("--json", help="All of it as JSON, and nothing else.")] = False,
    allow_unisolated: Unisolated = False,
) -> None:
    """Show your own progress through the chapters, and what to do next."""
    from autograder.progress import as_json, shown
    from autograder.status import Verdicts, look

    def start() -> Judge:
        from autograder.judge.selftest import start_ahead

        start_ahead()
        from autograder.judge.session import Judge

        return Judge(allow_unisolated=True)

    if not folder.is_dir():
        raise typer.BadParameter(f"{folder}: no such folder", param_hint="--folder")
    with Verdicts(start, lambda judge: _warn(judge, allow_unisolated)) as verdicts:
        parts = look(verdicts, folder, files or [])
    if json:
        typer.echo(as_json(parts))
    else:
        Console(highlight=False).print(shown(parts), crop=False)
    raise typer.Exit(1 if any(part.problem for part in parts) else 0)


@app.command()
def collect(
    sources: Annotated[list[Path], typer.Argument(metavar="ZIP_OR_DIR...", help="What the platform gave you.")],
    submitted: Annotated[Path, typer.Option(help="Where the work goes, as STUDENT/CHAPTER/CHAPTER.ipynb.")] = Path(
        "submitted"
    ),
    roster: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Who is in the class; roster.csv beside submitted, if it is there."),
    ] = None,
    chapter: Annotated[str, typer.Option(help="Of which chapter the files are that do not tell it themselves.")] = "",
) -> None:
    """Take in what Canvas, Moodle, Gradescope, Brightspace or Blackboard hand out, or a plain folder."""
    from autograder.classroom.collect import collect
    from autograder.classroom.collected import LIST
    from autograder.classroom.collected import shown as shown_lines
    from autograder.classroom.roster import read

    usual = submitted.absolute().parent / "roster.csv"
    path = roster or (usual if usual.is_file() else None)
    done = collect(sources, submitted.absolute(), read(path) if path else None, chapter)
    for line in shown_lines(done, path):
        typer.echo(line)
    typer.echo(f"every file, and what became of it: {usual.with_name(LIST)}")
    raise typer.Exit(0 if done.taken else 1)


@app.command()
def grade(
    chapter: Annotated[str, typer.Argument(help="Such as ch02_recurrence.")],
    submitted: Submitted = Path("submitted"),
    jobs: Annotated[int, typer.Option(min=0, help="Submissions at a time; 0: one a core.")] = 0,
    regrade: Annotated[str, typer.Option(help="changed: what has no verdict under these checks; or all.")] = "changed",
    device: Where = Device.cpu,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="Judge on the workers of a Dask cluster.")] = "",
    allow_unisolated: Unisolated = False,
) -> None:
    """Grade a class into nbgrader's gradebook, with autograded notebooks and feedback pages."""
    if regrade not in ("changed", "all"):
        raise typer.BadParameter(f"{regrade!r} is neither changed nor all", param_hint="--regrade")
    if not scheduler:
        from autograder.judge.selftest import start_ahead

        start_ahead()
    from autograder.classroom.grade import grade

    options = {"device": device.value, "scheduler": scheduler}
    result = grade(chapter, submitted, jobs, regrade, allow_unisolated, **options)  # type: ignore[arg-type]
    raise typer.Exit(result.status)


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


@app.command()
def doctor() -> None:
    """Versions, isolation layers, what is missing, and the command that mends it."""
    from autograder.doctor import advice, examine, table

    findings = examine()
    Console().print(table(findings))
    for line in advice(findings):
        typer.echo(line)
    raise typer.Exit(0 if all(finding.ok or not finding.needed for finding in findings) else 3)


def _warn(judge: Judge, allow_unisolated: bool) -> None:
    """Where one's own work runs less well isolated than it could, a line says so."""
    if judge.isolation == "none" and not allow_unisolated:
        typer.echo(f"autograder: warning: {judge.holes[0]}; check only files that you trust", err=True)
    elif judge.isolation == "inner":
        typer.echo(f"autograder: warning: {judge.warning}", err=True)


def main() -> None:
    """Run a command; every error that is the user's to mend is one line."""
    try:
        app()
    except UserError as error:
        typer.echo(f"autograder: {error}", err=True)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
