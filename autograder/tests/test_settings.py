"""course.yml: what it says is read as it was meant, and each mistake in it is one line with its place and a remedy."""

from __future__ import annotations

import os
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.classroom import settings
from autograder.classroom.amounts import Share
from autograder.classroom.folder import ClassroomError
from autograder.classroom.settings import Late, Settings, read

EXAMPLE = textwrap.dedent((settings.__doc__ or "").split("\n\n")[1])
CHAPTER = "ch02_recurrence"


def written(folder: Path, text: str | bytes) -> Settings:
    """What is read of a course.yml with this text."""
    (folder / "course.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder)


def refused(folder: Path, text: str | bytes) -> str:
    """The one line that is said of a course.yml with this text, without the folder."""
    with pytest.raises(ClassroomError) as caught:
        written(folder, text)
    said = str(caught.value)
    assert caught.value.status == 2 and said.isprintable() and len(said) <= 500
    assert said.startswith(str(folder))
    return said.removeprefix(f"{folder}/")


def test_the_example_is_read_as_it_says(tmp_path: Path) -> None:
    """The table in the module's own words: zones, ends of days, shares, durations, and both kinds of extensions."""
    found = written(tmp_path, EXAMPLE)
    assert found.site == "https://example.org/unrolled/"
    assert found.due == {
        "ch01_feedforward": datetime(2026, 10, 12, 21, 59, 59),
        CHAPTER: datetime(2026, 10, 19, 10),
    }
    assert found.late == Late(Share(10, True), timedelta(minutes=30), Share(50, True))
    assert found.extensions == {"ada": {"": timedelta(days=3)}, "ben": {CHAPTER: datetime(2026, 10, 26, 22, 59, 59)}}


@pytest.mark.parametrize("text", ["", "# due:\n", "---\n", "\ufeff", "due:\nextensions: ~\n"])
def test_nothing_set_is_nothing_changed(tmp_path: Path, text: str) -> None:
    """No file, an empty one, or one with comments only: as if nobody had written it."""
    assert read(tmp_path) == Settings()
    found = written(tmp_path, text)
    assert (found.due, found.late, found.extensions or None, found.site) == ({}, None, None, "")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-10-12", datetime(2026, 10, 12, 21, 59, 59)),
        ("'2026-10-12'", datetime(2026, 10, 12, 21, 59, 59)),
        ("2026-10-12 18:00", datetime(2026, 10, 12, 16)),
        ("2026-10-12T18:00:30", datetime(2026, 10, 12, 16, 0, 30)),
        ("2026-10-12 18:00:00 UTC", datetime(2026, 10, 12, 18)),
        ("2026-10-12 18:00:00Z", datetime(2026, 10, 12, 18)),
        ("2026-10-12 18:00:00 +05:30", datetime(2026, 10, 12, 12, 30)),
        ("2026-10-12 18:00 America/New_York", datetime(2026, 10, 12, 22)),
        ("2026-12-12", datetime(2026, 12, 12, 22, 59, 59)),
        ("none", None),
    ],
)
def test_dates(tmp_path: Path, text: str, meant: datetime | None) -> None:
    """With and without quotation marks, time and zone; in the course's zone, summer and winter, where none is named."""
    found = written(tmp_path, f"timezone: Europe/Berlin\ndue: {{{CHAPTER}: {text}}}\n")
    assert found.due == {CHAPTER: meant}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dew:\n", "line 1: 'dew' is no key; the nearest is due"),
        ("late:\n  per_day: 10%\n  at_moste: 5%\n", "line 3: late: 'at_moste' is no key; the nearest is at_most"),
        ("late:\n  grace: 1 hour\n", "line 2: late: per_day is missing; write for example 'per_day: 10%'"),
        ("due:\n  ch02_recurence: 2026-10-12\n", "line 2: due: 'ch02_recurence' is no chapter; the nearest is ch02_re"),
        ("due:\n  week_two: 2026-10-12\n", "'week_two' is no chapter; there are: ch00_start, ch01_feedforward"),
        ("due:\n- 2026-10-12\n", "line 2: due: a table belongs here, lines such as 'chapter: value'"),
        ("due: soon\n", "line 1: due: a table belongs here"),
        (f"due:\n  {CHAPTER}: 12.10.2026\n", f"line 2: due.{CHAPTER}: '12.10.2026' is no date; write it as 2026-12-01"),
        (f"due:\n  {CHAPTER}: 2026-02-30\n", "'2026-02-30' is no date"),
        (f"due:\n  {CHAPTER}: 0226-02-03\n", "'0226-02-03' is no year of a course"),
        (f"due:\n  {CHAPTER}: [2026]\n", "one value belongs here, and no table"),
        (f"due:\n  {CHAPTER}:\n", "nothing is written here; write a value, or remove the line"),
        (
            f"due:\n  {CHAPTER}: 2026-10-12\n  {CHAPTER}: 2026-10-13\n",
            "line 3: due: 'ch02_recurrence' stands there twi",
        ),
        ("due:\nlate: {per_day: 1%}\ndue:\n", "line 3: 'due' stands there twice; keep one"),
        ("late: {per_day: -10%}\n", "line 1: late.per_day: '-10%' is negative"),
        ("late: {per_day: 10}\n", "late.per_day: '10' is neither points nor percent; write it as 10%, or 2 points"),
        ("late: {per_day: 101%}\n", "'101%' is more than all; 100% is the most"),
        ("late: {per_day: .nan}\n", "'.nan' is neither points nor percent"),
        ("late: {per_day: 1e9 points}\n", "neither points nor percent"),
        ("late: {per_day: 1%, grace: a while}\n", "'a while' is no duration; write it as 30 minutes, 2 hours, or"),
        ("late: {per_day: 1%, grace: -3 hours}\n", "'-3 hours' is negative"),
        ("late: 10%\n", "late: a table belongs here, lines such as 'key: value'"),
        ("extensions: {ada: 2026-10-12}\n", "extensions.ada: a date is for one chapter; write below"),
        ("site: https://example.org/index.html\n", "is a page; name the folder of the website"),
        ("extensions:\n  ada:\n", "line 2: extensions.ada: nothing is written here"),
        ("extensions: {ada: {ch2: 3 days}}\n", "extensions.ada: 'ch2' is no chapter"),
        (f"extensions: {{ada: {{{CHAPTER}: later}}}}\n", f"extensions.ada.{CHAPTER}: 'later' is neither a duration no"),
        (
            "timezone: Berlin\n",
            "timezone: 'Berlin' is no time zone, such as Europe/Berlin; the nearest is Europe/Berli",
        ),
        ("timezone: ../../../etc/passwd\n", "is no time zone"),
        ("site: example.org\n", "site: 'example.org' is no address; write it as https://example.org/unrolled/"),
        ("site: 'javascript:alert(1)//'\n", "is no address"),
        ("site: https://[\n", "is no address"),
        ("just words\n", "line 1: a table belongs here, lines such as 'key: value'"),
        ("- a\n", "a table belongs here"),
        ("due: {\n", "line 2: no table that can be read (expected"),
        ("\tdue: x\n", "line 1: no table that can be read (found character '\\t'"),
        (
            "due: &a {}\nextensions: *a\n",
            "line 2: no table that can be read (*name repeats another part; write it out)",
        ),
        ("? [due]\n: x\n", "line 1: the name of a key belongs before the colon"),
        ("<<: {due: x}\n", "'<<' is no key"),
        ("a: 1\n---\nb: 2\n", "line 2: no table that can be read (but found another document)"),
        (b"site: \xff\n", "course.yml: not UTF-8; save it in that encoding"),
        (b"\xff\xfed\x00u\x00", "not UTF-8"),
        ("site: \x07\n", "no table that can be read (special characters are not allowed)"),
        ("[" * 50_000, "no table that can be read (tables in tables without end)"),
        ("#" * 200_001, "larger than 200 kB"),
        ("\u202e: x\n", "is no key"),
    ],
    ids=lambda text: repr(text[:30]),
)
def test_each_mistake_is_one_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    """File, line and key are named, and what to write instead, or the nearest right key."""
    assert words in refused(tmp_path, text)


def test_what_is_no_file_is_one_line(tmp_path: Path) -> None:
    """A folder, a pipe, a link to nowhere, or a name that nobody reads: said, and never waited for."""
    path = tmp_path / "course.yml"
    path.mkdir()
    for make in (path.rmdir, lambda: os.mkfifo(path), path.unlink, lambda: path.symlink_to("nowhere"), path.unlink):
        if path.exists() or path.is_symlink():
            with pytest.raises(ClassroomError, match="not a file; put the table there, or remove it"):
                read(tmp_path)
        make()
    (tmp_path / "course.yaml").write_text("due:\n")
    with pytest.raises(ClassroomError, match=r"course.yaml: rename it course.yml, or nothing of it counts"):
        read(tmp_path)


def test_students_are_named_as_their_folders_are(tmp_path: Path) -> None:
    """YAML makes a number of 0012 and a truth of yes; here they are the names of students, like any other."""
    found = written(tmp_path, "extensions: {0012: 1 day, yes: 2 days, 1e3: 90 min, 'Ö, b': 1.5 hours}\n")
    assert found.extensions == {
        "0012": {"": timedelta(days=1)},
        "yes": {"": timedelta(days=2)},
        "1e3": {"": timedelta(minutes=90)},
        "Ö, b": {"": timedelta(minutes=90)},
    }


HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("seconds", "days"),
    [(0, 0), (0.9, 0), (1800, 0), (1800.5, 0), (1801, 1), (DAY, 1), (DAY + 0.5, 1), (DAY + 1, 2), (30 * DAY, 30)],
)
def test_days_are_begun_days_since_the_due_date(seconds: float, days: int) -> None:
    """Within the grace there is none; after it they are counted from the due date, and seconds are whole."""
    assert Late(Share(10, True), timedelta(minutes=30)).days(seconds) == days


@pytest.mark.parametrize(
    ("late", "seconds", "penalty"),
    [
        (Late(Share(10, True)), HOUR, 4.0),
        (Late(Share(10, True)), DAY + HOUR, 8.0),
        (Late(Share(10, True)), 40 * DAY, 40.0),
        (Late(Share(10, True), at_most=Share(50, True)), 40 * DAY, 20.0),
        (Late(Share(3, False)), 2 * DAY, 6.0),
        (Late(Share(3, False), at_most=Share(5, False)), 2 * DAY, 5.0),
        (Late(Share(30, False)), 2 * DAY, 40.0),
        (Late(Share(10, True), grace=timedelta(days=2)), 2 * DAY, 0.0),
    ],
)
def test_penalties(late: Late, seconds: float, penalty: float) -> None:
    """Of 40 points: percent of what was earned or points, a day at a time, never more than the most or the score."""
    assert late.penalty(40.0, seconds) == pytest.approx(penalty)


def test_an_extension_ends_at_the_same_hour_of_the_day(tmp_path: Path) -> None:
    """Three days more end at midnight too, though the clocks are set back in between."""
    found = written(
        tmp_path,
        "timezone: Europe/Berlin\nextensions:\n  ada: 3 days\n  ben: {ch04_lstm: 2026-10-20, ch03_bptt: 2 days}\n",
    )
    due = datetime(2026, 10, 24, 21, 59, 59)
    assert found.longer("ada", CHAPTER, due) == timedelta(days=3, hours=1)
    local = (due + timedelta(days=3, hours=1)).replace(tzinfo=UTC).astimezone(found.zone)
    assert (local.day, local.hour, local.minute) == (27, 23, 59)
    assert found.longer("ben", CHAPTER, due) is None
    assert found.longer("ben", "ch03_bptt", due) == timedelta(days=2, hours=1)
    assert found.longer("ben", "ch04_lstm", due) is None  # earlier than it is due: nobody loses by an extension
    assert found.longer("ada", CHAPTER, None) is None
    assert found.longer("cem", CHAPTER, due) is None
