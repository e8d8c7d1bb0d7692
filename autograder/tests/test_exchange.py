"""nbgrader's exchange with this course: two students and a teacher, each in a home folder of their own."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import paths
from autograder.bundle.folder import bundle
from autograder.tests.people import Person, right

CHAPTER = "ch00_start"
RIGHT = right(CHAPTER)
STEP = RIGHT["numerical_gradient"].replace("(f(x + nudge) - f(x - nudge)) / (2 * eps)", "(f(x + nudge) - f(x)) / eps")
WRONG = {**RIGHT, "numerical_gradient": STEP}
BELIEF = "steps to one side only"

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


@pytest.fixture
def srv(tmp_path: Path) -> Path:
    """The folder of a hub that the website shows, with what students get: all that their programs are told."""
    shutil.copytree(paths.ROOT / "book" / "hub", tmp_path / "srv")
    bundle([CHAPTER], tmp_path / "srv")
    return tmp_path / "srv"


def student(name: str, srv: Path) -> Person:
    """A student with a home folder far from the course."""
    settings = {"PYTHONPATH": f"{srv}/unrolled", "JUPYTER_CONFIG_PATH": f"{srv}/students:{srv}/everybody"}
    return Person(name, srv.parent / "home" / name, settings)


def teacher(srv: Path) -> Person:
    """A teacher with a course folder, ``autumn``, that has the line which the instructor's page names."""
    settings = {"PYTHONPATH": str(paths.ROOT), "JUPYTER_CONFIG_PATH": f"{srv}/everybody"}
    person = Person("teacher", srv.parent / "home" / "teacher", settings)
    (person.home / "autumn").mkdir()
    config = f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n"
    config += "c.ExchangeCollect.check_owner = False\n"  # all are one account here, so the owner says nothing
    (person.home / "autumn" / "nbgrader_config.py").write_text(config)
    return person


def fetched(person: Person) -> list[str]:
    """The feedback pages of a student, the earliest attempt first."""
    return [path.read_text() for path in sorted((person.home / CHAPTER / "feedback").glob(f"*/{CHAPTER}.html"))]


def grade_and_return(instructor: Person, *collect: str) -> str:
    """What a teacher types when work has come in: collect, grade, hand the pages back; gives what grading printed."""
    instructor.run("nbgrader", "collect", CHAPTER, *collect, folder="autumn")
    printed = instructor.run("autograder", "grade", CHAPTER, folder="autumn")
    instructor.run("nbgrader", "release_feedback", CHAPTER, folder="autumn")
    return printed


def late(instructor: Person) -> dict[str, float]:
    """By how many seconds each student was late."""
    with Gradebook(f"sqlite:///{instructor.home}/autumn/gradebook.db") as book:
        return {one.student.id: one.total_seconds_late for one in book.assignment_submissions(CHAPTER)}


def scores(instructor: Person) -> dict[str, float]:
    """The grades that nbgrader exports."""
    instructor.run("nbgrader", "export", "--to=grades.csv", folder="autumn")
    with (instructor.home / "autumn" / "grades.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def hand_out(instructor: Person, srv: Path) -> None:
    """Make the notebook and put it into the exchange, where nobody else can list what will come in."""
    instructor.run("autograder", "release", CHAPTER, "--course", ".", folder="autumn")
    instructor.run("nbgrader", "release_assignment", CHAPTER, folder="autumn")
    assert (srv / "exchange" / "autumn" / "inbound").stat().st_mode & 0o777 == 0o733


def work(person: Person, answers: dict[str, str]) -> str:
    """Fetch, answer, validate, hand in; gives what Validate said."""
    person.run("nbgrader", "fetch_assignment", CHAPTER)
    person.answer(CHAPTER, answers)
    said = person.run("nbgrader", "validate", f"{CHAPTER}/{CHAPTER}.ipynb")
    person.run("nbgrader", "submit", CHAPTER)
    return said


def test_a_chapter_goes_out_and_comes_back_through_the_exchange(srv: Path) -> None:
    """Stock release, fetch, validate, submit, collect and feedback, with our grades: twice, the second time late."""
    instructor, ada, ben = teacher(srv), student("ada", srv), student("ben", srv)
    hand_out(instructor, srv)
    assert "Success! Your notebook passes all the tests." in work(ada, RIGHT)
    said = work(ben, WRONG)
    assert "VALIDATION FAILED ON 1 CELL(S)!" in said
    assert "CheckFailed: numerical_gradient: 1 of 6 checks failed: With a step" in said
    assert "f(x - eps) over 2 eps.\n" in said  # all of it, in lines that are short enough
    assert "2 judged" in grade_and_return(instructor)
    assert (srv / "exchange" / "autumn" / "feedback").stat().st_mode & 0o777 == 0o711  # and nobody else can list it
    for person, held in ((ada, False), (ben, True)):
        person.run("nbgrader", "fetch_feedback", CHAPTER)
        assert [BELIEF in page for page in fetched(person)] == [held]

    due = datetime.now(UTC) - timedelta(seconds=1)
    instructor.run("nbgrader", "db", "assignment", "add", CHAPTER, f"--duedate={due}", folder="autumn")
    ben.answer(CHAPTER, RIGHT)
    ben.run("nbgrader", "submit", CHAPTER)
    assert "1 judged" in grade_and_return(instructor, "--update")
    ben.run("nbgrader", "fetch_feedback", CHAPTER)
    assert [BELIEF in page for page in fetched(ben)] == [True, False]
    found = late(instructor)
    assert found["ada"] == 0 and 0 < found["ben"] < 3600
    assert scores(instructor) == {"ada": 10, "ben": 10}
