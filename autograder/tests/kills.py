"""Kill the grader at random moments, resume it, and see whether anything is lost.

``python -m autograder.tests.kills [--kills 200] [--seed S]`` prints one line; exit status 1 when something was lost.

The command is the real one, in a process of its own that is ended by SIGKILL. A server that has imported everything
forks that process, so that a kill costs no more than the start of a box. The moments are those of progress: in the
middle of a line of the journal, around a commit, while a page is written; and some milliseconds after one of these.
"""

from __future__ import annotations

import argparse
import atexit
import multiprocessing
import os
import random
import re
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from nbgrader.api import Gradebook
from rich.table import Table

from autograder import __main__, course
from autograder.classroom import journal
from autograder.classroom.grade import grade  # noqa: F401  imported here, so that it need not be after each kill
from autograder.classroom.rebuild import stamp
from autograder.classroom.results import MARK
from autograder.judge.verdict import Verdict
from autograder.tests.bench import classes
from autograder.tests.deaths import Moment, drawn

CHAPTER = "ch00_start"
STUDENTS = 100
KILLS = 20  # of one class
SEED = 7  # of all inputs, in every run: a class that differs was changed by a kill, and by nothing else
ODD = {7: "not a notebook", 23: '{"cells": [', 41: None}  # by number: the text of a file, or no file
END = 300.0  # seconds in which a run must have ended or been killed

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["__main__", "torch", *([] if __name__ == "__main__" else [__name__])])


def write_class(folder: Path, size: int = STUDENTS) -> Path:
    """A class of right, wrong, unreadable and missing notebooks, and answers that end their process."""
    submitted = classes.write_class(folder, size, CHAPTER)
    for number, text in ODD.items():
        path = submitted / f"student{number:04}" / CHAPTER / f"{CHAPTER}.ipynb"
        if path.exists():
            path.unlink()
            if text is not None:
                path.write_text(text)
    (folder / "tmp").mkdir()
    first = course.load(CHAPTER).exercises[0].name
    for number, code in ((3, "import os\nos._exit(0)"), (50, f"import os\ndef {first}(*a): os.abort()")):
        if number < size:
            path = submitted / f"student{number:04}" / CHAPTER / f"{CHAPTER}.ipynb"
            made = nbformat.read(path, 4)
            next(cell for cell in made.cells if cell.id == first).source = code
            nbformat.write(made, path)
    return submitted


def _command(submitted: str, log: str, moment: tuple[str, int, float] | None) -> None:
    """In a process of its own: the command of a teacher, with a death on its way."""
    os.setsid()
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    tempfile.tempdir = os.environ["TMPDIR"] = str(Path(submitted).with_name("tmp"))
    secrets.randbits = lambda bits: SEED
    if moment:
        Moment(*moment).arm()
    sys.argv = ["autograder", "grade", CHAPTER, "--submitted", submitted]
    try:
        __main__.main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out


@dataclass
class Outcome:
    """What a class came to: deaths by place, and what was lost, a line each."""

    kills: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


def graded(submitted: Path, when: Moment | None = None) -> tuple[int, set[psutil.Process]]:
    """Run the command to its end or its death; its exit status, and the processes it had that still live."""
    log = submitted.parent / "log"
    process = server.Process(
        target=_command, args=(str(submitted), str(log), when and (when.place, when.count, when.delay))
    )
    process.start()
    had: set[psutil.Process] = set()
    deadline = time.monotonic() + END
    while process.is_alive():
        if time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the grader did not end: {log.read_text()[-500:]}")
        try:
            had.update(psutil.Process(process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            break
        process.join(0.05)
    process.join()
    _, alive = psutil.wait_procs(list(had), timeout=10)
    return process.exitcode or 0, set(alive)


def killed_class(folder: Path, seed: int, kills: int = KILLS, size: int = STUDENTS) -> Outcome:
    """Grade one class with ``kills`` deaths on the way, and once more undisturbed; what differs is lost."""
    draw, outcome = random.Random(seed), Outcome()
    submitted, calm = write_class(folder / "killed", size), folder / "calm" / "submitted"
    shutil.copytree(submitted.parent, calm.parent, dirs_exist_ok=True)
    before = b""
    ended = False
    while not ended and outcome.kills.total() < kills:
        left = size - before.count(b"\n")
        when = drawn(draw, CHAPTER, 2 * left // (kills - outcome.kills.total() + 1))
        status, alive = graded(submitted, when)
        ended = status != -signal.SIGKILL
        if not ended:
            outcome.kills[when.place] += 1
        outcome.lost += [f"{when.place}: process {one.pid} outlived the grader" for one in alive]
        before = _grown(submitted, before, outcome)
    for place in (submitted, calm):
        status, alive = graded(place)
        if status or alive:
            outcome.lost.append(f"the last run ended with {status}: {(place.parent / 'log').read_text()[-300:]}")
    _grown(submitted, before, outcome)
    outcome.lost += differences(submitted, calm, size)
    return outcome


def _grown(submitted: Path, before: bytes, outcome: Outcome) -> bytes:
    """The whole lines of the journal, of which those of before must be the beginning."""
    path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    data = path.read_bytes() if path.exists() else b""
    data = data[: data.rfind(b"\n") + 1]
    if not data.startswith(before):
        outcome.lost.append("the journal has lost a line")
    return data


def differences(submitted: Path, calm: Path, size: int) -> list[str]:
    """What a killed and an undisturbed run do not have in common, a line each."""
    lost = []
    verdicts = journal.read(submitted.parent / "verdicts" / f"{CHAPTER}.jsonl")
    times = Counter(verdict.student for verdict in verdicts)
    lost += [f"{student}: {count} verdicts" for student, count in times.items() if count != 1]
    if len(verdicts) != (submitted.parent / "verdicts" / f"{CHAPTER}.jsonl").read_bytes().count(b"\n"):
        lost.append("a line of the journal is no verdict")
    if len(times) != size:
        lost.append(f"{len(times)} of {size} students have a verdict")
    if (found := grades(submitted)) != (wanted := grades(calm)):
        lost += [f"{name}: {found.get(name)}, not {wanted[name]}" for name in wanted if found.get(name) != wanted[name]]
    lost += [f"{verdict.student}: {problem}" for verdict in verdicts if (problem := _torn(submitted, verdict))]
    root = submitted.parent
    left = [*(root / "tmp").glob("*/*"), *(root / "feedback").rglob(".*"), *(root / "autograded").rglob(".*")]
    return lost + [f"left over: {path}" for path in left]


def grades(submitted: Path) -> dict[str, dict[str, float | None]]:
    """The gradebook's points by student and exercise, of a gradebook that is whole."""
    path = submitted.parent / "gradebook.db"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Gradebook(f"sqlite:///{path}") as book:
        return {
            one.student.id: {grade.name: grade.auto_score for notebook in one.notebooks for grade in notebook.grades}
            for one in book.assignment_submissions(CHAPTER)
        }


def _torn(submitted: Path, verdict: Verdict) -> str:
    """What is wrong with a student's graded notebook and feedback page; "" for nothing."""
    name, root = f"{CHAPTER}/{CHAPTER}", submitted.parent
    try:
        shown = nbformat.read(root / "autograded" / str(verdict.student) / f"{name}.ipynb", 4)
        page = (root / "feedback" / str(verdict.student) / f"{name}.html").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        return f"{error}"
    if shown.metadata.autograder != stamp(verdict):
        return "the graded notebook shows another verdict"
    end = re.compile(rf"</html>\s+{MARK.pattern.decode()}\s*\Z")  # of a whole page, which says what entry it shows
    return "" if end.search(page) and str(verdict.student) in page else "the page is torn"


def killed_classes(kills: int, seed: int) -> tuple[Outcome, str]:
    """As many classes as it takes for all kills; what came of them, and that in one line."""
    total, start, number = Outcome(), time.monotonic(), 0
    while total.kills.total() < kills:
        with tempfile.TemporaryDirectory() as folder:
            outcome = killed_class(Path(folder), seed + number, min(KILLS, kills - total.kills.total()))
        total.kills.update(outcome.kills)
        total.lost += outcome.lost
        number += 1
    classes_, lost = f"{number} class{'es' * (number > 1)} of {STUDENTS}", f"{len(total.lost) or 'nothing'} lost"
    took = f"{time.monotonic() - start:.0f} s"
    return total, f"{total.kills.total()} kills in {classes_} students: {lost}; seed {seed}, {took}"


def table(kills: int = 200) -> Table:
    """For the bench: deaths by place, and what was lost; ends the bench where something was."""
    total, line = killed_classes(kills, random.SystemRandom().randrange(2**32))
    shown = Table("the grader is killed", "times", title=line)
    for place, count in total.kills.most_common():
        shown.add_row(place, str(count))
    if total.lost:
        sys.exit("\n".join([line, *total.lost]))
    return shown


def main() -> None:
    """Print one line, and one for each thing that was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    total, line = killed_classes(options.kills, options.seed)
    print("\n".join([line, *total.lost]))
    sys.exit(bool(total.lost))


if __name__ == "__main__":
    main()
