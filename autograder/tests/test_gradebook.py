"""The stock gradebook, filled by one writer: reviews stay, penalties are nbgrader's own, files come along."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.folder import ClassroomError
from autograder.tests.course_folder import WRONG, Grade, book, gradebook, judge, outputs, page, run, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, hand_in

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures


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
    assert f"{FULL - 0.5:g} of {FULL:g} points" in text
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
            "ann": FULL,
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
    assert {verdict.student: verdict.score for verdict in result.verdicts} == {"ann": FULL, "bob": 0.0}
    graded = outputs(submitted, "ann").parent
    copied = {str(path.relative_to(graded)) for path in graded.rglob("*") if path.is_file()}
    assert copied == {f"{CHAPTER}.ipynb", "data/numbers.csv", "timestamp.txt", "submission_secret.txt"}
    delivered = {path.name for path in page(submitted, "ann").parent.iterdir()}
    assert delivered == {f"{CHAPTER}.html", "timestamp.txt", "submission_secret.txt"}
    assert outputs(submitted, "ann").stat().st_mode & 0o777 == 0o444


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
        assert opened.find_assignment(CHAPTER).max_score == FULL
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
        assert opened.find_submission(CHAPTER, "ann").score == FULL
    assert not (submitted.parent / "gradebook.db").exists()
