"""The journal keeps every verdict that was reached, whatever happens to the process that writes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.classroom import journal
from autograder.classroom.journal import Journal, key, read
from autograder.judge.verdict import ExerciseVerdict, Verdict


def verdict(student: str, sha: str = "a", message: str = "") -> Verdict:
    exercise = ExerciseVerdict("rnn_step", "passed", 4.0, 4.0)
    return Verdict(
        "ch02_recurrence",
        student,
        4.0,
        4.0,
        notebook_sha256=sha,
        checks_sha256="c",
        message=message,
        exercises=[exercise],
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts" / "ch02_recurrence.jsonl"


def test_what_is_appended_is_read_again(path: Path) -> None:
    """A verdict comes back as it was, in the order of judging, from the file and from the open journal."""
    with Journal(path) as one:
        one.append(verdict("ann"))
        one.append(verdict("bob", message="café \ud800 \n second line"))
    assert [found.student for found in read(path)] == ["ann", "bob"]
    with Journal(path) as again:
        assert again.known == {key(one): one for one in read(path)}
        assert again.known["bob", "a", "c"].message == "café \ud800 \n second line"


def test_an_absent_journal_has_no_verdicts(path: Path) -> None:
    """A class that was never graded has no verdicts, which is no error."""
    assert read(path) == []


@pytest.mark.parametrize("keep", [1, 40, -1])
def test_a_torn_last_line_is_cut_off(path: Path, keep: int) -> None:
    """A kill in the middle of a line loses that line alone, and the next verdict stands on a line of its own."""
    with Journal(path) as one:
        one.append(verdict("ann"))
        size = path.stat().st_size
        one.append(verdict("bob"))
    torn = path.read_bytes()
    path.write_bytes(torn[: size + keep] if keep > 0 else torn[:keep])
    assert [found.student for found in read(path)] == ["ann"]
    with Journal(path) as again:
        again.append(verdict("cem"))
    assert [found.student for found in read(path)] == ["ann", "cem"]


def test_lines_that_are_no_verdicts_are_passed_over(path: Path) -> None:
    """A line of another version, or one that a disk spoilt, hides no other verdict."""
    with Journal(path) as one:
        one.append(verdict("ann"))
    with path.open("ab") as file:
        file.write(b'{"version": 99}\n\0\0\0\n\xff\n[]\n')
    with Journal(path) as again:
        again.append(verdict("bob"))
    assert [found.student for found in read(path)] == ["ann", "bob"]


def test_the_last_verdict_on_the_same_work_counts(path: Path) -> None:
    """Judged again, the same notebook under the same checks has one verdict: the newest."""
    with Journal(path) as one:
        one.append(verdict("ann", message="first"))
        one.append(verdict("ann", message="second"))
        one.append(verdict("ann", sha="b", message="third"))
    with Journal(path) as again:
        assert [again.known["ann", sha, "c"].message for sha in "ab"] == ["second", "third"]


def test_a_full_disk_leaves_whole_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written whole is taken back."""
    with Journal(path) as one:
        one.append(verdict("ann"))

        def half(file: int, data: bytes) -> None:
            os.write(file, data[: len(data) // 2])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(journal, "_write_all", half)
        with pytest.raises(OSError, match="No space"):
            one.append(verdict("bob"))
        monkeypatch.undo()
        one.append(verdict("cem"))
    assert path.read_bytes().count(b"\n") == 2
    assert [found.student for found in read(path)] == ["ann", "cem"]
