"""Pseudonyms: the same for the whole term, drawn by chance, and told to nobody."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from autograder import paths
from autograder.classroom import pseudonyms
from autograder.classroom.folder import ClassroomError

STUDENTS = ["ada", "ben", "=HYPERLINK(1)", "'quoted", "Zoë, 2nd", '"two" words', " =spaced", "ben "]


def test_who_has_a_pseudonym_keeps_it(tmp_path: Path) -> None:
    """The second command gives the same names, in whatever order it asks, and new students get new ones."""
    first = pseudonyms.names(tmp_path, STUDENTS)
    assert list(first) == STUDENTS and len(set(first.values())) == len(STUDENTS)
    assert pseudonyms.names(tmp_path, reversed(STUDENTS)) == first
    later = pseudonyms.names(tmp_path, ["eve", "ada"])
    assert later["ada"] == first["ada"] and later["eve"] not in first.values()
    assert pseudonyms.names(tmp_path, STUDENTS) == first


def test_names_come_from_chance(tmp_path: Path) -> None:
    """Two courses with the same students share no pseudonym to speak of, so none is worked out from a name."""
    students = [f"student{number}" for number in range(500)]
    drawn = []
    for course in ("spring", "autumn"):
        (tmp_path / course).mkdir()
        drawn.append(pseudonyms.names(tmp_path / course, students))
    assert all(len(set(one.values())) == 500 for one in drawn)
    assert sum(drawn[0][student] == drawn[1][student] for student in students) < 5
    assert all(name[:8] == "student-" and not set(name[8:]) & set("aeiou") for name in drawn[0].values())


def test_drawing_ends_where_nearly_all_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class too large for short names gets longer ones."""
    monkeypatch.setattr(pseudonyms, "LENGTH", 1)
    found = pseudonyms.names(tmp_path, map(str, range(60)))
    assert len(set(found.values())) == 60 and len(found["0"]) == len("student-") + 2


def test_only_the_owner_reads_the_list(tmp_path: Path) -> None:
    """Mode 0600 in the first version and in each later one; no cell of it is a formula; nothing half is left."""
    pseudonyms.names(tmp_path, STUDENTS)
    path = tmp_path / pseudonyms.FILE
    path.chmod(0o644)
    pseudonyms.names(tmp_path, ["eve"])
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "ada" in cells and not [cell for cell in cells if cell.strip()[0] in "=+-@"]
    assert {found.name for found in tmp_path.iterdir()} <= {path.name, f".{pseudonyms.FILE}.lock"}


def test_the_list_is_not_written_again_for_nothing(tmp_path: Path) -> None:
    """Who only asks changes no file: the list may lie where nothing can be written any more."""
    pseudonyms.names(tmp_path, STUDENTS)
    before = (tmp_path / pseudonyms.FILE).stat()
    pseudonyms.names(tmp_path, STUDENTS)
    after = (tmp_path / pseudonyms.FILE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "student,pseudonym\nada\n",
        "student,pseudonym\nada,\n",
        "name,other\nada,student-2222\n",
        "student,pseudonym\nada,student-2222\nben,student-2222\n",
        "student,pseudonym\nada,student-2222\nada,student-3333\n",
        'student,pseudonym\n"ada,student-2222\n',
        "\0\0\0",
    ],
)
def test_a_spoilt_list_is_one_line(tmp_path: Path, spoilt: str) -> None:
    """A list that was cut or changed would give one student's name to another: it is named, and left as it is."""
    path = tmp_path / pseudonyms.FILE
    path.write_text(spoilt)
    with pytest.raises(ClassroomError, match=r"pseudonyms.csv: not the list .* put it back, or delete it") as caught:
        pseudonyms.names(tmp_path, ["ada"])
    assert "\n" not in str(caught.value) and path.read_text() == spoilt


def test_nowhere_to_write_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, a folder in the way, and a list that somebody holds for long."""
    with pytest.raises(ClassroomError, match="cannot be written"):
        (tmp_path / "file").write_text("")
        pseudonyms.names(tmp_path / "file", ["ada"])
    (tmp_path / pseudonyms.FILE).mkdir()
    with pytest.raises(ClassroomError, match="cannot be written"):
        pseudonyms.names(tmp_path, ["ada"])
    monkeypatch.setattr(pseudonyms, "PATIENCE", 0.1)
    with FileLock(tmp_path / f".{pseudonyms.FILE}.lock"), pytest.raises(ClassroomError, match="another command"):
        pseudonyms.names(tmp_path, ["ada"])


def test_two_commands_at_once_agree(tmp_path: Path) -> None:
    """Programs that ask at the same moment lose none of each other's names."""
    program = "import sys; from pathlib import Path; from autograder.classroom.pseudonyms import names\n"
    program += "for n in range(20): names(Path(sys.argv[1]), ['shared', f'{sys.argv[2]}{n}'])"
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen([*command, who], cwd=paths.ROOT) for who in ("a", "b")]
    assert [one.wait(120) for one in running] == [0, 0]
    assert len((tmp_path / pseudonyms.FILE).read_text().splitlines()) == 1 + 1 + 40
