"""The class list, and who is meant by what a platform writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom.folder import ClassroomError
from autograder.classroom.roster import Student, read

CLASS = """id,first_name,last_name,email,lms_user_id,section
bob,Bob,Smith,bob@example.org,340934,A
bob2,Robert,Smith,bob2@example.org,340935,A
jose,José,Núñez,jose@example.org,340936,A
ana,Ana,de la Cruz,ana@example.org,340937,B
smith3,Robert,Smith,smith3@example.org,340938,B
"""


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("ids", "name", "student"),
    [
        (["340935"], "", "bob2"),
        (["nobody", "JOSE@example.org"], "", "jose"),
        ([], "smith, BOB", "bob"),
        ([], "smithbob", "bob"),
        ([], "Jose\u0301 Nun\u0303ez", "jose"),
        ([], "nunezjose", "jose"),
        ([], "delacruzana", "ana"),
    ],
)
def test_who_is_meant(tmp_path: Path, ids: list[str], name: str, student: str) -> None:
    """By any value that only one line has, or by the name, however its letters, words and accents stand."""
    found = read(written(tmp_path, CLASS)).find(ids, name)
    assert isinstance(found, Student) and found.id == student


def test_who_cannot_be_told(tmp_path: Path) -> None:
    """Two of one name, nobody of that name, and a value that several lines have: each has its sentence."""
    roster = read(written(tmp_path, CLASS))
    assert roster.find([], "Robert Smith") == "several on the roster are called 'Robert Smith': bob2, smith3"
    assert roster.find([], "smithbab") == "nobody on the roster is 'smithbab'; the nearest is Bob Smith (bob)"
    assert roster.find(["A"], "") == "nobody on the roster is 'A'"


def test_numbers_that_point_to_another(tmp_path: Path) -> None:
    """Where an id can be typed in, it may be somebody else's: the name and every number have to agree."""
    roster = read(written(tmp_path, CLASS))
    for ids, name in ((["bob", "jose@example.org"], ""), (["bob"], "José Núñez")):
        assert roster.find(ids, name) == f"its name {name!r} and its numbers are those of several: bob, jose"
    assert isinstance(roster.find(["bob"], "Bobby S."), Student)  # a name that nobody has contradicts nothing
    nick = read(written(tmp_path, "id,name,nick\nalice,A,\nbob,B,alice\n"))
    found = nick.find(["alice"], "")
    assert isinstance(found, Student) and found.id == "alice"
    assert nick.doubts == ["'alice' finds alice: it stands in the line of bob as well"]
    seats = read(written(tmp_path, "id,lms_user_id,seat\nada,101,7\nhana,102,101\n"))
    assert seats.find(["101"], "") == "nobody on the roster is '101'"
    assert seats.doubts == ["'101' finds nobody: it stands in the lines of ada, hana"]
    assert read(written(tmp_path, "id,first_name\nbob,\n")).find([], "--") == "nobody on the roster is '--'"


def test_a_number_that_two_have_is_nobodys(tmp_path: Path) -> None:
    """Only that number: all others find who has them, and a line names the two."""
    roster = read(written(tmp_path, CLASS.replace("340936", "340935")))
    assert roster.doubts == ["'340935' finds nobody: it stands in the lines of bob2, jose"]
    assert roster.find(["340935"], "") == "nobody on the roster is '340935'"
    for number, student in (("340934", "bob"), ("340938", "smith3")):
        found = roster.find([number], "Robert Smith" if student == "smith3" else "")
        assert isinstance(found, Student) and found.id == student
    assert read(written(tmp_path, CLASS)).doubts == []  # two of one section are no mistake


@pytest.mark.parametrize("first", ["", "sep=,\n"])
def test_a_quotation_mark_that_is_never_closed(tmp_path: Path, first: str) -> None:
    """What it swallows would be the rest of the class: one line names the row in which it begins."""
    number = 5 if first else 4
    for text in (
        CLASS.replace("jose,José", 'jose,"José'),
        CLASS.replace("jose,José", 'jose,"José').replace("Ana,", '"Ana",'),
    ):
        with pytest.raises(ClassroomError, match=rf"roster.csv, line {number}: a quotation mark is never closed"):
            read(written(tmp_path, first + text))


def test_odd_tables_are_read(tmp_path: Path) -> None:
    """An old Mac's line ends, Excel's own first line, empty cells behind the last, only a heading."""
    for text in (
        CLASS.replace("\n", "\r"),
        "sep=,\n" + CLASS,
        CLASS.replace("\n", ",,\n").replace("section,,", "section"),
    ):
        assert len(read(written(tmp_path, text)).students) == 5
    assert read(written(tmp_path, "id,name\n")).students == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_spreadsheet_writes_a_roster(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Another delimiter, another encoding, capitals in the heading, empty lines."""
    text = CLASS.replace(",", delimiter).replace("id", "ID ", 1) + delimiter * 5 + "\n"
    assert [one.name for one in read(written(tmp_path, text, encoding)).students][3] == "José Núñez"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column of the roster, or more than one, is called 'id'; its first line has to name the columns"),
        ("idd,name\nbob,Bob\n", "no column of the roster, or more than one, is called 'id'; rename the column 'idd'"),
        (CLASS + "BOB,Bo,By,,,\n", "'bob' stands there 2 times; keep one"),
        ("id,name\n,Bob\n", "row 2: '' is no id for a folder; give this student one"),
        ("id,name\nbob,Bob,Smith\n", "row 2 has more cells than the first; put quotation marks around commas"),
        ("id,id\na,b\n", "or more than one, is called 'id'; rename the column 'id'"),
        ("id,name\n../bob,Bob\n", "row 2: '../bob' is no id for a folder; give this student one"),
    ],
)
def test_a_roster_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    """One line: what is wrong, where, what to do."""
    with pytest.raises(ClassroomError) as problem:
        read(written(tmp_path, text))
    assert says in str(problem.value) and "\n" not in str(problem.value)


def test_no_roster(tmp_path: Path) -> None:
    """A missing file says so."""
    with pytest.raises(ClassroomError, match=r"roster.csv: the roster cannot be read \(No such file"):
        read(tmp_path / "roster.csv")
