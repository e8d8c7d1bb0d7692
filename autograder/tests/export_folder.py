"""A graded class for the tests of exports: reviewed, late, wrong, and handed in nothing; two chapters."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import paths
from autograder.classroom.export.run import Exported, Wanted, export
from autograder.classroom.folder import CourseFolder
from autograder.classroom.grade import grade
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in

WRONG = {name: f"# WRONG\n{source}" for name, source in RIGHT.items()}
SECOND = "ch01_feedforward"
NAMES = {
    "ann": ("Ann", "=HYPERLINK(1), Jr", "ann@example.org", "340934"),
    "bob": ("Bob", "Smith", "bob@example.org", "340935"),
    "cem": ("Cem", "Öz", "cem@example.org", "340936"),
    "dia": ("Dia", "Núñez", "dia@example.org", "340937"),
}
SCORES = {"ann": FULL - 0.5, "bob": round(FULL / 3, 2), "dia": FULL - 5}  # of CHAPTER: reviewed, wrong, and late


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course folder, made once: nothing may be written into it."""
    root = tmp_path_factory.mktemp("term") / "autumn"
    submitted = root / "submitted"
    for student, answers in {"ann": RIGHT, "bob": WRONG, "dia": RIGHT}.items():
        hand_in(submitted, student, answers)
    (submitted / "dia" / CHAPTER / "timestamp.txt").write_text("2026-10-31 13:00:00 UTC")
    (root / "course.yml").write_text(f"due: {{{CHAPTER}: 2026-10-31 12:00}}\nlate: {{per_day: 5 points}}\n")
    (root / "nbgrader_config.py").write_text(f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n")
    grade(CHAPTER, submitted, 1, console=Console(quiet=True), open_judge=FakeJudge())
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        for student, (first, last, email, number) in NAMES.items():
            book.update_or_create_student(student, first_name=first, last_name=last, email=email, lms_user_id=number)
        mark = book.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        book.find_comment("rnn_step", CHAPTER, CHAPTER, "ann").manual_comment = "Nearly, Ann: look at <Wh> again."
        _second_chapter(book)
        book.db.commit()
    return root


def _second_chapter(book: Gradebook) -> None:
    """An assignment of two points, of which ann has all."""
    book.add_assignment(SECOND)
    book.add_notebook(SECOND, SECOND)
    book.add_grade_cell("check_linear", SECOND, SECOND, max_score=2, cell_type="code")
    book.add_submission(SECOND, "ann")
    book.find_grade("check_linear", SECOND, SECOND, "ann").auto_score = 2.0
    book.find_grade("check_linear", SECOND, SECOND, "ann").needs_manual_grade = False


@pytest.fixture
def root(term: Path, tmp_path: Path) -> Path:
    """A copy of the course folder, to write into."""
    return Path(shutil.copytree(term, tmp_path / "autumn"))


def exported(root: Path, format: str, chapters: tuple[str, ...] = (CHAPTER,), **more: object) -> Exported:
    """One export of a course folder."""
    return export(Wanted(format, chapters, **more), CourseFolder(root / "submitted"))  # type: ignore[arg-type]


def rows(path: Path) -> list[list[str]]:
    """The cells of what was written, which is UTF-8 without a mark, with lines that end as RFC 4180 has them."""
    raw = path.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\n") == raw.count(b"\r\n")
    found = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True))
    assert len({len(row) for row in found}) == 1
    return found
