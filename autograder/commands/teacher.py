"""What an instructor types, in the order of a term: from ``release`` to ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder import paths
from autograder.commands import Chapters, Device, Submitted, Unisolated, Where

app = typer.Typer()


@app.command()
def release(
    chapters: Chapters = None,
    course: Annotated[
        Path | None, typer.Option(help="Another course folder, to release into; its course.yml counts.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make what students get, DIR/unrolled and its zip."),
    ] = None,
) -> None:
    """Make exercises/ from solutions/ through nbgrader, and note the assignment in the gradebook."""
    if bundle:
        from autograder.bundle.folder import bundle as make
        from autograder.classroom.settings import read

        site = read(course).site if course else ""
        for path in make(chapters or [], bundle, lambda line: typer.echo(line, err=True), site):
            typer.echo(f"released {path}")
        return
    from autograder.course import release

    for path in release(chapters or [], course):
        typer.echo(f"released {path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path}")


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

    submitted = paths.straight(submitted)
    usual = submitted.parent / "roster.csv"
    path = roster or (usual if usual.is_file() else None)
    known = read(path) if path else None
    for doubt in known.doubts if known else []:
        typer.echo(f"{path}: {doubt}", err=True)
    done = collect(sources, submitted, known, chapter)
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
def report(
    chapter: Annotated[str, typer.Argument(help="Such as ch02_recurrence.")],
    submitted: Submitted = Path("submitted"),
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="Other names for all students, no code and no messages of theirs.")
    ] = False,
) -> None:
    """Write a page on the class: misconceptions, points, exercises, oddities, answers that are alike."""
    from autograder.classroom.report import report

    made = report(chapter, submitted, anonymise)
    typer.echo(f"report on {made.students} student{'s' * (made.students != 1)}: {made.page}")
    typer.echo(f"the same as a table: {made.table}")
    if made.alike:
        typer.echo(f"pairs or groups whose answers are alike, a question to ask them: {made.alike}")


@app.command()
def export(
    chapters: Annotated[
        list[str] | None, typer.Argument(metavar="[CHAPTER]...", help="All that are graded when none is named.")
    ] = None,
    format: Annotated[str, typer.Option(help="canvas, moodle, brightspace, gradescope, or csv.")] = "csv",
    submitted: Submitted = Path("submitted"),
    roster: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="The platform's own table of grades, to be filled in; or the class list."),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="PATH", help="The file; gradescope: the folder.")] = None,
    missing: Annotated[str, typer.Option(help="zero or empty: what who handed in nothing gets.")] = "",
    item: Annotated[str, typer.Option(metavar="NAME", help="What the platform calls the chapter's column.")] = "",
    anonymise: Annotated[bool, typer.Option("--anonymise", help="Pseudonyms for names, mail and numbers.")] = False,
) -> None:
    """Write the gradebook's grades in the format of a learning platform."""
    from autograder.classroom.export.run import Wanted
    from autograder.classroom.export.run import export as write
    from autograder.classroom.folder import CourseFolder

    wanted = Wanted(format, chapters or [], [], roster, output, missing, item, anonymise)
    done = write(wanted, CourseFolder(submitted))
    for line in done.lines:
        typer.echo(line)
    typer.echo(f"exported: {done.path}")
    raise typer.Exit(0 if done.complete else 1)
