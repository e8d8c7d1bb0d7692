"""A class of which most hand in something hostile, collected and graded: grades as deserved, and nothing beside them.

The attacks on the judge alone are in ``attacks/``; here is what surrounds it: folders, links, gradebook and pages.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import course
from autograder.classroom.grade import grade
from autograder.tests.course_folder import gradebook, scores, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, hand_in, notebook

__all__ = ["gradebook", "submitted"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries
SECRET = "the key that no student may see"
TAG = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ODD_NAMES = [
    "<img src=x onerror=alert(3)>",
    "'; drop table grade; --",
    "%s%n{0}${HOME}",
    "\N{CYRILLIC SMALL LETTER A}nn",
]
LIVE = "script,iframe,object,embed,img,link,form,base,meta[http-equiv]"


@dataclass
class Place:
    """Where a hostile student's files go, and what they aim at."""

    folder: Path  # of the chapter
    classmate: Path
    private: Path
    course: Path


def beside(place: Place) -> None:
    """Files that Python, nbgrader or the grader could take for their own."""
    code = f"open({str(place.course / 'written')!r}, 'w').write('x')\nraise SystemExit(7)"
    for name in ("numpy.py", "torch.py", "autograder.py", "sitecustomize.py", "nbgrader_config.py", "conftest.py"):
        (place.folder / name).write_text(code)
    for name in ("gradebook.db", f"{CHAPTER}.html", "submission_secret.txt", ".hidden", "course.lock"):
        (place.folder / name).write_text(TAG)


def links(place: Place) -> None:
    """Links to files and folders of others, beside the notebook."""
    (place.folder / "notes.txt").symlink_to(place.private)
    (place.folder / "data").symlink_to(place.private.parent)
    (place.folder / "timestamp.txt").symlink_to(place.private)
    os.mkfifo(place.folder / "pipe.txt")


def zip_bomb(place: Place) -> None:
    """An archive whose names lead out of the folder, and which is a thousand times as large when it is unpacked."""
    with zipfile.ZipFile(place.folder / "answers.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../gradebook.db", "x")
        archive.writestr("/tmp/unrolled-slip", "x")
        archive.writestr("zeros", bytes(50 * 2**20))


def many_files(place: Place) -> None:
    """Two thousand files, and folders in folders."""
    for number in range(2000):
        (place.folder / f"{number}.txt").touch()
    (place.folder / "/".join(["deep"] * 100)).mkdir(parents=True)


def other_folder_names(place: Place) -> None:
    """Folders with the names of the files that grading writes."""
    (place.folder / f"{CHAPTER}.html").mkdir()
    (place.folder / f".{CHAPTER}.html.part").mkdir()


BESIDE = [beside, links, zip_bomb, many_files, other_folder_names]
CODE = {  # hostile text in the answer to rnn_step, and the share of its points that it deserves
    "raises_a_page": (f"def rnn_step(*a):\n    raise ValueError({TAG!r})", 0.0),
    "named_like_a_page": (f"{RIGHT['rnn_step']}\n# {TAG}\nPAGE = {TAG!r}", 1.0),
    "closes_the_code": (f"{RIGHT['rnn_step']}\n# --></code></pre></details></html>{TAG}", 1.0),
    "is_a_template": (f"{RIGHT['rnn_step']}\n# {{{{ 7 * 7 }}}} {{% include '/etc/passwd' %}}", 1.0),
}


def hand_in_files(submitted: Path, private: Path) -> dict[str, float]:
    """The whole class; returns the grades that they deserve."""
    classmate = hand_in(submitted, "ada_right", RIGHT)
    deserved = {"ada_right": FULL, "zoe_right": FULL}
    hand_in(submitted, "zoe_right", RIGHT)
    for prepare in BESIDE:
        path = hand_in(submitted, prepare.__name__, RIGHT)
        prepare(Place(path.parent, classmate, private, submitted.parent))
        deserved[prepare.__name__] = FULL
    for name, (code, share) in CODE.items():
        hand_in(submitted, name, {**RIGHT, "rnn_step": code})
        deserved[name] = FULL - (1 - share) * points("rnn_step")
    for name in ODD_NAMES:
        hand_in(submitted, name, RIGHT)
        deserved[name] = FULL
    for name, target in {"link_to_ada": classmate, "link_to_private": private, "link_to_zeros": "/dev/zero"}.items():
        hand_in(submitted, name, None).symlink_to(target)
        deserved[name] = 0.0
    hand_in(submitted, "second_name", None).hardlink_to(private)
    os.mkfifo(hand_in(submitted, "pipe", None))
    deserved |= {"second_name": 0.0, "pipe": 0.0}
    (submitted / "linked_folder").mkdir()
    (submitted / "linked_folder" / CHAPTER).symlink_to(classmate.parent)
    (submitted / "linked_student").symlink_to(submitted / "ada_right")
    forged = notebook({**RIGHT, "rnn_step": "def rnn_step(*a):\n    return 0"})
    forged.metadata["autograder"] = {"notebook_sha256": "", "checks_sha256": "", "seed": "1"}
    for cell in forged.cells:
        cell.metadata.setdefault("nbgrader", {})["points"] = 1000
    hand_in(submitted, "forged", forged)
    return {**deserved, "forged": FULL - points("rnn_step")}


def points(name: str) -> float:
    """The points of an exercise."""
    return course.load(CHAPTER).exercise(name).points


def rows(submitted: Path, assignment: str) -> list[tuple[Any, ...]]:
    """What the gradebook holds of another assignment."""
    with Gradebook(f"sqlite:///{submitted.parent}/gradebook.db") as book:
        found = book.assignment_submissions(assignment)
        return sorted((one.student.id, one.score, one.max_score, one.id) for one in found)


def pages(submitted: Path) -> Iterator[Path]:
    """Every feedback page that this run wrote."""
    yield from (submitted.parent / "feedback").glob(f"*/{CHAPTER}/{CHAPTER}.html")


def test_a_hostile_class_gets_what_it_deserves_and_nothing_else(submitted: Path, tmp_path: Path) -> None:
    """Each grade is the deserved one; links and pipes are not followed, nothing beside a notebook is run or unpacked,
    no page is alive, and another assignment's rows and the files of others are as they were."""
    private = tmp_path / "private" / "key.txt"
    private.parent.mkdir()
    private.write_text(SECRET)
    with Gradebook(f"sqlite:///{submitted.parent}/gradebook.db") as book:
        book.add_assignment("essay")
        book.add_student("ada_right")
        book.add_submission("essay", "ada_right")
    before = rows(submitted, "essay")
    deserved = hand_in_files(submitted, private)
    work = {path: path.read_bytes() for path in submitted.rglob("*.ipynb") if path.is_file()}

    result = grade(CHAPTER, submitted, console=Console(quiet=True))

    assert result.problems == []
    found = scores(submitted)
    assert set(found) == set(deserved)
    assert {
        name: score for name, score in found.items() if abs(score - deserved[name]) > 1e-3 and name != "forged"
    } == {}
    assert found["forged"] <= deserved["forged"] + points("rnn_step") / 4  # zeros earn at most a quarter
    assert rows(submitted, "essay") == before
    assert {path: path.read_bytes() for path in work} == work and private.read_text() == SECRET
    assert not (submitted.parent / "written").exists() and not Path("/tmp/unrolled-slip").exists()
    made = [path for name in ("feedback", "autograded") for path in (submitted.parent / name).rglob("*")]
    assert not [path for path in made if path.is_symlink() or path.name == "zeros"]
    assert not [path for path in made if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert len(list(pages(submitted))) == len(deserved)
    for path in pages(submitted):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert not page.select(LIVE), path
        assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")], path
