"""A gradebook on PostgreSQL: a real server, which stock nbgrader reads too, and which goes away in the middle."""

from __future__ import annotations

import csv
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import course, paths
from autograder.classroom.folder import ClassroomError
from autograder.classroom.grade import GradeResult, grade
from autograder.judge.verdict import Verdict
from autograder.tests.course_folder import WRONG, page
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in

STUDENTS = ["ann", "bob", "cem", "dia"]


class Server:
    """A PostgreSQL of our own: data and socket in one folder with a short name, no port, no waiting for the disk."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name  # it refuses to run as root
        self.url = f"postgresql://{self.user}@/postgres?host={folder}"
        if os.geteuid() == 0:
            shutil.chown(folder, self.user)
        self._run("initdb", "--auth=trust", "--no-sync", f"--pgdata={folder}/data")

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        log = f"--log={self.folder}/log"
        self._run("pg_ctl", "start", "--wait", f"--pgdata={self.folder}/data", log, f"--options={options}")

    def stop(self) -> None:
        """As a crash: every connection is cut, and what was not committed is gone."""
        self._run("pg_ctl", "stop", "--mode=immediate", f"--pgdata={self.folder}/data")

    def _run(self, program: str, *arguments: str) -> None:
        options = {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(
            [self.programs / program, *arguments], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, **options,
        )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server; in continuous integration it must be there, elsewhere these tests are left out without it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        why = "no PostgreSQL in /usr/lib/postgresql; to install it: sudo apt-get install postgresql"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:  # a socket's path has 107 bytes at most
        started = Server(Path(folder), found[-1])
        started.start()
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture
def submitted(tmp_path: Path, server: Server) -> Path:
    """A class whose gradebook is a new, empty database."""
    import psycopg

    name = f"db{abs(hash(tmp_path)) % 10**8}"
    with psycopg.connect(host=str(server.folder), user=server.user, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.url.replace("/postgres?", f"/{name}?")
    config = f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\nc.CourseDirectory.db_url = {url!r}\n"
    (tmp_path / "nbgrader_config.py").write_text(config)
    (tmp_path / "url").write_text(url)
    for student in STUDENTS:
        hand_in(tmp_path / "submitted", student, RIGHT)
    return tmp_path / "submitted"


def run(submitted: Path, judge: FakeJudge) -> GradeResult:
    return grade(CHAPTER, submitted, 1, console=Console(quiet=True), open_judge=judge)


def scores(submitted: Path) -> dict[str, float]:
    with Gradebook((submitted.parent / "url").read_text()) as book:
        return {one.student.id: one.score for one in book.assignment_submissions(CHAPTER)}


def test_a_class_is_graded_into_postgresql(submitted: Path) -> None:
    """Release, grades, a second run and a teacher's review are as with SQLite, and stock nbgrader exports them."""
    course.release([CHAPTER], submitted.parent)
    judge = FakeJudge()
    assert (run(submitted, judge).status, scores(submitted)) == (0, dict.fromkeys(STUDENTS, FULL))
    assert run(submitted, judge).judged == 0
    with Gradebook((submitted.parent / "url").read_text()) as book:
        mark = book.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        mark.manual_score = 3.5
        book.db.commit()
    hand_in(submitted, "ann", WRONG)
    assert run(submitted, judge).judged == 1
    wanted = {**dict.fromkeys(STUDENTS, FULL), "ann": pytest.approx((FULL - 4) / 3 + 3.5)}
    assert scores(submitted) == wanted
    assert not list(submitted.parent.glob("*.db"))
    command = [sys.executable, "-m", "nbgrader", "export", "--to=grades.csv"]
    done = subprocess.run(command, cwd=submitted.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with (submitted.parent / "grades.csv").open(newline="") as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == wanted


def test_a_server_that_goes_away_loses_nothing(
    submitted: Path, server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Connections cut in the middle, and a server that is not there: one line each; then the same command goes on."""
    judge = FakeJudge()
    whole = judge.verdict

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        if student == "cem":
            server.stop()
        return whole(path, chapter, student)

    judge.verdict = verdict  # type: ignore[method-assign]
    try:
        result = run(submitted, judge)
        assert (result.status, result.judged, len(result.problems)) == (3, 4, 1)
        (line,) = result.problems
        assert "verdicts are kept" in line and "look whether its server runs" in line and "\n" not in line
        with pytest.raises(ClassroomError, match=r"^the gradebook postgresql[^\n]*look whether its server runs[^\n]*$"):
            run(submitted, judge)
    finally:
        server.start()
    printed = capfd.readouterr()
    assert printed.out + printed.err + caplog.text == ""
    judge.verdict = whole  # type: ignore[method-assign]
    result = run(submitted, judge)
    assert (result.status, result.judged) == (0, 0)
    assert sorted(judge.judged) == STUDENTS
    assert scores(submitted) == dict.fromkeys(STUDENTS, FULL)
    assert all(page(submitted, student).exists() for student in STUDENTS)


def test_a_server_that_comes_back_before_the_end_has_everything(submitted: Path, server: Server) -> None:
    """A restart in the middle of a class is made up for at its end, and nobody hears of it."""
    judge = FakeJudge()
    whole = judge.verdict

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        if student == "bob":
            server.stop()
        elif student == "dia":
            server.start()
        return whole(path, chapter, student)

    judge.verdict = verdict  # type: ignore[method-assign]
    result = run(submitted, judge)
    assert (result.status, result.problems) == (0, [])
    assert scores(submitted) == dict.fromkeys(STUDENTS, FULL)


def test_a_driver_that_is_missing_is_one_line(submitted: Path) -> None:
    """The line names a form of the URL that works, and no password."""
    config = "c.CourseDirectory.db_url = 'postgresql+psycopg2://teacher:secret@localhost/grades'\n"
    (submitted.parent / "nbgrader_config.py").write_text(config)
    with pytest.raises(ClassroomError, match=r"No module named 'psycopg2'\); begin its db_url with") as caught:
        run(submitted, FakeJudge())
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
