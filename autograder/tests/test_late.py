"""Late days: what course.yml says becomes penalties in the gradebook and on the pages, then and whenever it changes."""

from __future__ import annotations

import io
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import course
from autograder.classroom.folder import ClassroomError
from autograder.classroom.gradebook import Writer
from autograder.classroom.results import Results
from autograder.tests.course_folder import Grade, book, gradebook, judge, outputs, page, run, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures

TERMS = f"""
due: {{{CHAPTER}: 2026-10-12 12:00}}
late: {{grace: 10 minutes, per_day: 10%, at_most: 40%}}
"""
TIMES = {
    "ann": "2026-10-12 11:59:59 UTC",
    "bob": "2026-10-12 12:10:00 UTC",  # within the grace
    "cem": "2026-10-13 12:00:01 UTC",  # a second more than a day
    "dia": "2026-11-12 12:00:00 UTC",
    "eli": "",
}


@pytest.fixture
def late(submitted: Path) -> Path:
    """Five who handed in at different times, and a course.yml."""
    for student, time in TIMES.items():
        (hand_in(submitted, student, RIGHT).parent / "timestamp.txt").write_text(time)
    terms(submitted, TERMS)
    return submitted


def terms(submitted: Path, text: str) -> None:
    (submitted.parent / "course.yml").write_text(text)


def penalties(submitted: Path) -> dict[str, float]:
    """In percent of the full score."""
    with book(submitted) as opened:
        found = {one.student.id: one.late_submission_penalty for one in opened.assignment_submissions(CHAPTER)}
    return {student: round(100 * penalty / FULL, 6) for student, penalty in found.items()}


def files(submitted: Path) -> dict[str, tuple[int, int]]:
    """By student, when page and notebook were written: another number is another file."""
    return {name: (page(submitted, name).stat().st_ino, outputs(submitted, name).stat().st_ino) for name in TIMES}


def extend(submitted: Path, text: str) -> None:
    terms(submitted, f"{TERMS}extensions: {text}\n")


def test_late_days_cost_what_course_yml_says(late: Path, run: Grade) -> None:
    """In time and within the grace nothing, then every day begun, and never more than the most; the page says why."""
    assert run().status == 0
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 20, "dia": 40, "eli": 0}
    with book(late) as opened:
        assert opened.find_assignment(CHAPTER).duedate == datetime(2026, 10, 12, 12)
    text = page(late, "cem").read_text()
    assert "Handed in late: 2 days begun after it was due; 10 % of the points taken off for each, 40 % at most." in text
    assert f"handed in late: {0.8 * FULL:g}." in text
    assert "Handed in late" not in page(late, "bob").read_text()


def test_an_extension_given_later_needs_no_judge(late: Path, run: Grade, judge: FakeJudge) -> None:
    """The penalty in gradebook and page follows; nobody is judged again, and nobody else's files are written again."""
    run()
    before, judged = files(late), list(judge.judged)
    extend(late, "{cem: 1 day, ann: 1 week}")
    result = run()
    assert (result.status, result.judged, result.refreshed) == (0, 0, 1)
    assert judge.judged == judged
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 0, "dia": 40, "eli": 0}
    assert "Handed in late" not in page(late, "cem").read_text()
    after = files(late)
    assert {name for name in TIMES if after[name] != before[name]} == {"cem"}
    assert after["cem"][1] == before["cem"][1]  # the graded notebook says nothing of penalties
    with book(late) as opened:
        found = {one.student.id: one.extension for one in opened.assignment_submissions(CHAPTER)}
    assert found == {"ann": timedelta(weeks=1), "bob": None, "cem": timedelta(days=1), "dia": None, "eli": None}
    assert run().refreshed == 0
    extend(late, "{}")
    assert run().refreshed == 1
    assert penalties(late)["cem"] == 20


def test_a_due_date_or_rule_that_changes_is_followed(late: Path, run: Grade) -> None:
    """Whose penalty or number of days changes gets another page: the date moved, taken away, another rule."""
    run()
    for old, new, expected, refreshed in (
        ("12:00", "11:00", {"ann": 10, "bob": 10, "cem": 20, "dia": 40, "eli": 0}, {"ann", "bob", "dia"}),
        (
            "12:00",
            "12:00 America/New_York",
            {"ann": 0, "bob": 0, "cem": 10, "dia": 40, "eli": 0},
            {"ann", "bob", "cem", "dia"},
        ),
        ("10%", "1 point", {"ann": 0, "bob": 0, "cem": 200 / FULL, "dia": 3100 / FULL, "eli": 0}, {"cem", "dia"}),
        ("2026-10-12 12:00", "none", dict.fromkeys(TIMES, 0), {"cem", "dia"}),
    ):
        terms(late, TERMS.replace("40%", "100%" if "point" in new else "40%").replace(old, new))
        before, result, after = files(late), run(), files(late)
        assert result.judged == 0
        assert {name for name in TIMES if after[name] != before[name]} == refreshed
        assert penalties(late) == pytest.approx(expected, abs=1e-5)


def test_where_course_yml_says_nothing_the_teachers_own_stays(late: Path, run: Grade) -> None:
    """Due date and extension set with nbgrader count, until course.yml names the chapter, or has extensions."""
    terms(late, "late: {per_day: 10%}\n")
    run()
    with book(late) as opened:
        opened.update_or_create_assignment(CHAPTER, duedate="2026-10-12 12:00:00 UTC")
        opened.grant_extension(CHAPTER, "cem", days=1)
    assert run().refreshed == 3
    assert penalties(late) == {"ann": 0, "bob": 10, "cem": 10, "dia": 100, "eli": 0}
    terms(late, f"late: {{per_day: 10%}}\ndue: {{{CHAPTER}: 2026-10-13}}\n")
    assert run().refreshed == 3  # of dia's many days there is one less
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 0, "dia": 100, "eli": 0}
    terms(
        late,
        f"late: {{per_day: 10%}}\ndue: {{{CHAPTER}: 2026-10-12}}\nextensions: {{dia: {{{CHAPTER}: 2026-11-12}}}}\n",
    )
    run()
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 10, "dia": 0, "eli": 0}


def test_what_the_gradebook_has_and_course_yml_does_not_is_told(late: Path, run: Grade) -> None:
    """A due date or extensions taken out of course.yml still count; a line says so, and what to write helps."""
    extend(late, "{cem: 1 day}")
    assert not [line for line in run().doubts if "the gradebook" in line]
    terms(late, "late: {grace: 10 minutes, per_day: 10%, at_most: 40%}\n")
    result, where = run(), f"{late.parent}/course.yml"
    assert (result.refreshed, result.status) == (0, 0)
    assert result.doubts[:2] == [
        f"{where}: due: {CHAPTER} is not there, so the gradebook's due date counts, 2026-10-12 12:00 UTC; "
        f"to have none, write {CHAPTER}: none",
        f"{where}: extensions: not there, so those of the gradebook count, of cem; "
        "to have none, write extensions: {}",
    ]
    terms(late, f"due: {{{CHAPTER}: none}}\nlate: {{per_day: 10%}}\nextensions: {{}}\n")
    assert not [line for line in run().doubts if "the gradebook" in line]
    assert penalties(late) == dict.fromkeys(TIMES, 0)
    (late.parent / "course.yml").unlink()
    assert run().doubts == []


def test_another_file_has_its_own_time(late: Path, run: Grade) -> None:
    """Work without a time is not late by that of the file before it; the same file judged again keeps its own."""
    run()
    (late / "dia" / CHAPTER / "timestamp.txt").unlink()
    (late / "cem" / CHAPTER / "timestamp.txt").unlink()
    hand_in(late, "dia", {**RIGHT, "rnn_step": f"# another\n{RIGHT['rnn_step']}"})
    assert run(regrade="all").judged == len(TIMES)
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 20, "dia": 0, "eli": 0}
    with book(late) as opened:
        assert opened.find_submission(CHAPTER, "dia").timestamp is None
    assert run().refreshed == 0


def test_a_teachers_change_reaches_the_page(late: Path, run: Grade) -> None:
    """A score, a comment, extra credit: the page is made anew, the penalty follows the score, the review stays done."""
    run()
    before = files(late)
    with book(late) as opened:
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "cem")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 1.0, 0.5, False
        opened.find_comment("rnn_step", CHAPTER, CHAPTER, "ann").manual_comment = "Well done"
        opened.db.commit()
    result = run()
    assert (result.judged, result.refreshed) == (0, 2)
    assert "Well done" in page(late, "ann").read_text()
    assert f"<strong>cem</strong>: {FULL - 2.5:g} of" in page(late, "cem").read_text()
    with book(late) as opened:
        assert opened.find_submission(CHAPTER, "cem").late_submission_penalty == pytest.approx((FULL - 2.5) / 5)
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "cem")
        assert (mark.auto_score, mark.score, mark.needs_manual_grade) == (4, 1.5, False)
    after = files(late)
    assert {name for name in TIMES if after[name] != before[name]} == {"ann", "cem"}
    assert run().refreshed == 0


def test_a_time_that_is_corrected_counts(late: Path, run: Grade) -> None:
    """Another timestamp.txt beside the same notebook is another penalty; without one, what was known stays."""
    run()
    (late / "cem" / CHAPTER / "timestamp.txt").write_text("2026-10-12 12:00:00 UTC")
    (late / "dia" / CHAPTER / "timestamp.txt").unlink()
    result = run()
    assert (result.judged, result.refreshed) == (0, 1)
    assert penalties(late) == {"ann": 0, "bob": 0, "cem": 0, "dia": 40, "eli": 0}
    assert "2026-10-12 12:00:00" in (page(late, "cem").parent / "timestamp.txt").read_text()


@pytest.mark.parametrize("at", ["page", "gradebook"])
def test_a_change_that_could_not_be_written_is_written_next_time(
    late: Path, run: Grade, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """If the run ends between gradebook and page, or cannot enter it, the next run brings both up to date."""
    run()
    extend(late, "{cem: 1 day}")
    holder = sqlite3.connect(late.parent / "gradebook.db")
    with monkeypatch.context() as patch:
        if at == "page":
            patch.setattr(Results, "_write_files", lambda *_: None)
        else:
            complete = Writer.complete

            def hold(self: Writer) -> object:
                found = complete(self)
                holder.execute("BEGIN EXCLUSIVE")
                return found

            patch.setattr(Writer, "complete", hold)
            patch.setattr("autograder.classroom.database.PATIENCE", 0.1)
        assert run().status == (0 if at == "page" else 3)
    holder.rollback()
    assert "Handed in late" in page(late, "cem").read_text()
    result = run()
    assert (result.status, result.judged, result.refreshed) == (0, 0, 1)
    assert penalties(late)["cem"] == 0
    assert "Handed in late" not in page(late, "cem").read_text()


def test_a_page_of_stock_nbgrader_stays_until_the_penalty_changes(late: Path, run: Grade) -> None:
    """Whoever wants nbgrader's own page keeps it; but never with a penalty that is another by now."""
    run()
    for student in ("ann", "cem"):
        page(late, student).write_text("nbgrader's own")
    assert run().refreshed == 0
    extend(late, "{cem: 1 day}")
    assert run().refreshed == 1
    assert page(late, "ann").read_text() == "nbgrader's own"
    assert "nbgrader's own" not in page(late, "cem").read_text()


def test_what_is_doubtful_is_said_and_stops_nothing(late: Path, run: Grade) -> None:
    """An unknown student with the nearest known one, a rule without a date, an extension that changes nothing."""
    extend(late, f"{{Cem: 1 day, fay: 1 day, bob: {{{CHAPTER}: 2026-10-01}}, gus: {{ch04_lstm: 1 day}}}}")
    (late.parent / "roster.csv").write_text("id\nfay\ncem\n")
    console = Console(record=True, width=400, file=io.StringIO())
    result = run(console=console)
    where = f"{late.parent}/course.yml: extensions"
    assert (result.status, result.doubts) == (
        0,
        [
            f"{late.parent}/course.yml: late: 1 of 5 have no time of handing in, so they are not late: eli",
            f"{where}: nobody in this course is called 'Cem'; the nearest is cem",
            f"{where}.bob: it changes nothing, since {CHAPTER} is due at 2026-10-12 12:00 UTC",
        ],
    )
    text = console.export_text()
    assert all(doubt in text for doubt in result.doubts)
    terms(late, f"late: {{per_day: 1 point}}\ndue: {{{CHAPTER}: none}}\nextensions: {{bob: {{{CHAPTER}: 1 day}}}}\n")
    said = run().doubts
    assert said == [
        f"{late.parent}/course.yml: {CHAPTER} has no due date, so nothing of it is late",
        f"{late.parent}/course.yml: extensions.bob: it changes nothing, since {CHAPTER} has no due date",
    ]
    extend(late, f"{{'{'x' * 300}': 1 day, \"a\\0\\eb\": 1 day, ../bob: 1 day}}")
    said = run().doubts
    assert len(said) == 4 and all(one.isprintable() for one in said)
    assert all("nobody in this course is called" in one for one in said[1:])
    extend(late, "{fay: 1 day}")
    (late.parent / "roster.csv").write_text("name\nfay\n")
    assert [("roster" in said, "'id'" in said) for said in run().doubts] == [(True, True)]


def test_what_lies_in_a_folder_and_does_not_count_is_said(late: Path, run: Grade) -> None:
    """A notebook of another name, and a time that is none: a line names the file, and what to do."""
    (hand_in(late, "fay", None).parent / "work.ipynb").write_text("{}")
    (late / "cem" / CHAPTER / "timestamp.txt").write_text("garbage")
    said = run().doubts
    assert said[-2:] == [
        f"{late}/cem/{CHAPTER}/timestamp.txt: no date, such as 2026-10-19 12:00:00 UTC; it does not count",
        f"{late}/fay/{CHAPTER}/work.ipynb: it does not count by that name; rename it {CHAPTER}.ipynb, and grade again",
    ]


def test_a_mistake_in_course_yml_comes_before_everything(late: Path, run: Grade, judge: FakeJudge) -> None:
    """The line is all that happens: nothing judged, nothing written, the gradebook as it was."""
    before = (late.parent / "gradebook.db").read_bytes()
    terms(late, "late: {per_dya: 10%}\n")
    with pytest.raises(ClassroomError, match="'per_dya' is no key; the nearest is per_day"):
        run()
    assert judge.judged == []
    assert {path.name for path in late.parent.iterdir()} == {"submitted", "course.yml", "gradebook.db"}
    assert (late.parent / "gradebook.db").read_bytes() == before


def test_release_notes_the_due_date(late: Path) -> None:
    """It stands in the gradebook before anybody hands in; a mistake in course.yml is said before anything is made."""
    course.release([CHAPTER], course=late.parent)
    with Gradebook(f"sqlite:///{late.parent}/gradebook.db") as opened:
        assert opened.find_assignment(CHAPTER).duedate == datetime(2026, 10, 12, 12)
    terms(late, "dew:\n")
    (late.parent / "release" / CHAPTER / f"{CHAPTER}.ipynb").unlink()
    with pytest.raises(ClassroomError, match="the nearest is due"):
        course.release([CHAPTER], course=late.parent)
    assert not (late.parent / "release" / CHAPTER / f"{CHAPTER}.ipynb").exists()


PLUGIN = """
from nbgrader.plugins import BasePlugin

class Own(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 7 / (student_id != BROKEN)
"""


@pytest.mark.parametrize("broken", ["nobody", "cem"])
def test_a_course_folders_own_plugin_is_asked(
    late: Path, run: Grade, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """course.yml gives the dates, and the plugin the penalty; where it fails, one line, and the others have theirs."""
    monkeypatch.syspath_prepend(late.parent)
    (late.parent / f"own_{broken}.py").write_text(PLUGIN.replace("BROKEN", repr(broken)))
    run()
    (late.parent / "nbgrader_config.py").write_text(f"c.AssignLatePenalties.plugin_class = 'own_{broken}.Own'\n")
    for refreshed in (3, broken == "cem"):
        result = run()
        assert (result.judged, result.refreshed) == (0, refreshed)
        assert [problem.split(":")[0] for problem in result.problems] == ["cem"] * (broken == "cem")
    assert penalties(late)["bob"] == pytest.approx(700 / FULL, abs=1e-5)
