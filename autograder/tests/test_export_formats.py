"""What is exported is what each platform documents: read here as the platform's own importer reads it.

Canvas's and Moodle's importers are open source, and the readers below follow them; Brightspace's and Gradescope's are
not, and the readers follow their documentation. No file has been handed to a running platform.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import jsonschema
import pytest

from autograder.classroom.folder import ClassroomError
from autograder.tests.export_folder import SCORES, SECOND, exported, root, rows, term
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT

__all__ = ["root", "term"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # from nbgrader's own queries

CANVAS = '''Student,ID,SIS User ID,SIS Login ID,Section,Notes,Essay (7),Recurrence: ch02_recurrence (4711),Current Score
,,,,,,,Manual Posting,
    Points Possible,,,,,,10,49.0,(read only)
"Öz, Cem",340936,s3,cem,A and B,late,3,1.5,70
"Núñez, Dia",340937,s4,dia,A,,4,EX,80
"=""=HYPERLINK(1), Jr, Ann""",340934,s1,ann,A,,5,,90
"Smith, Bob",340935,s2,bob,A,,,12,60
"Student, Test",340999,,abc123,A,,,,
'''
WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments
Participant 9,Cem Öz,cem@example.org,No submission,-,49.00,Yes,-,-,
Participant 7,"Ann =HYPERLINK(1), Jr",ann@example.org,Submitted for grading,1.00,49.00,Yes,"Monday, 1 June 2026, 10:00 AM","Tuesday, 2 June 2026, 9:05 AM","- look, again"
Participant 8,Bob Smith,bob@example.org,Submitted for grading,,49.00,Yes,-,-,
Participant 6,Dia Núñez,dia@example.org,Submitted for grading,,49.00,Yes,-,-,
"""  # noqa: E501
GRADES = """"First name",Surname,"ID number",Institution,Department,"Email address","Assignment: ch02_recurrence (Real)","Course total (Real)","Last downloaded from this course"
Cem,Öz,s3,,,cem@example.org,-,-,1
Bob,Smith,s2,,,bob@example.org,12.00,12.00,1
Dia,Núñez,s4,,,dia@example.org,-,-,1
Ann,"=HYPERLINK(1), Jr",s1,,,ann@example.org,-,-,1
"""  # noqa: E501
BRIGHTSPACE = """OrgDefinedId,Username,Last Name,First Name,Email,Essay Points Grade <Numeric MaxPoints:10>,ch02_recurrence Points Grade <Numeric MaxPoints:49 Weight:10 Category:Labs CategoryWeight:50>,End-of-Line Indicator
#0003,#cem.oz,Öz,Cem,cem@example.org,3,2.5,#
#0001,#a.jr,"=HYPERLINK(1), Jr",Ann,ann@example.org,,,#
#0002,#bob.smith,Smith,Bob,bob@example.org,4,,#
#0004,#dia,Núñez,Dia,dia@example.org,,,#
"""  # noqa: E501


def canvas(path: Path) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """What Canvas's importer (lib/gradebook_importer.rb) makes of a file: grades by student, points by assignment.

    An assignment is called by its number in Canvas where it has one, a student by the first identifier that is there.
    """
    header, *rest = rows(path)
    assert "Student" in header[0] and "ID" in header[1] and len(header) > 3
    width, login, user = 3, None, None
    if re.search(r"SIS\s+Login\s+ID", header[2]):
        login, width = 2, 4
    elif re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3]):
        user, login, width = 2, 3, 5 + bool(re.search(r"Integration\s+ID", header[4]))
        width += bool(re.search(r"Root\s+Account", header[width - 1]))
    assert "Section" in header[width - 1]
    titles = {n: re.search(r"\A(.*)\s\((\d+)\)\Z", header[n]) for n in range(width, len(header))}
    grades: dict[str, dict[str, str]] = {}
    points: dict[str, str] = {}
    for row in rest:
        numbers = {found[2] if found else header[n]: row[n].strip() for n, found in titles.items()}
        if "Points Possible" in row[0]:
            points = numbers
            continue
        assert not all(re.fullmatch(r"(?i)\s*(Muted|Manual Posting.*)?\s*", one) for one in row), "no student at all"
        assert all(re.fullmatch(r"\d+(\.\d{1,2})?|EX|N/A|", one) for one in numbers.values())
        student = row[1] or (user and row[user]) or (login and row[login]) or row[0]
        assert student and student not in grades
        grades[student] = numbers
    return grades, points


def test_canvas_takes_its_own_table_filled_in(root: Path) -> None:
    """The identifying columns and the order stay, Canvas's own assignment is meant, and no other column is touched."""
    given = root / "canvas.csv"
    given.write_text(CANVAS, encoding="utf-8")
    done = exported(root, "canvas", roster=given)
    grades, points = canvas(done.path)
    assert list(grades) == ["340936", "340937", "340934", "340935", "340999"]
    assert {student: found.pop("4711") for student, found in grades.items()} == {
        "340934": f"{SCORES['ann']:g}",
        "340935": f"{SCORES['bob']:g}",
        "340936": "1.5",  # handed in nothing: what Canvas has stays
        "340937": "EX",  # excused there
        "340999": "",
    }
    assert not any(grades.values()) and points == {"4711": "49.0"}
    before, after = list(csv.reader(CANVAS.splitlines())), rows(done.path)
    assert [row[1:5] for row in after if row[1]] == [row[1:5] for row in before if row[1]]
    assert "dia: EX in ch02_recurrence stays, and is no grade" in done.lines
    assert any("row 8" in line and "Student, Test" in line for line in done.lines)
    assert done.complete


def test_canvas_takes_a_table_of_ours(root: Path) -> None:
    """Without Canvas's own table: its numbers from the gradebook, new assignments with their points, nothing else."""
    done = exported(root, "canvas", (), missing="zero")
    grades, points = canvas(done.path)
    assert points == {SECOND: "2", CHAPTER: f"{FULL:g}"}
    assert grades["340934"] == {SECOND: "2", CHAPTER: f"{SCORES['ann']:g}"}
    assert grades["340936"] == {SECOND: "0", CHAPTER: "0"}
    assert grades["340935"] == {SECOND: "0", CHAPTER: f"{SCORES['bob']:g}"}


@pytest.mark.parametrize(
    "second", ["SIS Login ID,Section", "SIS User ID,SIS Login ID,Integration ID,Root Account,Section"]
)
def test_canvas_of_other_schools(root: Path, second: str) -> None:
    """With and without the school's own numbers, and with first and last names apart, the columns stay."""
    given, extra = root / "canvas.csv", "," * (second.count(",") - 1)
    given.write_text(f'Student,ID,{second}\n    Points Possible,{extra},\n"Smith, Bob",340935,bob{extra}A\n')
    grades, points = canvas(exported(root, "canvas", roster=given).path)
    assert grades == {"340935": {CHAPTER: f"{SCORES['bob']:g}"}} and points == {CHAPTER: f"{FULL:g}"}
    given.write_text(f"LastName,FirstName,ID,{second}\n Points Possible,,{extra},\nSmith,Bob,340935,bob{extra}A\n")
    header, _, row = rows(exported(root, "canvas", roster=given).path)
    assert header[:3] == ["LastName", "FirstName", "ID"] and row[:3] == ["Smith", "Bob", "340935"]


def worksheet(path: Path) -> dict[str, float]:
    """What Moodle's importer of worksheets (mod/assign/feedback/offline) changes: grades by participant."""
    header, *rest = rows(path)
    place, grade, modified = (header.index(one) for one in ("Identifier", "Grade", "Last modified (grade)"))
    assert "Feedback comments" not in header  # it would be taken for new feedback
    changed = {}
    for row in rest:
        found = re.fullmatch(r"Participant (\d+)", row[place])
        assert found and row[modified]
        if row[grade] not in ("", "-"):
            changed[found[1]] = float(row[grade])
    return changed


def test_moodles_worksheet_comes_back_filled_in(root: Path) -> None:
    """Grades stand in Moodle's own column, times as they were, no row is missing, and no feedback goes back."""
    given = root / "worksheet.csv"
    given.write_text("\ufeff" + WORKSHEET, encoding="utf-8")
    done = exported(root, "moodle", roster=given)
    assert worksheet(done.path) == {"7": SCORES["ann"], "8": SCORES["bob"], "6": SCORES["dia"]}
    assert [row[0] for row in rows(done.path)[1:]] == [f"Participant {n}" for n in (9, 7, 8, 6)]
    assert "Tuesday, 2 June 2026, 9:05 AM" in rows(done.path)[2]
    assert done.complete
    with pytest.raises(ClassroomError, match="a grading worksheet is for one assignment; name one chapter"):
        exported(root, "moodle", (), roster=given)


def moodle(path: Path, key: str, item: str) -> dict[str, float | None]:
    """What Moodle's grade import (grade/import/csv) makes of a file, with ``key`` mapped to users and one item."""
    header, *rest = rows(path)
    found: dict[str, float | None] = {}
    for row in rest:
        user, value = row[header.index(key)], row[header.index(item)]
        if user:  # a row with a blank user is passed over
            assert user not in found
            found[user] = None if value in ("", "-") else float(value)
    return found


def test_moodle_imports_a_table_of_ours(root: Path) -> None:
    """By user name or by address; a row with nothing but empty cells would take grades away, so there is none."""
    done = exported(root, "moodle")
    assert moodle(done.path, "Username", CHAPTER) == SCORES
    assert set(moodle(done.path, "Email address", CHAPTER)) == {f"{one}@example.org" for one in SCORES}
    assert any("handed in nothing (no grade is written) 1: cem" in line for line in done.lines)
    assert moodle(exported(root, "moodle", missing="zero").path, "Username", CHAPTER) == {**SCORES, "cem": 0}


def test_moodles_own_grades_come_back_filled_in(root: Path) -> None:
    """Its identifiers stay as they were; the column of the assignment is found by the chapter in its name."""
    given = root / "moodle.csv"
    given.write_text(GRADES, encoding="utf-8")
    found = exported(root, "moodle", roster=given)
    by_number = moodle(found.path, "ID number", "Assignment: ch02_recurrence (Real)")
    assert by_number == {"s2": SCORES["bob"], "s4": SCORES["dia"], "s1": SCORES["ann"]}
    assert rows(found.path)[0] == ["ID number", "Email address", "Assignment: ch02_recurrence (Real)"]


def brightspace(path: Path) -> dict[str, dict[str, str]]:
    """What Brightspace documents ("Importing grades"): keys, items in points, and the mark at each line's end."""
    header, *rest = rows(path)
    keys = [n for n, title in enumerate(header) if title in ("OrgDefinedId", "Username")]
    assert keys and keys == list(range(len(keys))) and header[-1] == "End-of-Line Indicator"
    item = re.compile(r"(.+) Points Grade(?: <Numeric MaxPoints:[\d.]+[^<>]*>)?")
    items = [item.fullmatch(one) for one in header[len(keys) : -1]]
    assert items and all(items)
    found = {}
    for row in rest:
        assert row[-1] == "#" and all(row[n][:1] in ("", "#") for n in keys) and any(row[n][1:] for n in keys)
        assert all(re.fullmatch(r"\d+(\.\d{1,2})?|", one) for one in row[len(keys) : -1])
        named = dict(zip([one[1] for one in items if one], row[len(keys) : -1], strict=True))
        found[row[keys[-1]].removeprefix("#")] = named
    assert len(found) == len(rest)
    return found


def test_brightspace_takes_a_table_of_ours(root: Path) -> None:
    """Both identifiers with # before them, an item for each chapter, and no row for who has no grade at all."""
    found = brightspace(exported(root, "brightspace", ()).path)
    assert found["ann"] == {SECOND: "2", CHAPTER: f"{SCORES['ann']:g}"} and set(found) == {"ann", "bob", "dia"}


def test_brightspaces_own_grades_come_back_filled_in(root: Path) -> None:
    """Zeros before a number stay, its item is found whatever stands behind its name, and old grades stay."""
    given = root / "d2l.csv"
    given.write_text(BRIGHTSPACE, encoding="utf-8")
    done = exported(root, "brightspace", roster=given)
    grades = {user: found[CHAPTER] for user, found in brightspace(done.path).items()}
    assert grades == {"cem.oz": "2.5", "a.jr": "48.5", "bob.smith": f"{SCORES['bob']:g}", "dia": "44"}
    assert [row[0] for row in rows(done.path)[1:]] == ["#0003", "#0001", "#0002", "#0004"]
    given.write_text(BRIGHTSPACE.replace("#bob.smith,Smith,Bob,bob@example.org", "#bob,Xu,Rob,"), encoding="utf-8")
    by_user = brightspace(exported(root, "brightspace", roster=given).path)  # # is no part of the user's name
    assert by_user["bob"][CHAPTER] == f"{SCORES['bob']:g}"


TEXTS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SEEN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
NUMBER = {"type": "number", "minimum": 0}
GRADESCOPE = {  # https://gradescope-autograders.readthedocs.io/en/latest/specs/, "Output format"
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": NUMBER,
        "execution_time": NUMBER,
        "output": {"type": "string"},
        "output_format": TEXTS,
        "test_output_format": TEXTS,
        "test_name_format": TEXTS,
        "visibility": SEEN,
        "stdout_visibility": SEEN,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "score", "max_score", "status", "output", "visibility"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "name_format": TEXTS,
                    "number": {"type": "string"},
                    "score": NUMBER,
                    "max_score": {"type": "number", "exclusiveMinimum": 0},
                    "status": {"enum": ["passed", "failed"]},
                    "output": {"type": "string"},
                    "output_format": TEXTS,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": SEEN,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


def test_gradescope_reads_each_students_results(root: Path) -> None:
    """One file each, as documented: the score after review and penalty, a test an exercise, and why in words."""
    folder = exported(root, "gradescope").path
    found = {path.parent.name: json.loads(path.read_text()) for path in folder.glob(f"{CHAPTER}/*/results.json")}
    for one in found.values():
        jsonschema.validate(one, GRADESCOPE)
        assert [test["name"] for test in one["tests"]] == list(RIGHT)
    assert {student: one["score"] for student, one in found.items()} == SCORES
    first = found["ann"]["tests"][0]
    assert (first["score"], first["max_score"], first["status"]) == (3.5, 4, "failed")
    assert "Points put in by your teacher: 3.5 of 4." in first["output"] and "look at <Wh> again" in first["output"]
    assert "5 points less" in found["dia"]["output"] and sum(one["score"] for one in found["dia"]["tests"]) == FULL
    assert "not right yet" in found["bob"]["tests"][0]["output"] and found["bob"]["tests"][0]["status"] == "failed"
    header, *listed = rows(folder / "students.csv")
    assert [row[header.index("file")] for row in listed] == [f"{CHAPTER}/{one}/results.json" for one in sorted(SCORES)]
    zero = exported(root, "gradescope", missing="zero", output=root / "all").path / CHAPTER / "cem" / "results.json"
    jsonschema.validate(json.loads(zero.read_text()), GRADESCOPE)


def test_gradescopes_folder_has_nothing_of_before(root: Path) -> None:
    """Who has no file in this export has none left from the last; what else lies there stays, and other chapters'."""
    folder = exported(root, "gradescope", missing="zero").path
    other = folder / SECOND / "ann" / "results.json"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    (folder / CHAPTER / "bob" / "notes.txt").write_text("mine")
    exported(root, "gradescope", students=("ann",))
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {
        f"{CHAPTER}/ann/results.json", f"{CHAPTER}/bob/notes.txt", f"{SECOND}/ann/results.json", "students.csv"
    }  # fmt: skip


def test_gradescope_under_pseudonyms_does_not_tell_by_the_time(root: Path) -> None:
    """Seconds to the millisecond are those of the file with the name."""
    for anonymise, told in ((False, 3), (True, 0)):
        files = list(exported(root, "gradescope", anonymise=anonymise).path.rglob("results.json"))
        assert len(files) == 3 and sum("execution_time" in path.read_text() for path in files) == told


def test_gradescope_without_verdicts(root: Path) -> None:
    """What stock nbgrader has graded has points and no journal: the points are there, and the words are not."""
    (root / "verdicts" / f"{CHAPTER}.jsonl").unlink()
    found = json.loads((exported(root, "gradescope").path / CHAPTER / "bob" / "results.json").read_text())
    jsonschema.validate(found, GRADESCOPE)
    assert found["score"] == SCORES["bob"] and {test["output"] for test in found["tests"]} == {""}


def test_gradescope_tells_of_the_verdict_that_counts(root: Path) -> None:
    """Of several verdicts on one student the one that the graded notebook shows, and not the last of the journal."""
    path = root / "verdicts" / f"{CHAPTER}.jsonl"
    line = next(one for one in path.read_text().splitlines() if json.loads(one)["student"] == "bob")
    other = json.loads(line) | {"seed": 99, "message": "of another notebook"}
    with path.open("a") as file:
        file.write(json.dumps(other) + "\n")
    found = json.loads((exported(root, "gradescope").path / CHAPTER / "bob" / "results.json").read_text())
    assert "another notebook" not in json.dumps(found)


@pytest.mark.parametrize("format", ["canvas", "moodle", "brightspace", "csv", "gradescope"])
def test_no_cell_is_a_formula(root: Path, format: str) -> None:
    """Names that begin with a sign of arithmetic are text to a spreadsheet, in every format, with and without lists."""
    given = {"canvas": CANVAS, "moodle": WORKSHEET, "brightspace": BRIGHTSPACE}
    paths = [exported(root, format).path]
    if format in given:
        (root / "given.csv").write_text(given[format], encoding="utf-8")
        paths.append(exported(root, format, roster=root / "given.csv", output=root / "second.csv").path)
    for path in paths:
        cells = [one for row in rows(path / "students.csv" if path.is_dir() else path) for one in row]
        assert cells and not [
            one for one in cells if one.strip()[:1] in ("=", "+", "@", "\t") or re.match(r"\s*-.", one)
        ]
