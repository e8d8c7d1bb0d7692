"""A disk that is full, of the kernel's own making: one line for each place that needs room, and nothing is lost.

Each file system is a small tmpfs in a mount namespace of its own, which root may make, and whoever may have a user
namespace, as bubblewrap needs too. Where neither is allowed these tests are left out, and those of `test_journal` and
`test_stage`, in which the refusals are made up, remain.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import paths
from autograder.classroom.journal import read as read_journal
from autograder.tests.course_folder import gradebook, outputs, page, scores, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, hand_in

__all__ = ["gradebook", "submitted"]  # fixtures

STUDENTS = ["ann", "bob", "cem", "dia", "eli", "fay"]
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
WORKS = shutil.which("unshare") and not subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode
pytestmark = pytest.mark.skipif(not WORKS, reason="no small file system can be mounted here (unshare is refused)")

GRADE = """
import json, os, subprocess, sys
from pathlib import Path
from autograder.classroom import grade as module
from autograder.tests.fake_judge import CHAPTER, FakeJudge

root, fill, judge = Path(sys.argv[1]), sys.argv[2], FakeJudge()

def mount(place, size):  # what is in the place stays, on a file system with little room over
    place.mkdir(exist_ok=True)
    kept = place.with_name(place.name + ".kept")
    subprocess.run(["cp", "-a", place, kept], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    subprocess.run(["cp", "-a", f"{kept}/.", place], check=True)
    subprocess.run(["rm", "-rf", kept], check=True)

def fill_up(place, over=0):
    with open(place / "filler", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() - over))

def run():
    judge.judged.clear()
    try:
        result = module.grade(CHAPTER, root / "submitted", 1, console=module.Console(quiet=True), open_judge=judge)
        return {"status": result.status, "lines": result.problems, "judged": judge.judged[:]}
    except module.ClassroomError as error:
        return {"status": error.status, "lines": [str(error)], "judged": judge.judged[:]}

place, over = {"all": (root, 0), "journal": (root / "verdicts", 0), "later in the journal": (root / "verdicts", 8192),
               "pages": (root / "feedback", 8192), "notebooks": (root / "autograded", 131072),
               "gradebook": (root / "database", 0)}[fill]
mount(place, "4m")
fill_up(place, over)
first = run()
(place / "filler").unlink()
second = run()
print(json.dumps([first, second]))
kept = root.with_name("kept")
subprocess.run(["cp", "-a", root, kept], check=True)
"""


def full(submitted: Path, place: str) -> tuple[dict, dict, Path]:
    """A run on a full disk and one after room was made: what each said; and where the results were copied to."""
    for student in STUDENTS:
        hand_in(submitted, student, RIGHT)
    command = [*NAMESPACE, sys.executable, "-c", GRADE, str(submitted.parent), place]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout.splitlines()[-1])
    return first, second, submitted.parent.with_name("kept") / "submitted"


SAYS = {  # what is full: what the line says
    "all": "course.lock|cannot be written|disk is full|takes no files",
    "journal": "cannot be written (No space left on device); make room there, and grade again",
    "later in the journal": "cannot be written (No space left on device); make room there, and grade again",
    "pages": "verdicts are kept, but their grades and pages are not all written",
    "notebooks": "verdicts are kept, but their grades and pages are not all written",
    "gradebook": "disk is full",
}


@pytest.mark.parametrize("place", SAYS)
def test_a_full_disk_is_one_line_and_loses_nothing(submitted: Path, place: str) -> None:
    """Wherever the room ends, one line says what to do, and after room is made the same command finishes the class."""
    if place == "gradebook":
        (submitted.parent / "database").mkdir()
        (submitted.parent / "gradebook.db").rename(submitted.parent / "database" / "gradebook.db")
        url = "c.CourseDirectory.db_url = 'sqlite:///database/gradebook.db'\n"
        (submitted.parent / "nbgrader_config.py").write_text(url)
    first, second, results = full(submitted, place)
    assert first["status"] == 3 and len(first["lines"]) == 1, first
    (line,) = first["lines"]
    assert "\n" not in line and ("make room" in line) and any(words in line for words in SAYS[place].split("|")), line
    assert (second["status"], second["lines"]) == (0, [])
    assert len(read_journal(results.parent / "verdicts" / f"{CHAPTER}.jsonl")) == len(STUDENTS)
    assert sorted(set(first["judged"]) | set(second["judged"])) == STUDENTS
    if place == "gradebook":
        shutil.copy(results.parent / "database" / "gradebook.db", results.parent / "gradebook.db")
    assert scores(results) == dict.fromkeys(STUDENTS, FULL)
    assert all(page(results, student).exists() and outputs(results, student).exists() for student in STUDENTS)


STAGING = """
mount -t tmpfs -o size=64k tmpfs "$1"
TMPDIR="$1" "$2" -m autograder grade "$3" --submitted "$4"
status=$?
umount "$1"
exit $status
"""


def test_a_full_temporary_folder_is_one_line(submitted: Path, tmp_path: Path) -> None:
    """Where the box's own files do not fit, the command says where and what to do, before anything is judged."""
    hand_in(submitted, "ann", RIGHT)
    (tmp_path / "small").mkdir()
    command = [*NAMESPACE, "sh", "-c", STAGING, "sh", str(tmp_path / "small"), sys.executable, CHAPTER, str(submitted)]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3 and done.stderr.count("\n") == 1, done.stderr
    assert f"the temporary folder {tmp_path / 'small'} takes no files (No space left on device); make" in done.stderr
    assert read_journal(submitted.parent / "verdicts" / f"{CHAPTER}.jsonl") == []
