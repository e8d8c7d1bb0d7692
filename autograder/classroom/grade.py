"""Grade a class: nbgrader's ``submitted/`` in; gradebook, graded notebooks, feedback pages and verdicts out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console

from autograder import course
from autograder.classroom import settings
from autograder.classroom.folder import TIMESTAMP, ClassroomError, CourseFolder, Handed, unwritable
from autograder.classroom.gradebook import Writer
from autograder.classroom.journal import Journal
from autograder.classroom.progress import Progress, table
from autograder.classroom.rebuild import line
from autograder.classroom.results import Results
from autograder.classroom.run import GradeResult, OpenJudge, Run
from autograder.judge import cores
from autograder.judge.session import Judge

__all__ = ["GradeResult", "Regrade", "grade"]
Regrade = Literal["changed", "all"]


def grade(
    chapter: str,
    submitted: Path,
    jobs: int = 0,
    regrade: Regrade = "changed",
    allow_unisolated: bool = False,
    device: str = "cpu",
    console: Console | None = None,
    scheduler: str = "",
    open_judge: OpenJudge = Judge,
) -> GradeResult:
    """Grade ``submitted/<student>/<chapter>/<chapter>.ipynb``; results go beside ``submitted``.

    ``jobs`` submissions are judged at a time (0: one a core), here or by the Dask workers of a ``scheduler``.
    ``regrade="changed"`` leaves alone what has a verdict under the same checks already.
    ClassroomError, CourseError or JudgeError, one line each, when grading cannot begin or go on;
    what was judged until then is kept, and the next run goes on from there.
    """
    console = console or Console()
    master = course.master(chapter)
    folder = CourseFolder(submitted)
    terms = settings.read(folder.root)
    handed = folder.handed_in(chapter)
    if not handed:
        place = folder.submitted / "STUDENT" / chapter / f"{chapter}.ipynb"
        raise ClassroomError(f"no submissions of {chapter}; each belongs in {place}", 2)
    if scheduler:
        from autograder.classroom.cluster import MOST, Cluster  # Dask takes a moment to import

        open_judge, jobs = partial(Cluster, scheduler), jobs or MOST
    judge = open_judge(allow_unisolated=allow_unisolated, device=device, chapter=chapter)
    with (
        folder.locked(),
        _journal(folder.journals / f"{chapter}.jsonl") as journal,
        Writer(folder, master, chapter, terms) as writer,
        Results(chapter, folder, writer, journal.of) as results,
    ):
        run = Run(chapter, journal, results, judge)
        run.result.doubts = [*writer.doubts, *_misplaced(handed)]
        _judge(run, handed, jobs or cores.count(), regrade, console)
        run.finish()
    _report(console, run)
    return run.result


def _judge(run: Run, handed: list[Handed], jobs: int, regrade: Regrade, console: Console) -> None:
    """The judge, which takes seconds to start, is opened only if there is something to judge."""
    with Progress(console, len(handed)) as progress:
        handed = run.readable(handed, progress)
        waiting = run.take_known(handed, progress) if regrade == "changed" else handed
        if waiting:
            with run.judging as judge:
                progress.say(run.chapter, len(waiting), judge)
                run.judge_all(waiting, jobs, progress)


def _misplaced(handed: list[Handed]) -> Iterator[str]:
    """A line on what lies in a folder and does not count, since its name or what stands in it is not the right one."""
    for one in handed:
        others = [] if one.is_there else sorted(one.folder.glob("*.ipynb"))
        if others:
            yield line(
                f"{others[0]}: it does not count by that name; rename it {one.notebook.name}, and grade again", 500
            )
        if one.timestamp is None and one.has_time:
            yield line(f"{one.folder / TIMESTAMP}: no date, such as 2026-10-19 12:00:00 UTC; it does not count", 500)


def _journal(path: Path) -> Journal:
    """The journal, open; ClassroomError where it cannot be written."""
    try:
        return Journal(path)
    except OSError as error:
        raise unwritable(path, error) from error


def _report(console: Console, run: Run) -> None:
    """The table, what is remarkable, and where everything is."""
    result, folder = run.result, run.results.folder
    console.print(table(result.verdicts))
    lines = [f"{verdict.student}: {verdict.message}" for verdict in result.verdicts if verdict.message]
    known = len(result.verdicts) - result.judged
    lines.append(f"{result.judged} judged" + (f", {known} judged before and unchanged" if known else ""))
    if result.refreshed:
        lines.append(f"pages made anew, since penalty, score or comment is another now: {result.refreshed}")
    lines.append(f"gradebook: {folder.shown_db}")
    lines.append(f"graded notebooks: {folder.root / folder.nbgrader.autograded_directory}")
    lines.append(f"feedback pages: {folder.root / folder.nbgrader.feedback_directory}")
    lines.append(f"verdicts: {run.journal.path}")
    for text in lines:
        console.print(line(text, 500), highlight=False, markup=False, soft_wrap=True)
    for doubt in result.doubts:
        console.print(doubt, style="yellow", highlight=False, markup=False, soft_wrap=True)
    for problem in result.problems:
        console.print(problem, style="bold red", highlight=False, markup=False, soft_wrap=True)
