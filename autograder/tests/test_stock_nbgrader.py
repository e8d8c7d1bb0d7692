"""nbgrader stays whole: its own commands work on this course, and give the same grades as ours."""

from __future__ import annotations

import csv
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import AutogradeApp, ExportApp, GenerateFeedbackApp
from nbgrader.apps.baseapp import NbGrader
from nbgrader.preprocessors import AssignLatePenalties
from rich.console import Console
from traitlets.config import Config

from autograder import course, paths
from autograder.classroom import stock
from autograder.classroom.grade import grade
from autograder.classroom.late import CoursePlugin
from autograder.judge.session import JudgeError
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in, notebook

WRONG = {name: f"# WRONG\n{source}" for name, source in RIGHT.items()}

# nbgrader's own queries make SQLAlchemy warn
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def forged() -> nbformat.NotebookNode:
    """Tags, points and outputs that fool nbgrader, over no answers at all."""
    made = notebook({})
    for cell in made.cells:
        cell.metadata["tags"] = ["skip-execution"]
        if cell.id.startswith("check_"):
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "1000"})]
    return made


def copied() -> nbformat.NotebookNode:
    """One cell twice: stock nbgrader stops for everybody after this student."""
    made = notebook(RIGHT)
    made.cells += [cell for cell in notebook(RIGHT).cells if cell.id.startswith("check_")]
    return made


def old_schema(version: int) -> nbformat.NotebookNode:
    """nbgrader metadata of another version: stock nbgrader stops for everybody after this student."""
    made = notebook(RIGHT)
    for cell in made.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = version
    return made


def lost_metadata() -> nbformat.NotebookNode:
    return new_notebook(cells=[new_code_cell(source) for source in RIGHT.values()])


CLASS = {
    "ann_right": (RIGHT, FULL),
    "bob_wrong": ({**RIGHT, "rnn_step": WRONG["rnn_step"]}, FULL - 8 / 3),
    "cem_untouched": ({}, 0.0),
    "dia_not_json": ("this is no notebook", 0.0),
    "eli_not_text": (b"\xff\xfe\x00", 0.0),
    "fay_copied_cell": (copied(), FULL),
    "gus_old_schema": (old_schema(1), FULL),
    "hal_future_schema": (old_schema(99), FULL),
    "ida_future_format": ('{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": []}', 0.0),
    "jan_lost_metadata": (lost_metadata(), FULL),
    "kim_forged": (forged(), 0.0),
    "leo_deep": ("[" * 100_000, 0.0),
    "zoe_right": (RIGHT, FULL),
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """nbgrader's programs are singletons that log to the standard error stream."""
    yield
    for program in (AutogradeApp, GenerateFeedbackApp, ExportApp, NbGrader):
        program.clear_instance()


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gradebook that nbgrader's own generate_assignment made, by way of a release into a course folder."""
    folder = tmp_path_factory.mktemp("book")
    course.release([CHAPTER], course=folder)
    return (folder / "gradebook.db").read_bytes()


@pytest.fixture
def classroom(tmp_path: Path, empty_book: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder elsewhere, with the one line of configuration that README.md names; it is the current folder."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "gradebook.db").write_bytes(empty_book)
    (folder / "nbgrader_config.py").write_text(f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    made = FakeJudge()
    monkeypatch.setattr(stock, "_judge", lambda allow_unisolated: made)
    return made


def nbgrader(program: type[NbGrader], *args: str) -> None:
    """Run one of nbgrader's own commands here."""
    app = program(log_level=logging.CRITICAL)
    app.initialize([*args, "--log-level=CRITICAL"])
    app.start()


def scores(folder: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {one.student.id: one.score for one in book.assignment_submissions(CHAPTER)}


def details(folder: Path) -> dict[str, object]:
    """Everything that grading enters, cell by cell."""
    found: dict[str, object] = {}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        for one in book.assignment_submissions(CHAPTER):
            (entered,) = one.notebooks
            grades = {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in entered.grades}
            comments = {c.name: c.comment for c in entered.comments}
            found[one.student.id] = (one.timestamp, entered.late_submission_penalty, grades, comments)
    return found


def graded(folder: Path, student: str) -> Path:
    return folder / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"


def test_stock_autograde_gives_what_ours_gives(classroom: Path, empty_book: bytes, judge: FakeJudge) -> None:
    """Same gradebook, cell by cell, and the same notebooks, byte for byte; nobody stops the students after him."""
    for student, (work, _) in CLASS.items():
        folder = hand_in(classroom / "submitted", student, work).parent
        (folder / "timestamp.txt").write_text("2025-01-01 10:00:00 UTC")
        (folder / "notes.txt").write_text("mine")
    with Gradebook(f"sqlite:///{classroom}/gradebook.db") as book:
        book.update_or_create_assignment(CHAPTER, duedate="2025-01-01 09:00:00 UTC")
    nbgrader(AutogradeApp, CHAPTER)
    assert scores(classroom) == pytest.approx({student: score for student, (_, score) in CLASS.items()})
    ours = classroom / "ours"
    ours.mkdir()
    (classroom / "submitted").rename(ours / "submitted")
    (ours / "gradebook.db").write_bytes(empty_book)
    with Gradebook(f"sqlite:///{ours}/gradebook.db") as book:
        book.update_or_create_assignment(CHAPTER, duedate="2025-01-01 09:00:00 UTC")
    assert grade(CHAPTER, ours / "submitted", 2, console=Console(quiet=True), open_judge=judge).status == 0
    assert details(ours) == details(classroom)
    for student in CLASS:
        folder, other = graded(ours, student).parent, graded(classroom, student).parent
        files = sorted(path.relative_to(folder) for path in folder.rglob("*"))
        assert files == sorted(path.relative_to(other) for path in other.rglob("*"))
        for name in files:
            assert (folder / name).read_bytes() == (other / name).read_bytes(), (student, name)
            assert (folder / name).stat().st_mode == (other / name).stat().st_mode, (student, name)


@pytest.mark.parametrize("way", ["ours", "stock"])
def test_stock_feedback_and_export_work_on_the_result(classroom: Path, judge: FakeJudge, way: str) -> None:
    """nbgrader's own feedback page shows the verdict, its export has the grades, whoever graded."""
    for student in ("ann_right", "bob_wrong", "dia_not_json"):
        hand_in(classroom / "submitted", student, CLASS[student][0])
    if way == "ours":
        grade(CHAPTER, classroom / "submitted", 1, console=Console(quiet=True), open_judge=judge)
    else:
        nbgrader(AutogradeApp, CHAPTER)
    nbgrader(GenerateFeedbackApp, CHAPTER, "--force")
    pages = {path.parts[-3]: path.read_text() for path in classroom.glob(f"feedback/*/{CHAPTER}/*.html")}
    assert set(pages) == {"ann_right", "bob_wrong", "dia_not_json"}
    assert "the entry at (0, 0) differs" in pages["bob_wrong"]
    assert f"{FULL - 8 / 3:.2f} / {FULL}" in pages["bob_wrong"]
    assert "could not be read" in pages["dia_not_json"]
    nbgrader(ExportApp, "--to=grades.csv")
    with Path("grades.csv").open(newline="") as file:
        found = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert found == pytest.approx({student: CLASS[student][1] for student in pages})


def test_no_execute_does_not_give_everybody_full_marks(classroom: Path, judge: FakeJudge) -> None:
    """`--no-execute` would leave check cells without output, which nbgrader takes for right: they are judged."""
    hand_in(classroom / "submitted", "cem", {})
    nbgrader(AutogradeApp, CHAPTER, "--no-execute")
    assert scores(classroom) == {"cem": 0.0}


def test_a_notebook_that_is_a_folder_or_a_link_stops_nobody(classroom: Path, judge: FakeJudge) -> None:
    """What is no file at all has no points, and the students after it are graded."""
    hand_in(classroom / "submitted", "ann", None).mkdir()
    right = hand_in(classroom / "submitted", "cem", RIGHT)
    hand_in(classroom / "submitted", "bob", None).symlink_to(right)
    nbgrader(AutogradeApp, CHAPTER)
    assert scores(classroom) == {"ann": 0.0, "bob": 0.0, "cem": FULL}


def test_without_a_judge_nothing_is_graded(classroom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where submissions cannot be isolated, nbgrader ends before the first student, with exit status 1."""

    def refuse(allow_unisolated: bool) -> None:
        raise JudgeError("submissions cannot be isolated here; install bubblewrap")

    monkeypatch.setattr(stock, "_judge", refuse)
    hand_in(classroom / "submitted", "ann", RIGHT)
    with pytest.raises(SystemExit) as caught:
        nbgrader(AutogradeApp, CHAPTER)
    assert caught.value.code == 1
    assert scores(classroom) == {}
    assert not (classroom / "autograded").exists()


def test_stock_formgrader_works_on_the_result(classroom: Path, judge: FakeJudge) -> None:
    """nbgrader's grading pages open on what ours wrote: the lists, and a submission with its feedback and score."""
    for student in ("ann_right", "bob_wrong"):
        hand_in(classroom / "submitted", student, CLASS[student][0])
    grade(CHAPTER, classroom / "submitted", 1, console=Console(quiet=True), open_judge=judge)
    with formgrader(classroom) as get:
        for place in (
            "manage_assignments",
            f"manage_submissions/{CHAPTER}",
            f"gradebook/{CHAPTER}/{CHAPTER}",
            "manage_students",
        ):
            assert "<title>nbgrader" in get(place)
        listed = {one["student"]: one for one in json.loads(get(f"api/submitted_notebooks/{CHAPTER}/{CHAPTER}"))}
        assert listed["bob_wrong"]["score"] == pytest.approx(CLASS["bob_wrong"][1])
        assert not listed["ann_right"]["needs_manual_grade"]
        shown = get(f"submissions/{listed['bob_wrong']['id']}/?index=0")
        assert "the entry at (0, 0) differs" in shown
        assert "Student's answer" in shown


@contextmanager
def formgrader(folder: Path) -> Iterator[Callable[[str], str]]:
    """A Jupyter server here with nbgrader's formgrader in it; gives a function that gets one of its pages."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"]
    command += [f"--port={port}", "--ServerApp.token=secret", "--ServerApp.port_retries=0"]
    command += ["--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(place: str) -> str:
        url = f"http://127.0.0.1:{port}/formgrader/{place}"
        with urlopen(Request(url, headers={"Authorization": "token secret"}), timeout=30) as answer:
            return str(answer.read().decode())

    try:
        for _ in range(120):
            try:
                get("manage_assignments")
                break
            except URLError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.25)
        yield get
    finally:
        server.terminate()
        server.wait(10)


def test_another_assignment_is_left_to_nbgrader(classroom: Path, judge: FakeJudge) -> None:
    """An instructor's own assignment in the same folder takes nbgrader's own way."""
    step = stock.Rebuild(parent=None)
    names = {"nbgrader": {"assignment": "homework", "notebook": "homework", "student": "ann"}}
    theirs = new_notebook(cells=[new_code_cell("1 + 1")])
    assert step.preprocess(theirs, names) == (theirs, names)
    executed, _ = stock.JudgeSubmission(config=Config({"JudgeSubmission": {"enabled": False}}))(theirs, names)
    assert executed.cells[0].outputs == []
    assert judge.judged == []


def test_the_configuration_names_what_exists() -> None:
    """Every step of stock autograding is still there: only Execute is replaced, and the rebuilding comes first."""
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder.course.generate import configuration

    config = configuration(paths.ROOT)
    ours = Autograde(coursedir=CourseDirectory(config=config), config=config)
    plain = Autograde(coursedir=CourseDirectory())
    named = [
        [name.split(".")[-1] for name in steps] for steps in (ours.sanitize_preprocessors, ours.autograde_preprocessors)
    ]
    usual = [
        [step.__name__ for step in steps] for steps in (plain.sanitize_preprocessors, plain.autograde_preprocessors)
    ]
    assert named[0] == ["Rebuild", *usual[0]]
    late = usual[1].index("AssignLatePenalties")
    assert named[1] == ["JudgeSubmission", *usual[1][1:late], "DueDates", *usual[1][late:]]
    assert usual[1][0] == "Execute"
    assert AssignLatePenalties(config=config).plugin_class is CoursePlugin
    assert ours.exporter_class is stock.JudgeExporter
    assert json.dumps(named)
