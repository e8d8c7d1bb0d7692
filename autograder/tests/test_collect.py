"""From what learning platforms hand out to nbgrader's folder, with a reason for whatever is left."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import course, paths
from autograder.__main__ import app
from autograder.classroom import downloads, pyfile
from autograder.classroom.collect import collect
from autograder.classroom.collected import Collected, shown
from autograder.classroom.folder import ClassroomError, CourseFolder
from autograder.classroom.roster import Roster, read
from autograder.judge import submission

CHAPTER = "ch02_recurrence"
CLASS = """id,first_name,last_name,email,lms_user_id
bob,Bob,Smith,bob@example.org,340934
jose,José,Núñez,jo@example.org,7
"""
LISTED = """submission_11:
  :submitters:
  - :name: Bob Smith
    :sid: bob
    :email: bob@example.org
  - :name: José Núñez
    :sid:
    :email: jo@example.org
  :created_at: 2026-11-28 10:30:00.500000 -05:00
"""


def work(mark: str = "") -> bytes:
    notebook = course.master(CHAPTER)
    notebook.cells[0].source += mark
    return nbformat.writes(notebook).encode()


def zipped(path: Path | io.BytesIO, content: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path.getvalue() if isinstance(path, io.BytesIO) else b""


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    (tmp_path / "roster.csv").write_text(CLASS, encoding="utf-8")
    return read(tmp_path / "roster.csv")


def collected(tmp_path: Path, roster: Roster | None, content: dict[str, bytes], chapter: str = "") -> Collected:
    zipped(tmp_path / "download.zip", content)
    return collect([tmp_path / "download.zip"], tmp_path / "submitted", roster, chapter)


def handed(tmp_path: Path) -> dict[str, str]:
    """Who has handed in, and when, as the grader sees it."""
    found = CourseFolder(tmp_path / "submitted").handed_in(CHAPTER)
    return {
        one.student: f"{one.timestamp:%m-%d %H:%M}" if one.timestamp else "" for one in found if one.notebook.exists()
    }


PLATFORMS = {
    "Canvas": {"smithbob_340934_208_renamed-1.ipynb": work(), "nunezjose_LATE_7_209_x.ipynb": work()},
    "Moodle": {
        "Bob Smith_65_assignsubmission_file_/a b.ipynb": work(),
        "José Núñez_66_assignsubmission_file_x.ipynb": work(),
    },
    "Gradescope": {"export/submission_metadata.yml": LISTED.encode(), "export/submission_11/any.ipynb": work()},
    "Brightspace": {
        "Exam 1/39-64 - Bob Smith - Nov 28, 2026 330 PM/x.ipynb": work(),
        "39-65 - José Núñez - Nov 28, 2026 1030 AM - y.ipynb": work(),
    },
    "Blackboard": {f"hw_{who}_attempt_2026-11-28-15-30-00_z.ipynb": work() for who in ("bob", "jose")},
    "folder": {"bob/deep/down/x.ipynb": work(), "jose_final.ipynb": work()},
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, roster: Roster, platform: str) -> None:
    """Each platform's names tell who and, where they hold it, when; renamed files are known by what is in them."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    done = collected(tmp_path, roster, PLATFORMS[platform])
    assert {line.student for line in done.taken} == {"bob", "jose"} and not done.missing[CHAPTER]
    assert {line.platform for line in done.taken} == {platform}
    times = {"Gradescope": "11-28 15:30", "Brightspace": "11-28 15:30", "Blackboard": "11-28 15:30"}
    assert handed(tmp_path)["bob"] == times.get(platform, "")
    assert (tmp_path / "submitted" / "bob" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes() == work()
    assert [line.note for line in done.taken if line.student == "jose"] == [
        "Canvas marks it late" * (platform == "Canvas")
    ]


@pytest.mark.parametrize(
    ("terms", "shift", "says"),
    [
        ("timezone: Asia/Tokyo\n", -9, "Asia/Tokyo"),
        ("site: https://example.org/\n", 0, "UTC, this computer's zone; course.yml may name yours, as timezone"),
        ("", 0, "UTC, this computer's zone; course.yml may name yours, as timezone"),
    ],
)
@pytest.mark.parametrize("platform", ["Brightspace", "Blackboard", "Gradescope"])
def test_times_are_those_of_the_course(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, roster: Roster, platform: str, terms: str, shift: int, says: str
) -> None:
    """A platform's clock shows the zone of course.yml, wherever the computer stands; Gradescope's times name theirs."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (tmp_path / "course.yml").write_text(terms)
    if not terms:
        (tmp_path / "course.yml").unlink()
    done = collected(tmp_path, roster, PLATFORMS[platform])
    own = platform == "Gradescope"
    assert handed(tmp_path)["bob"] == f"11-28 {15 if own else 15 + shift:02}:30"
    read = "" if own else f"; {platform} times are read as {says}"
    assert f"taken  {CHAPTER}: 2 students{read}" in list(shown(done, tmp_path))


def test_the_list_has_what_was_collected_before(tmp_path: Path, roster: Roster) -> None:
    """One download after another, with the time at which it was taken in; under one heading."""
    for mark in ("first", "second"):
        collected(tmp_path, roster, {ALICE: work(mark)})
    with (tmp_path / "collected.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [(row["student"], row["why or note"]) for row in table] == [
        ("jose", ""),
        ("jose", "in place of what was collected before"),
    ]
    assert all(row["collected (UTC)"] for row in table)
    assert (tmp_path / "collected.csv").stat().st_mode & 0o777 == 0o600


def test_two_of_one_name_can_be_helped(tmp_path: Path) -> None:
    """Where a platform tells nothing but the name, a line says what to do; and that does help."""
    (tmp_path / "roster.csv").write_text("id,first_name,last_name\nf1,Finn,Smith\nf2,Finn,Smith\n")
    roster, name = read(tmp_path / "roster.csv"), "39-64 - Finn Smith - Nov 28, 2026 330 PM - x.ipynb"
    do = "put it into a folder named with the student's id, and collect that"
    assert any(line.endswith(do) for line in shown(collected(tmp_path, roster, {name: work()}), tmp_path))
    done = collected(tmp_path, roster, {f"f2/{name}": work()})
    assert set(handed(tmp_path)) == {"f2"} and not any(line.endswith(do) for line in shown(done, tmp_path))


def test_nothing_is_dropped_without_a_reason(tmp_path: Path, roster: Roster) -> None:
    """Every file of a download is a line: taken, or left and why; the list is there as a table, too."""
    inner = zipped(io.BytesIO(), {"work.ipynb": work(), "notes.pdf": b"%PDF"})
    content = {
        "smithbob_340934_1_all.zip": inner,
        "smythbob_5_2_x.ipynb": work(),
        "nunezjose_7_3_other.ipynb": nbformat.writes(nbformat.v4.new_notebook()).encode(),
        "nunezjose_7_4_broken.zip": inner[: len(inner) // 2],
        "nunezjose_7_5_empty.zip": zipped(io.BytesIO(), {}),
        "__MACOSX/._x.ipynb": b"",
        "=cmd()_1_2_x.py": b"print(1)",
    }
    done = collected(tmp_path, roster, content)
    why = {line.source.removeprefix("download.zip/"): line.left for line in done.lines}
    assert why["smithbob_340934_1_all.zip/work.ipynb"] == ""
    assert why["smithbob_340934_1_all.zip/notes.pdf"] == "neither a notebook nor a Python file (.pdf)"
    assert why["smythbob_5_2_x.ipynb"] == "nobody on the roster is 'smythbob'; the nearest is Bob Smith (bob)"
    assert "no function of the course is defined in it" in why["nunezjose_7_3_other.ipynb"]
    assert why["nunezjose_7_4_broken.zip"].startswith("a broken archive")
    assert why["nunezjose_7_5_empty.zip"] == "an empty archive"
    assert why["__MACOSX/._x.ipynb"] == downloads.SYSTEM_FILE
    assert len(done.lines) == 8 and done.missing == {CHAPTER: ["jose"]}
    with (tmp_path / "collected.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [row["what"] for row in table].count("taken") == 1 and len(table) == 8
    assert not any(value.startswith("=") for row in table for value in row.values())


@pytest.mark.parametrize(
    "outer", ["smithbob_340934_1_mine.zip", "Bob Smith_65_assignsubmission_file_/mine.zip", "bob/mine.zip"]
)
@pytest.mark.parametrize(
    "inner", ["José Núñez_66_assignsubmission_file_/x.ipynb", "nunezjose_7_9_x.ipynb", "jose.ipynb", "jose/x.ipynb"]
)
def test_nobody_hands_in_for_another(tmp_path: Path, roster: Roster, outer: str, inner: str) -> None:
    """What a student packs may be called like the work of somebody else, or like Gradescope's list."""
    forged = LISTED.replace("submission_11", "forged").replace("Bob Smith", "José Núñez").encode()
    mine = {inner: work(), "submission_metadata.yml": forged, "forged/x.ipynb": work()}
    done = collected(tmp_path, roster, {outer: zipped(io.BytesIO(), mine)})
    assert {line.student for line in done.lines if line.student} == {"bob"}
    assert set(handed(tmp_path)) == {"bob"}


ALICE = "nunezjose_7_9_x.ipynb"  # José's, by Canvas
MOODLE = "_assignsubmission_file_"


@pytest.mark.parametrize(
    "name",
    [
        "smithbob_340934_3_jose_attempt_2099-01-01-00-00-00_x.ipynb",
        "hw_bob_attempt_2026-11-28-15-30-00_jose_attempt_2099-01-01-00-00-00_x.ipynb",
        f"Bob Smith_3{MOODLE}José Núñez_1{MOODLE}x.ipynb",
        f"1-3 - Bob Smith - Nov 28, 2026 330 PM - José Núñez_1{MOODLE}x.ipynb",
        "smithbob_340934_3_nunezjose_7_99_x.ipynb",
    ],
)
def test_a_files_own_name_is_no_sender(tmp_path: Path, roster: Roster, name: str) -> None:
    """Behind what the platform wrote, a student may write what looks like another's name."""
    done = collected(tmp_path, roster, {ALICE: work("jose"), name: work("bob")})
    assert {(line.student, line.left) for line in done.lines} == {("jose", ""), ("bob", "")}


def test_the_work_is_taken_and_not_what_lies_beside_it(tmp_path: Path, roster: Roster) -> None:
    """Of one attempt the file with the most answers; never the course's own solutions, which somebody packed."""
    ours = (paths.SOLUTIONS / f"{CHAPTER}.py").read_bytes()
    answered = course.master(CHAPTER)
    answered.cells[5].source = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return x"
    packed = {
        "exercises/a.ipynb": nbformat.writes(answered).encode(),
        "exercises/z.ipynb": work(),
        "solutions/ch02_recurrence.py": ours,
        "ch02_recurrence_notes.py": b"MARK = 1\n",
    }
    done = collected(tmp_path, roster, {"smithbob_340934_3_all.zip": zipped(io.BytesIO(), packed)})
    assert [line.source.rpartition("/")[2] for line in done.taken] == ["a.ipynb"]
    assert "the course's own solutions" in [line.left for line in done.left]


@pytest.mark.parametrize("hostile", ["deep", "digits", "name", "ending", "date", "nul"])
def test_one_file_stops_nobody(tmp_path: Path, roster: Roster, hostile: str) -> None:
    """Whatever it is, the others are collected, the list is whole, and the terminal is left in peace."""
    files = {
        "deep": {"nunezjose_7_9_x.py": b"def rnn_step(x): return " + b"-" * 20000 + b"1\n"},
        "digits": {f"nunezjose_7_{'9' * 5000}_x.ipynb": work()},
        "name": {"_".join("a" * 20000) + ".ipynb": work()},
        "ending": {"jose/x.\x1b[2J\ntaken  all": b""},
        "date": {"1-1 - José Núñez - Jan 1, 0001 1200 AM/x.ipynb": work()},
        "nul": {"jose/\ud800.ipynb".encode("utf-8", "replace").decode(): work()},
    }[hostile]
    done = collected(tmp_path, roster, {"smithbob_340934_1_x.ipynb": work(), **files})
    assert "bob" in handed(tmp_path) and len(done.lines) == 2
    assert all(line.isprintable() for line in shown(done, None))
    with (tmp_path / "collected.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.reader(stream))) == 3


@pytest.mark.parametrize("place", [".", CHAPTER, f"{CHAPTER}/{CHAPTER}.ipynb"])
def test_links_in_the_folder_are_not_followed(tmp_path: Path, roster: Roster, place: str) -> None:
    """A link where work would go stays, nothing is written behind it, and the line says so."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "submitted" / "bob" / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere")
    done = collected(tmp_path, roster, {"smithbob_340934_1_x.ipynb": work(), ALICE: work()})
    assert [line.student for line in done.taken] == ["jose"] and "a link stands in" in done.left[0].left
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("name", [f"{CHAPTER}.ipynb", "timestamp.txt"])
def test_a_folder_in_the_way_stops_one_student(tmp_path: Path, roster: Roster, name: str) -> None:
    """Nothing of this student is written, not even half of it; the others are collected."""
    (tmp_path / "submitted" / "bob" / CHAPTER / name).mkdir(parents=True)
    content = {f"hw_{who}_attempt_2026-11-28-10-00-00_x.ipynb": work() for who in ("bob", "jose")}
    done = collected(tmp_path, roster, content)
    assert [line.student for line in done.taken] == ["jose"] and "a folder stands in" in done.left[0].left
    assert [path.name for path in (tmp_path / "submitted" / "bob" / CHAPTER).iterdir()] == [name]


def test_nowhere_to_write_is_one_line(tmp_path: Path) -> None:
    """Where neither work nor list can be put."""
    (tmp_path / "file").write_text("")
    zipped(tmp_path / "download.zip", {"smithbob_340934_1_x.ipynb": work()})
    with pytest.raises(
        ClassroomError, match=r"file/submitted: cannot be written \(.*\); make room there, and collect again$"
    ):
        collect([tmp_path / "download.zip"], tmp_path / "file" / "submitted", None)


def test_work_with_a_time_is_not_replaced_by_work_without(tmp_path: Path, roster: Roster) -> None:
    """Nor is other work without a word."""
    collected(tmp_path, roster, {"hw_bob_attempt_2026-11-28-10-00-00_x.ipynb": work("timed")})
    done = collected(tmp_path, roster, {"smithbob_340934_1_x.ipynb": work()})
    assert done.left[0].left.startswith("what was collected before has a time, and this has none")
    collected(tmp_path, roster, {ALICE: work("first")})
    done = collected(tmp_path, roster, {ALICE: work("second")})
    assert [line.note for line in done.taken] == ["in place of what was collected before"]


def test_an_older_attempt_does_not_come_back(tmp_path: Path, roster: Roster) -> None:
    """Canvas tells no time, but numbers its submissions: an old download taken in by mistake changes nothing."""
    collected(tmp_path, roster, {"smithbob_340934_9002_x.ipynb": work("new")})
    done = collected(tmp_path, roster, {"smithbob_340934_9001_x.ipynb": work("old"), ALICE: work()})
    assert [line.left for line in done.left] == ["what was collected before is a later attempt (9002)"]
    assert (tmp_path / "submitted" / "bob" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes() == work("new")
    assert len(collected(tmp_path, roster, {"smithbob_340934_9003_x.ipynb": work("newest")}).taken) == 1


@pytest.mark.parametrize("name", ["smithbob_340934_9_x.ipynb", "hw_bob_attempt_2026-11-28-10-00-00_x.ipynb"])
def test_what_a_teacher_put_there_stays(tmp_path: Path, roster: Roster, name: str) -> None:
    """Work from a mail, laid in by hand, is not overwritten when the download is collected once more."""
    content = {name: work("old"), ALICE: work()}
    collected(tmp_path, roster, content)
    path = tmp_path / "submitted" / "bob" / CHAPTER / f"{CHAPTER}.ipynb"
    path.write_bytes(work("from a mail"))
    done = collected(tmp_path, roster, content)
    assert path.read_bytes() == work("from a mail")
    assert [line.left for line in done.left] == [
        f"what lies there is not from here, and may be later; move {path.parent} away to take this"
    ]
    path.unlink()
    assert len(collected(tmp_path, roster, content).taken) == 2 and path.read_bytes() == work("old")


def test_without_a_roster_people_are_not_merged(tmp_path: Path) -> None:
    """Two of one name, and plain folders, need one."""
    done = collected(
        tmp_path, None, {f"Bob Smith_{n}{MOODLE}/x.ipynb": work() for n in (1, 2)} | {"ann/x.ipynb": work()}
    )
    reasons = sorted(line.left for line in done.lines)
    assert "tell them apart with --roster" in reasons[1] and "cannot be told without a roster" in reasons[2]


def test_of_several_attempts_the_last_counts(tmp_path: Path, roster: Roster) -> None:
    """Whatever their order in the download; one that was collected before is replaced by a later one only."""
    names = {hour: f"hw_bob_attempt_2026-11-28-{hour}-00-00_x.ipynb" for hour in ("09", "10", "11")}
    done = collected(tmp_path, roster, {names["10"]: work("10"), names["09"]: work("09")})
    assert [line.left for line in done.lines] == ["", f"download.zip/{names['10']} is later"]
    done = collected(tmp_path, roster, {names["09"]: work("09")})
    assert done.lines[0].left.startswith("what was collected before is later (2026-11-28")
    collected(tmp_path, roster, {names["11"]: work("11")})
    assert (tmp_path / "submitted" / "bob" / CHAPTER / f"{CHAPTER}.ipynb").read_bytes() == work("11")


def test_answers_in_plain_python_become_a_notebook(tmp_path: Path, roster: Roster) -> None:
    """Each function in its own cell, imports and helpers before them; a file that is no Python goes in whole."""
    text = "import math\n\ndef helper(a):\n    return a\n\ndef rnn_step(x, h_prev, Wx, Wh, b):\n    return helper(x)\n"
    done = collected(tmp_path, roster, {"smithbob_340934_1_x.py": text.encode()})
    assert done.taken[0].note == "a Python file, made a notebook"
    made = submission.read(tmp_path / "submitted" / "bob" / CHAPTER / f"{CHAPTER}.ipynb")
    answers = {cell.exercise: cell.source for cell in made.cells if cell.role == "answer"}
    assert answers == {"rnn_step": "def rnn_step(x, h_prev, Wx, Wh, b):\n    return helper(x)"}
    helpers = [cell.source for cell in made.cells if cell.role == "helper"]
    assert helpers == ["import math\n\ndef helper(a):\n    return a"]
    assert b"def rnn_step(:" in pyfile.notebook(b"def rnn_step(:", CHAPTER)


def test_bombs_and_nests_are_left_lying(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, roster: Roster) -> None:
    """A file that unpacks to more than its limit, archives within archives without end, a way out of the folder."""
    monkeypatch.setattr(downloads, "FILE", 100_000)
    nest = work()
    for _ in range(6):
        nest = zipped(io.BytesIO(), {"x.zip": nest})
    content = {"bob/zeros.ipynb": b"0" * 200_000, "bob/nest.zip": nest, "../../bob.ipynb": work()}
    done = collected(tmp_path, roster, content)
    why = {line.source: line.left for line in done.lines}
    assert why["download.zip/bob/zeros.ipynb"] == "too large; ask for it without its outputs"
    assert "too many archives within one another" in why.values()
    assert {path.name for path in tmp_path.iterdir()} == {"download.zip", "roster.csv", "submitted", "collected.csv"}


@pytest.mark.parametrize("kind", ["missing", "text", "broken"])
def test_what_is_no_download(tmp_path: Path, kind: str) -> None:
    """One line, and nothing is written."""
    path = tmp_path / "download.zip"
    if kind != "missing":
        path.write_bytes(b"PK\x03\x04 broken" if kind == "broken" else b"hello")
    with pytest.raises(ClassroomError, match=r"download\.zip: (no such|neither a folder nor a zip)"):
        collect([path], tmp_path / "submitted", None)
    assert not (tmp_path / "submitted").exists()


def test_the_command(tmp_path: Path, roster: Roster) -> None:
    """It says what was left and why, how many handed in, who did not, and where the whole list is."""
    zipped(tmp_path / "download.zip", {"smithbob_340934_1_x.ipynb": work(), "smithbob_340934_1_x.txt": b""})
    command = ["collect", str(tmp_path / "download.zip"), "--submitted", str(tmp_path / "submitted")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "left   download.zip/smithbob_340934_1_x.txt: neither a notebook nor a Python file (.txt)" in done.output
    assert "taken  ch02_recurrence: 1 student\n       nothing from 1 on the roster: jose\n" in done.output
    assert str(tmp_path / "collected.csv") in done.output.replace("\n", "")
    (tmp_path / "roster.csv").unlink()
    assert "no roster: students are called what the platform calls them" in CliRunner().invoke(app, command).output
    assert (tmp_path / "submitted" / "smithbob").is_dir()
