"""Grading a class: every submission gets its verdict, its place in the gradebook, its notebook and its page."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader import utils
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import course, paths
from autograder.classroom.folder import ClassroomError
from autograder.classroom.grade import GradeResult, grade
from autograder.classroom.gradebook import Writer
from autograder.classroom.journal import read as read_journal
from autograder.classroom.rebuild import MAX_HTML, MAX_SOURCE, check_cells, rebuild, write_verdict
from autograder.judge import submission
from autograder.judge.session import JudgeError
from autograder.judge.verdict import CheckVerdict, ExerciseVerdict, Verdict
from autograder.tests.fake_judge import CHAPTER, RIGHT, FakeJudge, hand_in, notebook

WRONG = {name: f"# WRONG\n{source}" for name, source in RIGHT.items()}
Grade = Callable[..., GradeResult]


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gradebook that knows the chapter and nobody yet: made once, since nbgrader starts a program to make one."""
    submitted = tmp_path_factory.mktemp("empty") / "submitted"
    hand_in(submitted, "ann", RIGHT)
    grade(CHAPTER, submitted, 1, console=Console(quiet=True), open_judge=FakeJudge())
    path = submitted.parent / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as book:
        book.remove_submission(CHAPTER, "ann")
        book.remove_student("ann")
    return path.read_bytes()


@pytest.fixture
def submitted(tmp_path: Path, gradebook: bytes) -> Path:
    folder = tmp_path / "class" / "submitted"
    folder.mkdir(parents=True)
    (folder.parent / "gradebook.db").write_bytes(gradebook)
    return folder


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def run(submitted: Path, judge: FakeJudge) -> Grade:
    def run(**settings: object) -> GradeResult:
        return grade(CHAPTER, submitted, 2, open_judge=judge, **{"console": Console(quiet=True), **settings})  # type: ignore[arg-type]

    return run


def book(submitted: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{submitted.parent}/gradebook.db")


def scores(submitted: Path) -> dict[str, float]:
    with book(submitted) as opened:
        return {one.student.id: one.score for one in opened.assignment_submissions(CHAPTER)}


def outputs(submitted: Path, student: str) -> Path:
    return submitted.parent / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"


def page(submitted: Path, student: str) -> Path:
    return submitted.parent / "feedback" / student / CHAPTER / f"{CHAPTER}.html"


# A sound notebook from any submission


def test_only_sources_of_answers_are_taken_over(submitted: Path) -> None:
    """Metadata, outputs and check cells of a submission never reach the graded notebook."""
    forged = notebook(RIGHT)
    for cell in forged.cells:
        cell.metadata["tags"] = ["skip-execution"]
        if cell.id.startswith("check_"):
            cell.metadata.nbgrader.points = 1000
            cell.source = "1000"
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", forged), CHAPTER))
    assert rebuilt == notebook(RIGHT)


def test_helper_cells_come_before_their_answer(submitted: Path) -> None:
    """A learner's own cells stand before the answer that they preceded, plain; the ones after all answers come last."""
    own = notebook(RIGHT)
    place = [cell.id for cell in own.cells].index("rnn_forward")
    own.cells.insert(
        place,
        new_code_cell("def help_me(): pass", metadata={"nbgrader": {"grade": True, "grade_id": "x", "points": 9}}),
    )
    own.cells.append(new_code_cell("print('the end')"))
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", own), CHAPTER))
    ids = [cell.id for cell in rebuilt.cells]
    assert ids.index("helper_1") == ids.index("rnn_forward") - 1
    assert ids[-1] == "helper_2"
    assert len(set(ids)) == len(ids)
    helper = rebuilt.cells[ids.index("helper_1")]
    assert (helper.source, helper.metadata, helper.outputs) == ("def help_me(): pass", {}, [])


def test_all_answers_in_one_cell_leave_no_starter_behind(submitted: Path) -> None:
    """Where one cell answers several exercises, no starter below it undoes the answer or counts as no response."""
    whole = nbformat.v4.new_notebook(cells=[new_code_cell("\n\n".join(RIGHT.values()))])
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", whole), CHAPTER))
    cells = {cell.id: cell for cell in rebuilt.cells}
    assert cells["rnn_step"].source == "\n\n".join(RIGHT.values())
    assert cells["RNNCell"].source == "# RNNCell is defined in another cell."


@pytest.mark.parametrize("raw", ["{", b"\xff\xfe\x00", "[]", '{"nbformat": 9}', "[" * 100_000, ""])
def test_an_unreadable_submission_gives_the_release_with_a_note(submitted: Path, raw: str | bytes) -> None:
    """What is no notebook becomes the released one, with a plain note at the top that says why."""
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", raw), CHAPTER))
    assert rebuilt.cells[0].source.startswith("**This notebook could not be read:**")
    assert rebuilt.cells[0].metadata == {}
    assert rebuilt.cells[1:] == course.master(CHAPTER).cells
    nbformat.validate(rebuilt)


def test_sources_are_bounded_and_can_be_written(submitted: Path) -> None:
    """Half surrogate pairs, control characters and megabytes of text do not spoil the file."""
    path = hand_in(submitted, "ann", {"rnn_step": RIGHT["rnn_step"] + "\n#" + "x" * 3 * MAX_SOURCE + "\0"})
    path.write_text(path.read_text().replace("# xxx", "# \\ud800xxx"))
    rebuilt = rebuild(course.master(CHAPTER), submission.read(path, CHAPTER))
    assert len(nbformat.writes(rebuilt).encode()) < 2 * MAX_SOURCE


@pytest.mark.parametrize("score", [0.0, 4.0, 4 / 3, 0.1 + 0.2, 1e-17])
def test_nbgrader_reads_exactly_the_score_of_the_verdict(score: float) -> None:
    """Each check cell has one number, to the last bit the judge's, after feedback that nbgrader passes over."""
    graded = course.master(CHAPTER)
    write_verdict(graded, Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", score, 4.0)]))
    first, *others = check_cells(graded)
    assert utils.determine_grade(first) == (score, 4.0)
    assert [utils.determine_grade(cell)[0] for cell in others] == [0.0, 0.0]
    assert [output.output_type for output in first.outputs] == ["display_data", "execute_result"]
    nbformat.validate(graded)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1.0, 4.5])
def test_a_score_that_nbgrader_would_misread_is_refused(score: float) -> None:
    """No number outside 0 and the points is ever written, since nbgrader gives full marks for some of them."""
    with pytest.raises(ValueError, match="rnn_step was judged"):
        write_verdict(
            course.master(CHAPTER),
            Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", score, 4.0)]),
        )


def test_feedback_in_the_notebook_is_bounded() -> None:
    """A verdict of megabytes makes no notebook of megabytes, and no tag is cut in half."""
    check = CheckVerdict("test_x", "Right.", False, 1.0, "<b>" * 1_000_000)
    graded = course.master(CHAPTER)
    write_verdict(
        graded, Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", 0.0, 4.0, "", [check])])
    )
    shown = check_cells(graded)[0].outputs[0].data["text/html"]
    assert len(shown) < 2 * MAX_HTML
    assert "<b>" not in shown


# A class


def test_every_student_has_a_verdict_and_a_grade(submitted: Path, run: Grade) -> None:
    """Right, half right, untouched, unreadable, missing: each gets its own grade, and no one another's."""
    hand_in(submitted, "ann", RIGHT)
    hand_in(submitted, "bob", {**RIGHT, "rnn_step": WRONG["rnn_step"]})
    hand_in(submitted, "cem", {})
    hand_in(submitted, "dia", "not a notebook")
    hand_in(submitted, "eli", None)
    result = run()
    assert (result.status, result.judged, result.problems) == (0, 5, [])
    expected = {"ann": 16.0, "bob": 12.0 + 4 / 3, "cem": 0.0, "dia": 0.0, "eli": 0.0}
    assert {verdict.student: verdict.score for verdict in result.verdicts} == pytest.approx(expected)
    assert scores(submitted) == pytest.approx(expected)
    for student in expected:
        nbformat.read(outputs(submitted, student), 4)
        assert student in page(submitted, student).read_text()
    with book(submitted) as opened:
        comments = {one.name: one.comment for one in opened.find_submission_notebook(CHAPTER, CHAPTER, "cem").comments}
        assert set(comments.values()) == {"No response."}
        assert not any(one.needs_manual_grade for one in opened.assignment_submissions(CHAPTER))
        assert [one.comment for one in opened.find_submission_notebook(CHAPTER, CHAPTER, "ann").comments] == [None] * 3


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
    assert scores(submitted)["bob"] == pytest.approx(16 / 3)
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
    assert scores(submitted) == {"ann": 16.0}
    assert page(submitted, "ann").exists()
    assert outputs(submitted, "ann").exists()


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
    assert scores(submitted)["ann"] == 16.0
    judge.broken = set()
    (submitted.parent / "feedback" / "cem").unlink()
    assert run().status == 0
    assert scores(submitted) == dict.fromkeys(["ann", "bob", "cem"], 16.0)


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
    assert scores(submitted) == {"ann": 16.0, "bob": 16.0}


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
    assert scores(submitted) == dict.fromkeys(students, 16.0)
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
    monkeypatch.setattr("autograder.classroom.gradebook.PATIENCE", 0.1)
    result = run()
    assert (result.status, result.judged, len(result.problems)) == (3, 3, 1)
    assert "3 verdicts are kept" in result.problems[0]
    assert "end the program that holds it" in result.problems[0]
    holder.rollback()
    monkeypatch.setattr(Writer, "complete", complete)
    result = run()
    assert (result.status, result.judged) == (0, 0)
    assert scores(submitted) == pytest.approx(dict.fromkeys(["ann", "bob", "cem"], 16 / 3))


def test_a_teachers_review_stays(submitted: Path, run: Grade) -> None:
    """A manual score is kept, counts in the page's total, and asks for another look when the notebook changes."""
    hand_in(submitted, "ann", WRONG)
    run()
    with book(submitted) as opened:
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        opened.find_comment("rnn_step", CHAPTER, CHAPTER, "ann").manual_comment = "Nearly: look at <Wh> again."
        opened.db.commit()
    hand_in(submitted, "ann", RIGHT)
    run()
    with book(submitted) as opened:
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        assert (mark.auto_score, mark.manual_score, mark.score, mark.needs_manual_grade) == (4.0, 3.5, 3.5, True)
    text = page(submitted, "ann").read_text()
    assert "15.5 of 16 points" in text
    assert "Nearly: look at &lt;Wh&gt; again." in text


def test_late_submissions_are_treated_as_nbgrader_does(submitted: Path, run: Grade) -> None:
    """The due date, an extension and the course's late submission plugin decide, and timestamp.txt is read safely."""
    (submitted.parent / "nbgrader_config.py").write_text("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    stamps = {
        "ann": "2025-01-02 10:00:00 UTC",
        "bob": "2025-01-01 09:00:00 UTC",
        "cem": "yesterday, more or less",
        "dia": "",
    }
    for student, stamp in stamps.items():
        (hand_in(submitted, student, RIGHT).parent / "timestamp.txt").write_text(stamp)
    with book(submitted) as opened:
        opened.update_or_create_assignment(CHAPTER, duedate="2025-01-01 10:00:00 UTC")
    assert run().status == 0
    with book(submitted) as opened:
        found = {one.student.id: one for one in opened.assignment_submissions(CHAPTER)}
        assert {name: one.late_submission_penalty for name, one in found.items()} == {
            "ann": 16.0,
            "bob": 0,
            "cem": 0,
            "dia": 0,
        }
        assert found["ann"].timestamp == datetime(2025, 1, 2, 10)
        assert found["cem"].timestamp is None
        opened.grant_extension(CHAPTER, "ann", days=2)
    assert "handed in late: 0" in page(submitted, "ann").read_text()
    run(regrade="all")
    with book(submitted) as opened:
        assert opened.find_submission(CHAPTER, "ann").late_submission_penalty == 0


def test_other_files_come_along_and_links_do_not(submitted: Path, run: Grade) -> None:
    """Data that was handed in is copied as nbgrader does; a link to elsewhere is left out, as file and as folder."""
    secret = submitted.parent / "secret.txt"
    secret.write_text("the answers")
    folder = hand_in(submitted, "ann", RIGHT).parent
    (folder / "data").mkdir()
    (folder / "data" / "numbers.csv").write_text("1,2")
    (folder / "other.ipynb").write_text("{}")
    (folder / "leak.txt").symlink_to(secret)
    (folder / "tree").symlink_to(submitted.parent)
    (folder / "timestamp.txt").write_text("2025-01-01 10:00:00 UTC")
    (folder / "submission_secret.txt").write_text("key")
    os.mkfifo(folder / "pipe")
    linked = hand_in(submitted, "bob", None)
    linked.symlink_to(folder / f"{CHAPTER}.ipynb")
    (submitted / "eve").mkdir()
    (submitted / "eve" / CHAPTER).symlink_to(folder)
    (submitted / ".hidden" / CHAPTER).mkdir(parents=True)
    result = run()
    assert {verdict.student: verdict.score for verdict in result.verdicts} == {"ann": 16.0, "bob": 0.0}
    graded = outputs(submitted, "ann").parent
    copied = {str(path.relative_to(graded)) for path in graded.rglob("*") if path.is_file()}
    assert copied == {f"{CHAPTER}.ipynb", "data/numbers.csv", "timestamp.txt", "submission_secret.txt"}
    delivered = {path.name for path in page(submitted, "ann").parent.iterdir()}
    assert delivered == {f"{CHAPTER}.html", "timestamp.txt", "submission_secret.txt"}
    assert outputs(submitted, "ann").stat().st_mode & 0o777 == 0o444


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


def test_a_gradebook_that_is_none_is_one_line(submitted: Path, run: Grade) -> None:
    """A file that is no database, or one of another release with grades in it, is named before anything is judged."""
    hand_in(submitted, "ann", RIGHT)
    (submitted.parent / "gradebook.db").write_text("a shopping list, and no database at all" * 40)
    with pytest.raises(ClassroomError, match=r"the gradebook .* cannot be used \(file is not a database\)"):
        run()


def test_a_gradebook_of_another_release_is_brought_up_to_date(submitted: Path, run: Grade) -> None:
    """Without grades in it the gradebook learns the new release; with grades one line says what to do."""
    hand_in(submitted, "ann", RIGHT)
    with book(submitted) as opened:
        opened.add_grade_cell("check_gone", CHAPTER, CHAPTER, max_score=2, cell_type="code")
        opened.add_source_cell("check_gone", CHAPTER, CHAPTER, cell_type="code")
    run()
    with book(submitted) as opened:
        assert opened.find_assignment(CHAPTER).max_score == 16
        opened.add_grade_cell("check_gone", CHAPTER, CHAPTER, max_score=2, cell_type="code")
        opened.add_source_cell("check_gone", CHAPTER, CHAPTER, cell_type="code")
    with pytest.raises(ClassroomError, match="its gradebook holds submissions to other exercises"):
        run()


def test_the_course_folders_database_is_honoured(submitted: Path, run: Grade) -> None:
    """c.CourseDirectory.db_url of the course folder says where grades go; a relative file is in that folder."""
    hand_in(submitted, "ann", RIGHT)
    (submitted.parent / "gradebook.db").rename(submitted.parent / "grades.db")
    (submitted.parent / "nbgrader_config.py").write_text("c.CourseDirectory.db_url = 'sqlite:///grades.db'\n")
    run()
    with Gradebook(f"sqlite:///{submitted.parent}/grades.db") as opened:
        assert opened.find_submission(CHAPTER, "ann").score == 16
    assert not (submitted.parent / "gradebook.db").exists()


def test_the_table_shows_every_student(submitted: Path, run: Grade) -> None:
    """The report names students, points, status words and where results are; names cannot colour the terminal."""
    hand_in(submitted, "ann", {**RIGHT, "rnn_step": WRONG["rnn_step"]})
    hand_in(submitted, "[red]bob", "not a notebook")
    console = Console(record=True, width=140, file=io.StringIO())
    run(console=console)
    text = console.export_text()
    for words in (
        "1.33 failed",
        "6 passed",
        "13.33 of 16",
        "[red]bob",
        "0 missing",
        "not JSON",
        "isolation: boxed",
        "gradebook.db",
    ):
        assert words in text
    assert "2 judged\n" in text


def test_a_page_stands_alone(submitted: Path, run: Grade) -> None:
    """The page shows code, verdict and notes, escaped, without a script or anything from elsewhere."""
    source = RIGHT["rnn_step"] + "\n# <script>alert(1)</script> WRONG"
    own = notebook({**RIGHT, "rnn_step": source})
    own.cells.insert(3, new_code_cell("helper = '<img src=x>'"))
    hand_in(submitted, "ann", own)
    run()
    text = page(submitted, "ann").read_text()
    for words in ("<script", "<img", "http://", "https://", "@import"):
        assert words not in text
    for words in (
        "&lt;script&gt;alert",
        "&lt;img src=x&gt;",
        "The result is right.",
        'lang="en"',
        "13.33 of 16 points",
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
