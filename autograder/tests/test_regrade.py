"""Grading again, ours or stock nbgrader: only what changed, the same penalties, and a teacher's work stays."""

from __future__ import annotations

import csv
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import AutogradeApp, ExportApp
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from rich.console import Console

from autograder import paths
from autograder.classroom import stock
from autograder.classroom.grade import grade
from autograder.judge import session
from autograder.tests.course_folder import WRONG, Grade, book, gradebook, judge, page, run, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, FakeJudge, hand_in

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries
Way = Callable[[], None]


@pytest.fixture
def nbgrader(submitted: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Stock nbgrader's programs in the course folder, with this project's configuration and the fake judge."""
    (submitted.parent / "nbgrader_config.py").write_text(
        f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n"
    )
    monkeypatch.setattr(stock, "_judge", lambda allow_unisolated: judge)
    monkeypatch.chdir(submitted.parent)

    def start(program: type[NbGrader], *args: str) -> None:
        app = program(log_level=logging.CRITICAL)
        app.initialize([*args, "--log-level=CRITICAL"])
        app.start()

    yield start
    for program in (AutogradeApp, ExportApp, NbGrader):
        program.clear_instance()


def test_only_what_changed_is_judged(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """A new date is no change; one byte of an answer is, for this student; other checks are, for all."""
    for student in ("ann", "bob", "cem"):
        hand_in(submitted, student, RIGHT)
    run()
    judge.judged.clear()
    for path in submitted.rglob("*"):
        os.utime(path, (0, 0))
    assert run().judged == 0
    path = submitted / "bob" / CHAPTER / f"{CHAPTER}.ipynb"
    path.write_bytes(path.read_bytes().replace(b"np.tanh(", b"np.sinh(", 1))
    assert run().judged == 1
    assert judge.judged == ["bob"]
    judge.checks = "checks-2"
    assert run().judged == 3
    judge.checks = "checks-1"  # whoever takes a change back has the verdicts of before
    assert run().judged == 0


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything that decides grades, to be changed; the fingerprints are of the copy."""
    for name in ("CHECKS", "WORKER", "SOLUTIONS", "MUTANTS"):
        source = getattr(paths, name)
        for path in [*source.rglob("*.py"), *source.rglob("*.toml")]:
            copy = tmp_path / "copy" / source.name / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        monkeypatch.setattr(paths, name, tmp_path / "copy" / source.name)
    return tmp_path / "copy"


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("solutions/ch02_recurrence.py", True),
        ("mutants/ch02_recurrence.toml", True),
        ("checks/test_ch02_recurrence.py", True),
        ("checks/inputs/ch02_recurrence.py", True),
        ("checks/inputs/__init__.py", True),
        ("checks/compare.py", True),
        ("checks/behaviour/design_adder.py", True),
        ("worker/drivers/ch02_recurrence.py", True),
        ("worker/serve.py", True),
        ("solutions/ch03_bptt.py", False),
        ("mutants/ch03_bptt.toml", False),
        ("checks/test_ch03_bptt.py", False),
        ("checks/inputs/ch03_bptt.py", False),
        ("worker/drivers/ch03_bptt.py", False),
    ],
)
def test_which_changes_judge_a_chapter_again(checks: Path, file: str, counts: bool) -> None:
    """What the chapter uses, and what all chapters share; but not the checks, inputs and drivers of another one."""
    before = session.checks_sha256.__wrapped__(CHAPTER)
    (checks / file).write_bytes((checks / file).read_bytes() + b"\n")
    assert (session.checks_sha256.__wrapped__(CHAPTER) != before) == counts


def test_no_chapter_uses_what_bears_the_name_of_another() -> None:
    """So that the fingerprint of a chapter may leave it out."""
    from autograder import course

    for slug in course.chapters():
        for path in [*paths.CHECKS.rglob("*.py"), *paths.WORKER.rglob("*.py"), paths.SOLUTIONS / f"{slug}.py"]:
            if path.stem.removeprefix("test_") == slug:
                imports = [line for line in path.read_text().splitlines() if "import" in line]
                others = [name for name in course.chapters() if name != slug]
                assert not [line for line in imports if any(name in line for name in others)], path


def review(submitted: Path) -> None:
    """A teacher's work in formgrader: another score, extra credit, a comment."""
    with book(submitted) as opened:
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 2.5, 1.5, False
        opened.find_comment("rnn_step", CHAPTER, CHAPTER, "ann").manual_comment = "The sign!"
        opened.db.commit()


def reviewed(submitted: Path) -> tuple[float, float, str, float]:
    with book(submitted) as opened:
        mark = opened.find_grade("check_rnn_step", CHAPTER, CHAPTER, "ann")
        comment = opened.find_comment("rnn_step", CHAPTER, CHAPTER, "ann").comment
        return mark.manual_score, mark.extra_credit, comment, opened.find_submission(CHAPTER, "ann").score


@pytest.mark.parametrize("first", ["ours", "stock"])
@pytest.mark.parametrize("work", [RIGHT, WRONG], ids=["same", "another"])
def test_a_teachers_work_survives_every_way_of_grading_again(
    submitted: Path, run: Grade, nbgrader: Callable[..., None], first: str, work: dict[str, str]
) -> None:
    """Score, extra credit and comment stay after changed, all, and stock --force, for the same notebook and another."""
    ways: dict[str, Way] = {
        "ours": run,
        "all": lambda: run(regrade="all"),
        "stock": lambda: nbgrader(AutogradeApp, CHAPTER, "--force"),
    }
    hand_in(submitted, "ann", RIGHT)
    ways[first]()
    review(submitted)
    hand_in(submitted, "ann", work)
    expected = (2.5, 1.5, "The sign!", pytest.approx((FULL if work is RIGHT else FULL / 3 + 8 / 3) - 4 + 2.5 + 1.5))
    for way in ("ours", "all", "stock", "ours", "all"):
        ways[way]()
        assert reviewed(submitted) == expected, way
    assert "The sign!" in page(submitted, "ann").read_text()


def test_the_rows_of_a_page_add_up_after_a_review(submitted: Path, run: Grade) -> None:
    """The points of the exercises are the gradebook's, extra credit included, and which a teacher changed is said."""
    hand_in(submitted, "ann", WRONG)
    run()
    review(submitted)
    run()
    shown = re.findall(
        r'<td class="points">(\S+) of \S+?( \(by your teacher\))?</td>', page(submitted, "ann").read_text()
    )
    assert shown[0] == ("4", " (by your teacher)") and not any(by for _, by in shown[1:])
    assert sum(float(points) for points, _ in shown) == pytest.approx(FULL / 3 - 4 / 3 + 4, abs=0.05)


TERMS = f"""
due: {{{CHAPTER}: 2026-10-12 12:00}}
late: {{grace: 10 minutes, per_day: 10%, at_most: 40%}}
extensions: {{dia: 2 days}}
"""


def lateness(folder: Path) -> dict[str, object]:
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as opened:
        return {
            one.student.id: (one.timestamp, one.duedate, one.extension, one.score, one.late_submission_penalty)
            for one in opened.assignment_submissions(CHAPTER)
        }


def test_stock_autograde_gives_the_same_penalties(
    submitted: Path, judge: FakeJudge, nbgrader: Callable[..., None], gradebook: bytes
) -> None:
    """Due date, extension and penalty are the same in every digit, and nbgrader's own export shows them."""
    for number, (student, time) in enumerate(
        {"ann": "12 11:00", "bob": "12 12:05", "cem": "13 12:05", "dia": "15 09:00", "eli": "30 09:00"}.items()
    ):
        name = list(RIGHT)[number]
        folder = hand_in(submitted, student, {**RIGHT, name: WRONG[name]}).parent
        (folder / "timestamp.txt").write_text(f"2026-10-{time}:00 UTC")
    (submitted.parent / "course.yml").write_text(TERMS)
    nbgrader(AutogradeApp, CHAPTER)
    found = lateness(submitted.parent)
    of_score = {name: round(penalty / score, 6) for name, (*_, score, penalty) in found.items()}
    assert of_score == {"ann": 0, "bob": 0, "cem": 0.2, "dia": 0.1, "eli": 0.4}
    assert [extension for _, _, extension, *_ in found.values()] == [None, None, None, timedelta(days=2), None]
    ours = submitted.parent / "ours"
    ours.mkdir()
    (ours / "gradebook.db").write_bytes(gradebook)
    (ours / "course.yml").write_text(TERMS)
    submitted.rename(ours / "submitted")
    assert grade(CHAPTER, ours / "submitted", 1, console=Console(quiet=True), open_judge=judge).status == 0
    assert lateness(ours) == found
    nbgrader(ExportApp, "--to=grades.csv")
    with Path("grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["dia"]["duedate"] == "2026-10-12 12:00:00"
    assert float(rows["cem"]["late_submission_penalty"]) == pytest.approx(0.2 * float(rows["cem"]["raw_score"]))


def test_stock_autograde_stops_at_a_mistake_in_course_yml(
    submitted: Path, judge: FakeJudge, nbgrader: Callable[..., None]
) -> None:
    """One line that names the key, before anybody is judged; its exit status is 1, as of its other errors."""
    hand_in(submitted, "ann", RIGHT)
    (submitted.parent / "course.yml").write_text("late: {per_dya: 1%}\n")
    with pytest.raises(SystemExit) as caught:
        nbgrader(AutogradeApp, CHAPTER)
    assert (caught.value.code, judge.judged) == (1, [])
    converter = Autograde(coursedir=CourseDirectory(root=str(submitted.parent), assignment_id=CHAPTER))
    converter.log.setLevel(logging.CRITICAL)
    with pytest.raises(
        NbGraderException, match=r"course.yml, line 1: late: 'per_dya' is no key; the nearest is per_day"
    ):
        stock.JudgeExporter(parent=converter)
