"""Staging folders: they go with their process, however it ends, and nobody else's are touched."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder import paths
from autograder.judge import box, stage
from autograder.judge.session import Judge, JudgeError
from autograder.judge.stage import PREFIX, Stage, StageError, sweep

HOLD = """
import sys
from autograder.judge.stage import Stage
stage = Stage()
(stage.path / "package").write_text("")
print(stage.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_leaves_is_removed_and_what_is_in_use_stays(place: Path) -> None:
    """While its process lives a folder is left alone; after kill -9 the next one to stage anything removes it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=paths.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout and process.stdin
        held = Path(process.stdout.readline().strip())
        assert held.parent == place and sweep() == [] and held.is_dir()
        process.kill()
    own = Stage()
    assert list(place.iterdir()) == [own.path]
    assert sweep() == []
    own.close()
    own.close()
    assert list(place.iterdir()) == []


def test_what_is_not_left_behind_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link, a file, another user's folder, one of a program that locks nothing, and one that is just being made."""
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis").write_text("mine")
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / f"{PREFIX}file").write_text("")
    (place / f"{PREFIX}new").mkdir()
    (place / "unrolled-other").mkdir()
    (place / "unrolled-other" / "package").write_text("of a program that locks nothing")
    before = sorted(place.rglob("*"))
    assert sweep() == [] and sorted(place.rglob("*")) == before
    os.utime(place / f"{PREFIX}new", (0, 0))
    assert sweep() == [place / f"{PREFIX}new"]
    (place / f"{PREFIX}theirs").mkdir()
    (place / f"{PREFIX}theirs" / "package").write_text("")
    monkeypatch.setattr(stage.os, "getuid", lambda: os.geteuid() + 1)
    assert sweep() == []
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert sweep() == [place / f"{PREFIX}theirs"]


def test_no_room_is_one_line(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """When the worker's files do not fit, the line says where and what to do, and no half of them stays."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(box.shutil, "copytree", full)
    with pytest.raises(StageError, match=r"^the temporary folder .* takes no files \(No space left .*TMPDIR[^\n]*$"):
        box.Box("inner")
    with pytest.raises(JudgeError, match="takes no files"), Judge():
        pass
    assert list(place.iterdir()) == []
