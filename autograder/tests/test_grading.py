"""Grading a class: every student a verdict, nothing lost when it is stopped, one fault never another's."""

from __future__ import annotations

import errno
import io
import json
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from rich.console import Console

from autograder import course, paths
from autograder.classroom.folder import ClassroomError
from autograder.classroom.grade import grade
from autograder.classroom.gradebook import Writer
from autograder.classroom.journal import read as read_journal
from autograder.classroom.results import replace
from autograder.judge.session import JudgeError
from autograder.judge.verdict import Verdict
from autograder.tests.course_folder import WRONG, Grade, book, gradebook, judge, outputs, page, run, scores, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in, notebook

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures


def test_every_student_has_a_verdict_and_a_grade(submitted: Path, run: Grade) -> None:
    """Right, half right, untouched, unreadable, missing: each gets its own grade, and no one another's."""
    hand_in(submitted, "ann", RIGHT)
    hand_in(submitted, "bob", {**RIGHT, "rnn_step": WRONG["rnn_step"]})
    hand_in(submitted, "cem", {})
    hand_in(submitted, "dia", "not a notebook")
    hand_in(submitted, "eli", None)
    result = run()
    assert (result.status, result.judged, result.problems) == (0, 5, [])
    expected = {"ann": FULL, "bob": FULL - 8 / 3, "cem": 0.0, "dia": 0.0, "eli": 0.0}
    assert {verdict.student: verdict.score for verdict in result.verdicts} == pytest.approx(expected)
    assert scores(submitted) == pytest.approx(expected)
    for student in expected:
        nbformat.read(outputs(submitted, student), 4)
        assert student in page(submitted, student).read_text()
    with book(submitted) as opened:
        comments = {one.name: one.comment for one in opened.find_submission_notebook(CHAPTER, CHAPTER, "cem").comments}
        assert set(comments.values()) == {"No response."}
        assert not any(one.needs_manual_grade for one in opened.assignment_submissions(CHAPTER))
        assert {one.comment for one in opened.find_submission_notebook(CHAPTER, CHAPTER, "ann").comments} == {None}


@pytest.mark.parametrize("regrade", ["changed", "all"])
@pytest.mark.parametrize("place", [f"{CHAPTER}.ipynb", ""])
def test_what_this_computer_cannot_open_changes_no_grade(
    submitted: Path, run: Grade, monkeypatch: pytest.MonkeyPatch, place: str, regrade: str
) -> None:
    """A file or folder without the right to read it: a line and status 3, the grade stays, and so do all others."""
    for student in ("ann", "bob"):
        hand_in(submitted, student, RIGHT)
    run()
    closed, lstat, opened = submitted / "ann" / CHAPTER / place, Path.lstat, Path.open

    def refuse(path: Path) -> Path:
        if path == closed or closed in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied")
        return path

    monkeypatch.setattr(Path, "open", lambda path, *args, **more: opened(refuse(path), *args, **more))
    if not place:
        monkeypatch.setattr(Path, "lstat", lambda path: lstat(refuse(path)))
    result = run(regrade=regrade)
    assert result.status == 3 and result.judged == (regrade == "all")
    assert [problem.partition(": ")[0] for problem in result.problems] == ["ann"]
    assert "cannot be read (Permission denied); mend that, and grade again" in result.problems[0]
    assert scores(submitted) == pytest.approx({"ann": FULL, "bob": FULL})


def test_a_second_run_repeats_nothing(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """What has a verdict is neither judged nor written again, unless notebook or checks change, or all is asked."""
    for student in ("ann", "bob"):
        hand_in(submitted, student, RIGHT)
    run()
    outputs(submitted, "ann").chmod(0o644)
    page(submitted, "ann").write_text("a teacher's page")
    assert run().judged == 0
    assert page(submitted, "ann").read_text() == "a teacher's page"
    hand_in(submitted, "bob", WRONG)
    assert run().judged == 1
    assert scores(submitted)["bob"] == pytest.approx(FULL / 3)
    judge.checks = "checks-2"
    assert run().judged == 2
    assert run(regrade="all").judged == 2
    assert judge.judged.count("ann") == 3


@pytest.mark.parametrize("lost", ["gradebook", "page", "notebook"])
def test_results_that_a_kill_prevented_are_written_next_time(submitted: Path, run: Grade, lost: str) -> None:
    """A verdict that reached the journal is enough: gradebook, page and notebook are made from it, without a judge."""
    hand_in(submitted, "ann", RIGHT)
    run()
    if lost == "gradebook":
        with book(submitted) as opened:
            opened.remove_submission(CHAPTER, "ann")
    else:
        (page if lost == "page" else outputs)(submitted, "ann").unlink()
    assert run().judged == 0
    assert scores(submitted) == {"ann": FULL}
    assert page(submitted, "ann").exists()
    assert outputs(submitted, "ann").exists()


def test_what_a_kill_left_of_a_file_is_replaced(tmp_path: Path) -> None:
    """A part of a page that was never finished is gone when the page is written, even where it cannot be written."""
    replace(tmp_path / "a" / "page.html", "before")
    part = tmp_path / "a" / ".page.html.part"
    part.write_text("ha")
    part.chmod(0o444)
    replace(tmp_path / "a" / "page.html", "whole")
    assert {path.name: path.read_text() for path in (tmp_path / "a").iterdir()} == {"page.html": "whole"}


def test_a_fault_of_ours_stops_one_submission_only(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """If judging or writing one fails, the others have their grades, one line names it, and the exit status says so."""
    for student in ("ann", "bob", "cem"):
        hand_in(submitted, student, RIGHT)
    (submitted.parent / "feedback").mkdir()
    (submitted.parent / "feedback" / "cem").write_text("in the way")
    judge.broken = {"bob"}
    result = run()
    assert result.status == 3
    assert sorted(line.split(":")[0] for line in result.problems) == ["bob", "cem"]
    assert scores(submitted)["ann"] == FULL
    judge.broken = set()
    (submitted.parent / "feedback" / "cem").unlink()
    assert run().status == 0
    assert scores(submitted) == dict.fromkeys(["ann", "bob", "cem"], FULL)


def test_a_judge_that_gives_up_ends_the_run_and_keeps_what_was_reached(
    submitted: Path, run: Grade, judge: FakeJudge
) -> None:
    """When the environment fails in the middle, that is one error, and finished verdicts are kept."""
    for student in ("ann", "bob"):
        hand_in(submitted, student, RIGHT)
    whole = judge.verdict

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        if student == "bob":
            raise JudgeError("the box is gone")
        return whole(path, chapter, student)

    judge.verdict = verdict  # type: ignore[method-assign]
    with pytest.raises(JudgeError, match="the box is gone"):
        run(console=Console(quiet=True))
    judge.verdict = whole  # type: ignore[method-assign]
    assert judge.open == 0
    result = run()
    assert (result.status, len(result.verdicts)) == (0, 2)
    assert scores(submitted) == {"ann": FULL, "bob": FULL}


KILLED = """
import os, sys, time
from pathlib import Path
from autograder.classroom.grade import grade
from autograder.tests.fake_judge import CHAPTER, FakeJudge

class Slow(FakeJudge):
    def verdict(self, path, chapter=None, student=None):
        time.sleep(0.02 if student < "s12" else 60)
        return super().verdict(path, chapter, student)

grade(CHAPTER, Path(sys.argv[1]), 2, open_judge=Slow())
"""


def test_a_killed_run_loses_no_finished_verdict(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """After kill -9 in the middle the second run judges only what had no verdict, and all is written in the end."""
    students = [f"s{number:02}" for number in range(20)]
    for student in students:
        hand_in(submitted, student, RIGHT)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(submitted)], cwd=paths.ROOT, stdout=subprocess.DEVNULL
    )
    path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    for _ in range(600):
        if len(read_journal(path)) >= 10:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    finished = {one.student for one in read_journal(path)}
    assert 10 <= len(finished) <= 12
    assert run().status == 0
    assert sorted(judge.judged) == sorted(set(students) - finished)
    assert scores(submitted) == dict.fromkeys(students, FULL)
    assert all(page(submitted, student).exists() and outputs(submitted, student).exists() for student in students)


def test_a_locked_gradebook_loses_nothing(submitted: Path, run: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the gradebook judging goes on; one line says so, and the next run enters it."""
    for student in ("ann", "bob", "cem"):
        hand_in(submitted, student, RIGHT)
    run()
    for student in ("ann", "bob", "cem"):
        hand_in(submitted, student, WRONG)
    holder = sqlite3.connect(submitted.parent / "gradebook.db")
    complete = Writer.complete

    def hold(self: Writer) -> set[str]:
        found = complete(self)
        self.book.db.rollback()
        holder.execute("BEGIN EXCLUSIVE")
        return found

    monkeypatch.setattr(Writer, "complete", hold)
    monkeypatch.setattr("autograder.classroom.database.PATIENCE", 0.1)
    result = run()
    assert (result.status, result.judged, len(result.problems)) == (3, 3, 1)
    assert "3 verdicts are kept" in result.problems[0]
    assert "end the program that holds it" in result.problems[0]
    holder.rollback()
    monkeypatch.setattr(Writer, "complete", complete)
    result = run()
    assert (result.status, result.judged) == (0, 0)
    assert scores(submitted) == pytest.approx(dict.fromkeys(["ann", "bob", "cem"], FULL / 3))


@pytest.mark.parametrize("patience", [30.0, 0.05])
def test_a_gradebook_that_is_locked_for_a_moment_is_complete_at_the_end(
    submitted: Path, run: Grade, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    """A lock that ends while a write waits for it, or before the run ends, costs nothing, and nobody hears of it."""
    for student in ("ann", "bob", "cem"):
        hand_in(submitted, student, RIGHT)
    monkeypatch.setattr("autograder.classroom.database.PATIENCE", patience)
    holder = sqlite3.connect(submitted.parent / "gradebook.db", check_same_thread=False)
    whole, locked, free = judge.verdict, threading.Event(), threading.Timer(1.0, holder.rollback)

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        if student == "ann":
            holder.execute("BEGIN EXCLUSIVE")
            free.start()
            locked.set()
        elif student == "cem":
            locked.wait(10)  # two are judged at a time, and bob may have been quicker than ann
            free.join()
        return whole(path, chapter, student)

    judge.verdict = verdict  # type: ignore[method-assign]
    result = run()
    assert (result.status, result.problems) == (0, [])
    assert scores(submitted) == dict.fromkeys(["ann", "bob", "cem"], FULL)


def test_two_graders_do_not_work_in_one_folder(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """The second grader is told in one line, and the first is not disturbed."""
    hand_in(submitted, "ann", RIGHT)
    whole = judge.verdict
    refused: list[str] = []

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        with pytest.raises(ClassroomError, match="another grader is at work") as caught:
            run()
        refused.append(str(caught.value))
        return whole(path, chapter, student)

    judge.verdict = verdict  # type: ignore[method-assign]
    assert run().status == 0
    assert len(refused) == 1


def test_wrong_usage_is_one_line(tmp_path: Path, submitted: Path, judge: FakeJudge) -> None:
    """No folder, no submissions, no such chapter: what, where and what to do."""
    for place, words in ((tmp_path / "nowhere", "no such folder"), (submitted, "no submissions of ch02_recurrence")):
        with pytest.raises(ClassroomError, match=words) as caught:
            grade(CHAPTER, place, open_judge=judge)
        assert caught.value.status == 2
        assert "\n" not in str(caught.value)
    with pytest.raises(course.CourseError, match="no such chapter"):
        grade("ch99", submitted, open_judge=judge)


def test_the_table_shows_every_student(submitted: Path, run: Grade) -> None:
    """In 80 columns stand students, points, signs and where results are; names cannot colour the terminal."""
    hand_in(submitted, "ann", {**RIGHT, "rnn_step": WRONG["rnn_step"]})
    hand_in(submitted, "[red]bob", "not a notebook")
    console = Console(record=True, width=80, file=io.StringIO())
    run(console=console)
    text = console.export_text()
    for words in (
        "1.33 ✗",
        "1 rnn_step, 2 rnn_forward",
        "✓ passed",
        f"{FULL - 8 / 3:.2f} of {FULL:g}",
        "[red]bob",
        "– missing",
        "not JSON",
        "isolation: boxed",
        "gradebook.db",
    ):
        assert words in text
    assert "2 judged\n" in text


def test_a_page_stands_alone(submitted: Path, run: Grade) -> None:
    """The page shows code, verdict and notes, escaped, without a script; all it has from elsewhere are links."""
    source = RIGHT["rnn_step"] + "\n# <script>alert(1)</script> WRONG"
    own = notebook({**RIGHT, "rnn_step": source})
    own.cells.insert(3, new_code_cell("helper = '<img src=x>'"))
    hand_in(submitted, "ann", own)
    run()
    text = page(submitted, "ann").read_text()
    for words in ("<script", "<img", "http://", "https://", "@import"):
        assert words not in re.sub(r'<a href="https://[^"]+">', "", text)
    for words in (
        "&lt;script&gt;alert",
        "&lt;img src=x&gt;",
        "The result is right.",
        'lang="en"',
        f"{FULL - 8 / 3:.2f} of {FULL:g} points",
    ):
        assert words in text


def test_the_journal_has_every_verdict(submitted: Path, run: Grade) -> None:
    """verdicts/<chapter>.jsonl holds one JSON line for each, which is all that reports need."""
    hand_in(submitted, "ann", RIGHT)
    hand_in(submitted, "bob", None)
    run()
    path = submitted.parent / "verdicts" / f"{CHAPTER}.jsonl"
    assert sorted(str(one.student) for one in read_journal(path)) == ["ann", "bob"]
    assert all(json.loads(line)["chapter"] == CHAPTER for line in path.read_text().splitlines())
