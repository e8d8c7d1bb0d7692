"""A gradebook that is not of this nbgrader: named in one line with the remedy, never changed, and mended by it."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader import dbutil

from autograder import course
from autograder.classroom.folder import ClassroomError
from autograder.tests.course_folder import Grade, book, gradebook, judge, page, run, scores, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in
from autograder.tests.old_gradebook import FIRST, UNDO, make_old

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures


@pytest.fixture
def path(submitted: Path) -> Path:
    """The gradebook of a class in which ann has handed in."""
    hand_in(submitted, "ann", RIGHT)
    return submitted.parent / "gradebook.db"


def refused(path: Path, run: Grade) -> str:
    """What is said of the gradebook; nothing is judged, and it is the same, byte for byte, afterwards."""
    before = path.read_bytes()
    with pytest.raises(ClassroomError) as caught:
        run()
    assert path.read_bytes() == before
    assert "\n" not in str(caught.value)
    with pytest.raises(ClassroomError):
        course.release([CHAPTER], course=path.parent)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.glob("gradebook*")] == ["gradebook.db"]
    assert not (path.parent / "release").exists()
    return str(caught.value)


def test_every_revision_of_nbgrader_is_known_here() -> None:
    """Another revision of its tables is to be added to `UNDO`."""
    assert {each.name.split("_")[0] for each in Path(dbutil.ALEMBIC_DIR, "versions").glob("*.py")} == set(UNDO)


@pytest.mark.parametrize("without", UNDO)
def test_an_older_gradebook_is_named_with_the_command(path: Path, run: Grade, judge: FakeJudge, without: str) -> None:
    """Of every revision there was: the file, and the command that upgrades it; nothing in it is changed."""
    make_old(path, without)
    said = refused(path, run)
    assert said.startswith(
        f"the gradebook sqlite:///{path} was made by an older nbgrader; run  nbgrader db upgrade --db="
    )
    assert judge.judged == []


@pytest.mark.parametrize("without", [FIRST, "282d30a0218e"])
def test_the_command_that_is_named_mends_it(path: Path, run: Grade, without: str) -> None:
    """As it stands in the message, from any folder: then grading works, and the grades from before are all there."""
    run()
    hand_in(path.parent / "submitted", "bob", RIGHT)
    make_old(path, without)
    command = refused(path, run).split("run  ")[1].split("  and")[0]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(shlex.split(command), cwd=path.parent.parent, env=environment, check=True, capture_output=True)
    assert scores(path.parent / "submitted") == {"ann": FULL}
    result = run()
    assert (result.status, result.judged, result.problems) == (0, 1, [])
    assert scores(path.parent / "submitted") == {"ann": FULL, "bob": FULL}
    assert page(path.parent / "submitted", "bob").exists()


def test_a_newer_gradebook_is_left_alone(path: Path, run: Grade) -> None:
    """A revision that this nbgrader has never heard of is for a newer one."""
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    connection.close()
    assert "was made by a newer nbgrader (revision ffffffffffff); install that one in .venv" in refused(path, run)


def test_a_damaged_gradebook_is_named(path: Path, run: Grade) -> None:
    """What nbgrader cannot upgrade, since it is of the newest revision, has to come from a copy."""
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE grade DROP COLUMN extra_credit")
    connection.close()
    assert "is damaged: it has no grade.extra_credit; put a copy of it from before in its place" in refused(path, run)


@pytest.mark.parametrize("bytes_", [b"a shopping list" * 100, b"SQLite format 3\0" + bytes(4080)])
def test_what_is_no_database_is_named(path: Path, run: Grade, bytes_: bytes) -> None:
    """A file of another kind, or a spoilt one, is one line."""
    path.write_bytes(bytes_)
    assert "cannot be used (file is not a database)" in refused(path, run)


def test_another_programs_database_is_left_alone(path: Path, run: Grade) -> None:
    """nbgrader would make its own tables in it."""
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE moz_bookmarks (id INTEGER)")
    connection.close()
    said = refused(path, run)
    assert "is none: it holds tables of something else (moz_bookmarks); name another in nbgrader_config.py" in said


def test_an_empty_file_becomes_a_gradebook(path: Path, run: Grade) -> None:
    """There is nothing in it to lose, and SQLite leaves such a file when nothing was written."""
    path.write_bytes(b"")
    assert run().status == 0
    with book(path.parent / "submitted") as opened:
        assert opened.find_submission(CHAPTER, "ann").score == FULL


def test_an_address_that_is_none_is_one_line(path: Path, run: Grade) -> None:
    """Of grade and of release; the address is not shown, since it may hold a password."""
    (path.parent / "nbgrader_config.py").write_text("c.CourseDirectory.db_url = 'secret'\n")
    assert "its c.CourseDirectory.db_url is no address; begin it with sqlite:/// or" in refused(path, run)
    assert "secret" not in refused(path, run)
