"""Exports: nobody is dropped without a word, nothing is written half, and nobody is told who somebody is."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from typer.testing import CliRunner

from autograder import paths
from autograder.__main__ import app
from autograder.classroom.export.run import FORMATS
from autograder.classroom.folder import ClassroomError
from autograder.classroom.grade import grade
from autograder.classroom.report.gather import gather
from autograder.tests.export_folder import NAMES, SCORES, SECOND, exported, root, rows, term
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in
from autograder.tests.test_export_formats import BRIGHTSPACE, CANVAS, GRADES, WORKSHEET, canvas

__all__ = ["root", "term"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # from nbgrader's own queries
TABLES = {"canvas": CANVAS, "moodle": GRADES, "brightspace": BRIGHTSPACE}


def book(root: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{root}/gradebook.db")


def given(root: Path, text: str, name: str = "given.csv") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root / name


def nbgrader(root: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """nbgrader's own command, in the course folder."""
    command = [sys.executable, "-m", "nbgrader", "export", *arguments]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)


def test_the_plain_table_is_nbgraders_with_more_behind_it(root: Path) -> None:
    """``nbgrader export`` writes the same columns, in the same order, and the same in every cell."""
    with book(root) as opened:
        opened.update_or_create_student("ann", last_name="Byron")  # nbgrader quotes no commas
    assert nbgrader(root, "--to=stock.csv").returncode == 0
    with (root / "stock.csv").open(newline="") as file:
        stock = list(csv.reader(file))
    ours = rows(exported(root, "csv", ()).path)
    width = len(stock[0])
    assert [list(map(value, row[:width])) for row in ours] == [list(map(value, row)) for row in stock]
    assert [row[-2:] for row in ours if row[0] == SECOND and row[3] in ("ann", "bob")] == [
        ["graded", "linear 2"],
        ["nothing handed in", ""],
    ]


def value(cell: str) -> object:
    """A number without its last digits, which differ as the database adds up."""
    return round(float(cell), 9) if re.fullmatch(r"\d+\.\d+", cell) else cell


def test_nbgraders_own_command_writes_the_same(root: Path) -> None:
    """As a plugin of ``nbgrader export``, with nbgrader's options and ours, the file is the same byte for byte."""
    plugin = "--exporter=autograder.classroom.export.plugin.Canvas"
    options = ["--to=by-nbgrader.csv", f"--assignment=['{CHAPTER}']", "--student=['ann','cem']"]
    done = nbgrader(root, plugin, *options, "--Canvas.missing=zero", path=str(paths.ROOT))
    assert done.returncode == 0, done.stderr
    written = (root / "by-nbgrader.csv").read_bytes()
    assert written == exported(root, "canvas", missing="zero", students=["ann", "cem"]).path.read_bytes()
    assert b"bob" not in written and b"cem,,0\r\n" in written
    wrong = nbgrader(root, plugin, "--student=['bib']", path=str(paths.ROOT))
    assert wrong.returncode == 2 and "did you mean bob?" in wrong.stderr and "Traceback" not in wrong.stderr


def test_the_plugin_may_stand_in_the_configuration(root: Path) -> None:
    """A course's own nbgrader_config.py can name it, and then ``nbgrader export`` alone is enough."""
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('c.ExportApp.plugin_class = "autograder.classroom.export.plugin.Gradescope"\n')
    done = nbgrader(root, f"--to={root / 'results'}")
    assert done.returncode == 0, done.stderr
    ours = exported(root, "gradescope", ()).path
    assert told(root / "results").replace("results/", "") == told(ours).replace("gradescope/", "")


def test_the_command_says_what_became_of_everybody(root: Path) -> None:
    """Status 0 where every grade is in the file; who has none is named; the file is nobody else's to read."""
    done = CliRunner().invoke(app, ["export", "--format", "moodle", "--submitted", str(root / "submitted")])
    assert done.exit_code == 0, done.output
    assert f"{CHAPTER}: 3 graded\n  handed in nothing (no grade is written) 1: cem\n" in done.output
    assert done.output.endswith(f"exported: {root / 'grades-moodle.csv'}\n")
    assert (root / "grades-moodle.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("format", list(TABLES))
def test_a_grade_without_a_row_is_told(root: Path, format: str) -> None:
    """Whom the platform does not know is named with the points that are lost, and the command ends with status 1."""
    table = "".join(line for line in TABLES[format].splitlines(keepends=True) if "Smith" not in line)
    done = exported(root, format, roster=given(root, table))
    assert [line for line in done.lines if "bob (Bob Smith)" in line and f"{SCORES['bob']:g} points in" in line]
    assert not done.complete


def test_a_row_that_may_be_two_students_gets_no_grade(root: Path) -> None:
    """Where a row has one student's number and another's name, it stays empty, and a line names both."""
    table = given(root, CANVAS.replace('"Smith, Bob",340935,s2,bob', '"Núñez, Dia",340935,s2,bob'))
    done = exported(root, "canvas", roster=table)
    assert any("row 7" in line and "those of several: bob, dia" in line for line in done.lines)
    assert canvas(done.path)[0]["340935"]["4711"] == "12" and not done.complete


def test_a_row_without_an_identifier_is_told(root: Path) -> None:
    """Moodle finds nobody by a name: where a row has nothing else, a line says so, and status 1."""
    done = exported(root, "moodle", roster=given(root, "First name,Last name,Email address\nBob,Smith,\n"))
    assert any("row 2" in line and "has none of Email address: Moodle cannot find bob" in line for line in done.lines)
    assert not done.complete


def test_a_class_list_tells_the_platforms_numbers(root: Path) -> None:
    """What the class list beside the submissions says counts, and who is on it alone has a row as well."""
    given(root, "id,last_name,lms_user_id,sis_login_id,section\nbob,Smith,77,smithb,B\nzoe,Zu,78,zuz,\n", "roster.csv")
    found = {row[3]: row for row in rows(exported(root, "canvas").path)[2:]}
    assert found["smithb"][:5] == ["Smith, Bob", "77", "", "smithb", "B"]
    assert found["zuz"][1] == "78" and found["ann"][1] == "340934"


def test_identifiers_stay_what_the_platform_knows(root: Path) -> None:
    """A login that begins with a sign, and calls nothing, is written as it is; one that could call something is not."""
    given(root, 'id,sis_login_id,sis_user_id\nbob,@bob,+49-1\nann,"@SUM(1)",=1+1\n', "roster.csv")
    found = {row[0]: row[2:4] for row in rows(exported(root, "canvas").path)}
    assert found["Smith, Bob"] == ["+49-1", "@bob"] and found["'=HYPERLINK(1), Jr, Ann"] == ["'=1+1", "'@SUM(1)"]


def test_some_students_alone_are_matched_among_all(root: Path) -> None:
    """Who is not asked for keeps out of the file, and is still known when rows are told apart."""
    done = exported(root, "canvas", roster=given(root, CANVAS), students=["bob"])
    assert list(canvas(done.path)[0]) == ["340935"]
    assert not [line for line in done.lines if "ann" in line or "dia" in line]


def test_the_class_list_helps_to_match(root: Path) -> None:
    """Identifiers that only the class list has find students in the platform's own table."""
    given(root, "id,sis\nbob,X-17\n", "roster.csv")
    table = given(root, CANVAS.replace('"Smith, Bob",340935,s2,bob', '"Smythe, Robert",1,X-17,rs'))
    assert canvas(exported(root, "canvas", roster=table).path)[0]["1"]["4711"] == f"{SCORES['bob']:g}"


def test_what_is_not_graded_is_no_zero(root: Path) -> None:
    """An interrupted grading leaves no grade behind that looks like one, in any platform's file; status 1."""
    hand_in(root / "submitted", "eve", RIGHT)
    with book(root) as opened:
        opened.find_grade("check_readout", CHAPTER, CHAPTER, "bob").auto_score = None
        opened.db.commit()
    done = exported(root, "canvas")
    assert {row[3]: row[-1] for row in rows(done.path)[2:]}["bob"] == ""
    assert any(line.endswith("not graded yet, grade again and export again: 2: eve, bob") for line in done.lines)
    assert not done.complete
    assert not (exported(root, "gradescope").path / CHAPTER / "bob").exists()
    assert {row[3]: row[-2] for row in rows(exported(root, "csv").path)}["bob"] == "not graded yet"


@pytest.mark.parametrize("format", FORMATS)
def test_a_penalty_of_yesterday_is_told(root: Path, format: str) -> None:
    """An extension given, or points put in by hand, since the last grading: a line names who, and status 1."""
    assert exported(root, format).complete
    stale = "  another penalty now than was exported, grade again and export again: 1: dia"
    terms = (root / "course.yml").read_text()
    given(root, f"{terms}extensions: {{dia: 1 day, bob: 1 day}}\n", "course.yml")
    done = exported(root, format)
    assert stale in done.lines and not done.complete
    given(root, terms.replace("5 points", "10%"), "course.yml")
    assert stale in exported(root, format).lines
    given(root, terms, "course.yml")
    (root / "submitted" / "dia" / CHAPTER / "timestamp.txt").write_text("2026-11-02 13:00:00 UTC")
    assert stale in exported(root, format).lines and exported(root, format, students=["ann"]).complete
    given(root, "late: {per_dya: 1}\n", "course.yml")
    with pytest.raises(ClassroomError, match="'per_dya' is no key"):
        exported(root, format)


def test_an_empty_folder_is_nothing_handed_in(root: Path) -> None:
    """Whoever has a folder and no notebook in it was graded with the others, and has no grade to show for it."""
    hand_in(root / "submitted", "eve", None)
    grade(CHAPTER, root / "submitted", 1, console=Console(quiet=True), open_judge=FakeJudge())
    done = exported(root, "csv")
    assert {row[3]: row[-2] for row in rows(done.path)}["eve"] == "nothing handed in" and done.complete
    assert "  handed in nothing (0) 2: eve, cem" in done.lines
    assert {row[3]: row[-1] for row in rows(exported(root, "canvas").path)[2:]}["eve"] == ""
    found = gather(CHAPTER, root / "submitted")
    assert "eve" in found.absent and "eve" not in [one.student for one in found.results]


def test_what_waits_for_a_teacher_is_told(root: Path) -> None:
    """Points put in by hand, below which the notebook has changed, are exported, and a line asks for another look."""
    with book(root) as opened:
        opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann").needs_manual_grade = True
        opened.db.commit()
    assert "  to be reviewed in formgrader, and exported as they stand: 1: ann" in exported(root, "canvas").lines


def test_the_platforms_column_can_be_named(root: Path) -> None:
    """--item finds a column whatever it is called; without it a new one is announced with those that there are."""
    table = given(root, CANVAS.replace("Recurrence: ch02_recurrence (4711)", "Week 3 (12)"))
    lines = exported(root, "canvas", roster=table).lines
    assert any("no column for ch02_recurrence" in line and "'Week 3 (12)'" in line for line in lines)
    grades, points = canvas(exported(root, "canvas", roster=table, item="Week 3").path)
    assert points == {"12": "49.0"} and grades["340935"] == {"12": f"{SCORES['bob']:g}"}
    assert CHAPTER not in exported(root, "brightspace", item="Week 3").path.read_text()
    twice = given(root, CANVAS.replace("Essay (7)", "ch02_recurrence again (7)"))
    with pytest.raises(ClassroomError, match="may both be ch02_recurrence; say which with  --item NAME"):
        exported(root, "canvas", roster=twice)


def test_other_maxima_are_told(root: Path) -> None:
    """A platform that gives a chapter other points than the gradebook is named; nothing is scaled in silence."""
    for format, table in {
        "canvas": CANVAS.replace("49.0", "100"),
        "moodle": WORKSHEET.replace("49.00", "100.00"),
    }.items():
        lines = exported(root, format, roster=given(root, table)).lines
        assert any(f"{CHAPTER} 100 points and the gradebook 49: the points are exported as" in one for one in lines)


WRONG = {
    "a format with a slip": ({"format": "canvass"}, "'canvass' is not known; did you mean canvas?"),
    "a format that there is not": ({"format": "zzz"}, "there are canvas, moodle, brightspace, gradescope, csv"),
    "a list of another class": ({"roster": "other.csv"}, "none of its ids has a grade, but 'ann' has"),
    "another course's table": ({"format": "canvas", "roster": "others.csv"}, "no row of it is.*nobody in.* is 'Zu'"),
    "a rule with a slip": ({"missing": "zeros"}, "--missing 'zeros' is not known; did you mean zero?"),
    "a chapter with a slip": ({"chapters": ["ch02_recurence"]}, "did you mean ch02_recurrence?"),
    "a chapter that was never graded": ({"chapters": ["ch04_lstm"]}, "python -m autograder grade ch04_lstm"),
    "an unknown student": ({"students": ["cen"]}, "is 'cen'; did you mean cem?"),
    "an item for all chapters": ({"item": "Week 3", "chapters": []}, "--item names the platform's column of one"),
    "no csv": ({"output": "gradebook.db"}, "a file whose name ends with .csv"),
    "a folder": ({"output": "submitted"}, "a file whose name ends with .csv"),
    "a file for a folder": ({"format": "gradescope", "output": "gradebook.db"}, "a file stands where a folder is"),
    "the list itself": ({"roster": "list.csv", "output": "list.csv"}, "this is a list that is read"),
    "a device for a list": ({"roster": "/dev/zero"}, "no file of a class list"),
    "a folder for a list": ({"roster": "submitted"}, "no file of a class list"),
    "no list": ({"roster": "none.csv"}, r"the roster cannot be read \(No such file"),
    "another platform's": ({"roster": "canvas.csv"}, "this is a table of Canvas; its own, or your class list"),
    "a list without ids": ({"roster": "noids.csv"}, "no column of the roster, or more than one, is called 'id'"),
    "one student twice": ({"roster": "twice.csv"}, "stands there 2 times; keep one"),
    "a name that tears its row": ({"format": "canvas", "roster": "torn.csv"}, "row 2 has more cells than the first"),
    "a column that Canvas computes": (
        {"format": "canvas", "roster": "canvas.csv", "item": "Current Score"},
        "Canvas computes the column 'Current Score' itself",
    ),
    "one student's two rows": ({"format": "canvas", "roster": "rows.csv"}, "rows 7 and 9 are both bob; keep the right"),
    "nowhere to write": ({"output": "file/grades.csv"}, "cannot be written"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_usage_is_one_line_and_changes_nothing(root: Path, kind: str) -> None:
    """What is wrong, where, what to do; whatever stood there before is what stands there after."""
    settings, message = WRONG[kind]
    given(root, CANVAS, "canvas.csv"), given(root, "id\nann\n", "list.csv"), given(root, "name\nann\n", "noids.csv")
    given(root, "id\nbob\nBOB\n", "twice.csv"), given(root, "", "file")
    given(root, "id\nzoe\n", "other.csv"), given(root, "Student,ID,SIS Login ID,Section\nZu,1,zoe,A\n", "others.csv")
    given(root, "Student,ID,SIS Login ID,Section\nSmith, Bob,1,bob,A\n", "torn.csv")
    given(root, CANVAS + '"Smith, Bob",1,s2,bob,A,,,,\n', "rows.csv")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    more = {key: root / value if key in ("roster", "output") else value for key, value in settings.items()}
    wanted = {"format": "csv", "chapters": [CHAPTER], **more}
    with pytest.raises(ClassroomError, match=message) as caught:
        exported(root, str(wanted.pop("format")), tuple(wanted.pop("chapters")), **wanted)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_any_usual_delimiter_is_read(root: Path) -> None:
    """A table that a spreadsheet saved with semicolons, in UTF-16, is read; what is written has commas again."""
    table = [";".join(f'"{cell}"' for cell in row) for row in csv.reader(WORKSHEET.splitlines())]
    (root / "given.csv").write_bytes("\n".join(table).encode("utf-16"))
    found = {row[1]: row[-1] for row in rows(exported(root, "moodle", roster=root / "given.csv").path)}
    assert found["Dia Núñez"] == f"{SCORES['dia']:g}"


def test_a_gradebook_that_cannot_be_read_is_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not there, no database, damaged, empty, or locked: each is named, and no gradebook is made."""
    path = root / "gradebook.db"
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(ClassroomError, match=r"gradebook.db: no gradebook there; grade first"):
        exported(root, "csv")
    assert not path.exists()
    (root / "nbgrader_config.py").write_text("c.CourseDirectory.db_url = 'secret, and no address'\n")
    with pytest.raises(ClassroomError, match=r"c\.CourseDirectory\.db_url is no address; begin it with sqlite:///"):
        exported(root, "csv")
    (root / "nbgrader_config.py").unlink()
    path.write_text("a shopping list, and no database at all" * 40)
    with pytest.raises(ClassroomError, match=r"cannot be used \(file is not a database\).* and export again"):
        exported(root, "csv")
    path.write_bytes(whole)
    with sqlite3.connect(path) as older:
        older.execute("ALTER TABLE student DROP COLUMN lms_user_id")
    older.close()
    with pytest.raises(ClassroomError, match=r"is damaged: it has no student.lms_user_id"):
        exported(root, "csv")
    path.write_bytes(whole)
    with book(root) as opened:
        opened.remove_assignment(SECOND)
        for student in SCORES:
            opened.remove_submission(CHAPTER, student)
    with pytest.raises(ClassroomError, match="nobody has been graded in ch02_recurrence; grade it first"):
        exported(root, "csv")
    with pytest.raises(ClassroomError, match="nobody has been graded; grade it first"):
        exported(root, "csv", ())
    path.write_bytes(whole)
    monkeypatch.setattr("autograder.classroom.database.PATIENCE", 0.1)
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ClassroomError, match=r"locked.*; end the program that holds it"):
            exported(root, "csv")
        holder.execute("ROLLBACK")
    holder.close()


def told(path: Path) -> str:
    """All that is in an export, names of files included."""
    files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
    return "\n".join(f"{one.relative_to(path.parent)}\n{one.read_text()}" for one in sorted(files))


@pytest.mark.parametrize("table", ["", "own"])
@pytest.mark.parametrize("format", FORMATS)
def test_under_pseudonyms_nobody_is_told(root: Path, format: str, table: str) -> None:
    """No id, name, address, number or section is left, and no word that a learner or a teacher wrote to one."""
    journal = root / "verdicts" / f"{CHAPTER}.jsonl"
    verdicts = [
        json.loads(line) | {"message": "it is I, Bob", "notes": ["Bob"]} for line in journal.read_text().splitlines()
    ]
    for one in (exercise for verdict in verdicts for exercise in verdict["exercises"]):
        writes = "Your code writes into `bob`: what a function is given belongs to the caller."
        one["diagnosis"] = [{"id": "relation:argument_modified", "believes": writes, "evidence": ""}]
        one["message"], one["checks"][0]["message"] = "Bob's own error", "NameError: name 'bob' is not defined"
        one["checks"][0]["example"] = {"call": "f(bob)", "expected": "1", "returned": "bob@example.org"}
    journal.write_text("".join(json.dumps(one) + "\n" for one in verdicts))
    with book(root) as opened:
        opened.find_submission(CHAPTER, "dia").timestamp = datetime(2026, 11, 1, 10, 17)
        opened.db.commit()
    roster = given(root, TABLES[format]) if table and format in TABLES else None
    done = exported(root, format, anonymise=True, roster=roster)
    text = told(done.path)
    hidden = [*NAMES, "10:17", "example.org", "34093", "s3", "#0001", "A and B"]
    hidden += [part for first, last, _, _ in NAMES.values() for part in (first, last)]
    assert not [one for one in hidden if re.search(rf"(?<![a-z]){re.escape(one)}(?![a-z])", text, re.IGNORECASE)]
    assert "anonymous" in done.path.name and f"{SCORES['bob']:g}" in text
    pseudonyms = list(dict.fromkeys(re.findall(r"student-\w{4}", text)))
    assert len(pseudonyms) >= 3 and pseudonyms == sorted(pseudonyms)  # the order tells nothing, either


def test_pseudonyms_stay_through_the_term(root: Path) -> None:
    """Two exports give the same student the same name, so that they can be compared."""
    first = {row[3]: row[9] for row in rows(exported(root, "csv", anonymise=True).path)[1:]}
    second = {row[0]: row[-1] for row in rows(exported(root, "canvas", anonymise=True).path)[2:]}
    assert first.keys() == second.keys() and first != {}
    assert {name for name, score in first.items() if float(score) == FULL - 5} == {
        name for name, score in second.items() if score == f"{FULL - 5:g}"
    }


@pytest.mark.parametrize("name", ["../../bob", "bob/eve", "..", "bob\nann"])
def test_hostile_ids_leave_the_folder_alone(root: Path, name: str) -> None:
    """A student of the gradebook who is called like a way out of the folder ends the export, with nothing written."""
    with book(root) as opened:
        opened.add_student(name)
        opened.db.commit()
    with pytest.raises(ClassroomError, match="no name for a folder; rename this student"):
        exported(root, "gradescope", missing="zero")
    assert not (root / "gradescope").exists()


def test_what_was_exported_before_is_replaced_whole(root: Path) -> None:
    """A second export replaces the first, and the project's own folder is never written to."""
    path = exported(root, "canvas").path
    path.write_text("old")
    path.chmod(0o644)
    assert len(rows(exported(root, "canvas").path)) == 6 and path.stat().st_mode & 0o777 == 0o600
    assert not list(root.glob(".*.part")) and not (paths.ROOT / "grades-canvas.csv").exists()
