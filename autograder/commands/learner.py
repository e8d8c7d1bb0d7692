"""What a learner types: ``check``, ``status`` and ``doctor``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder import paths
from autograder.commands import Device, Unisolated, Where

if TYPE_CHECKING:
    from autograder.judge.session import Judge

app = typer.Typer()


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
    from autograder import course
    from autograder.course import sections
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
                for one in verdict.exercises:
                    if one.checks and one.status in ("failed", "error", "timeout"):
                        section = sections.of(course.load(str(verdict.chapter)).exercise(one.name))
                        lines += [exercise_text(one), *([f"  {sections.again(section)}"] if section else [])]
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
