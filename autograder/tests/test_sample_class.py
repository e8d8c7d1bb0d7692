"""The sample class gets what it deserves: 24 students, under our own command and under stock nbgrader."""

from __future__ import annotations

import csv
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder import course
from autograder.classroom import sample
from autograder.classroom.grade import grade
from autograder.classroom.sample import SampleError, Student, students, write_class
from autograder.judge.verdict import ExerciseVerdict, Verdict

CHAPTER = "ch02_recurrence"
FULL = sum(exercise.points for exercise in course.load(CHAPTER).exercises)
DIGITS = 1e-4  # a verdict's score is rounded to four digits

pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own queries make SQLAlchemy warn
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),  # a mutant, called for the diagnosis
]
each_student = pytest.mark.parametrize("student", students(CHAPTER), ids=lambda student: student.name)

Scores = dict[str, dict[str, float]]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two course folders with the same class: graded by our own command, and by stock nbgrader, each in one run."""
    ours, stock = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("stock")
    write_class(ours, CHAPTER)
    write_class(stock, CHAPTER)
    course.release([CHAPTER], course=stock)
    with ThreadPoolExecutor() as pool:  # side by side, for both wait for the endless loop
        other = pool.submit(nbgrader, stock, "autograde", CHAPTER)
        result = grade(CHAPTER, ours / "submitted", console=Console(quiet=True))
        other.result()
    assert (result.problems, result.judged) == ([], 24)
    return ours, stock


@pytest.fixture(scope="session")
def ours(folders: tuple[Path, Path]) -> Path:
    return folders[0]


@pytest.fixture(scope="session")
def stock(folders: tuple[Path, Path]) -> Path:
    return folders[1]


@pytest.fixture(scope="session")
def verdicts(ours: Path) -> dict[str, Verdict]:
    """Each student's verdict: grading once more finds all of them in the journal."""
    result = grade(CHAPTER, ours / "submitted", console=Console(quiet=True))
    assert (result.problems, result.judged) == ([], 0)
    return {str(verdict.student): verdict for verdict in result.verdicts}


def nbgrader(folder: Path, *arguments: str) -> None:
    """Run a command of nbgrader in a course folder, as an instructor does."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def gradebook(folder: Path) -> Scores:
    """What nbgrader's gradebook says: automatic points by student and exercise; nothing waits for a teacher."""
    found: Scores = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for submission in book.assignment_submissions(CHAPTER):
            (notebook,) = submission.notebooks
            assert not notebook.needs_manual_grade, submission.student.id
            points = {grade.name.removeprefix("check_"): grade.auto_score for grade in notebook.grades}
            assert submission.score == pytest.approx(sum(points.values()))
            found[submission.student.id] = points
    return found


@pytest.fixture(scope="session")
def our_scores(ours: Path) -> Scores:
    return gradebook(ours)


@pytest.fixture(scope="session")
def stock_scores(stock: Path) -> Scores:
    return gradebook(stock)


def deserved(student: Student) -> dict[str, float]:
    return {name: one.score for name, one in student.deserves.items()}


@each_student
def test_our_command_gives_what_is_deserved(student: Student, verdicts: dict[str, Verdict], our_scores: Scores) -> None:
    """Status, failing checks and points of every exercise are those written beside the student; so is the gradebook."""
    verdict = verdicts[student.name]
    assert verdict.isolation in ("boxed", "inner")
    assert [one.name for one in verdict.exercises] == list(student.deserves)
    for found in verdict.exercises:
        _is_deserved(found, student)
    assert verdict.score == pytest.approx(student.score, abs=3 * DIGITS)
    assert verdict.max_score == FULL
    assert our_scores[student.name] == {one.name: one.score for one in verdict.exercises}


def _is_deserved(found: ExerciseVerdict, student: Student) -> None:
    wanted = student.deserves[found.name]
    assert found.status == wanted.status, found.message
    assert found.score == pytest.approx(wanted.score, abs=DIGITS)
    assert found.max_score == wanted.max_score
    if wanted.status in ("passed", "failed", "error"):
        assert {check.name for check in found.checks if not check.passed} == set(wanted.fails)
    assert wanted.says in found.message
    if wanted.diagnosis:
        assert wanted.diagnosis in [one.id for one in found.diagnosis]


@each_student
def test_stock_nbgrader_gives_the_same(student: Student, stock_scores: Scores, our_scores: Scores) -> None:
    """`nbgrader autograde` enters what is deserved, and exactly what our own command enters."""
    assert stock_scores[student.name] == pytest.approx(deserved(student), abs=DIGITS)
    assert stock_scores[student.name] == our_scores[student.name]


def test_nobody_is_left_out(ours: Path, our_scores: Scores, stock: Path, stock_scores: Scores) -> None:
    """All 24 are in both gradebooks, with a graded notebook and, from our command, a feedback page."""
    names = {student.name for student in students(CHAPTER)}
    assert len(names) == 24
    assert set(our_scores) == set(stock_scores) == names
    for folder in (ours, stock):
        assert {path.parts[-3] for path in folder.glob(f"autograded/*/{CHAPTER}/{CHAPTER}.ipynb")} == names
    assert {path.parts[-3] for path in ours.glob(f"feedback/*/{CHAPTER}/{CHAPTER}.html")} == names


def test_nobody_is_on_the_page_of_another(ours: Path) -> None:
    """A feedback page has its own student's name on it, and no classmate's."""
    names = {student.name for student in students(CHAPTER)}
    for name in names:
        text = (ours / "feedback" / name / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
        assert {other for other in names if other in text} == {name}


def test_stock_feedback_and_export_work_on_it(stock: Path, stock_scores: Scores) -> None:
    """nbgrader makes its feedback pages and its table of it, of torn, copied and forged notebooks too."""
    nbgrader(stock, "generate_feedback", CHAPTER, "--student=[fghsv]*")
    pages = {path.parts[-3]: path.read_text("utf-8") for path in stock.glob(f"feedback/*/{CHAPTER}/{CHAPTER}.html")}
    assert set(pages) == {"fatma_copies_cells", "gita_colab", "hugo_forgets", "sami_not_json", "vera_forges"}
    for name, page in pages.items():
        assert f"(Score: {round(sum(stock_scores[name].values()), 2)} / {FULL})" in page
    nbgrader(stock, "export", "--to=grades.csv")
    with (stock / "grades.csv").open(newline="", encoding="utf-8") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == pytest.approx({name: sum(points.values()) for name, points in stock_scores.items()})


def test_the_class_is_written_the_same_every_time(tmp_path: Path) -> None:
    """Two folders hold the same bytes, and writing into the same folder again restores it."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert write_class(first) == write_class(second) == list(students(CHAPTER))
    before = _files(first)
    assert before == _files(second)
    assert len(before) == 24 + 2  # the configuration and the marker
    (first / "submitted" / "ada_right" / CHAPTER / f"{CHAPTER}.ipynb").write_text("spoilt")
    (first / "gradebook.db").write_text("kept")
    write_class(first)
    assert _files(first) == {**before, Path("gradebook.db"): b"kept"}


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """A folder with other files, or a file, is refused in one line that says what to do."""
    (tmp_path / "thesis.tex").write_text("mine")
    for place in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(SampleError, match=r"^[^\n]*; name an empty folder or one that is not there yet$"):
            write_class(place)
    assert _files(tmp_path) == {Path("thesis.tex"): b"mine"}


def test_a_chapter_without_a_class_is_named(tmp_path: Path) -> None:
    """A chapter that has no sample students is refused in one line, before anything is written."""
    with pytest.raises(SampleError, match=r"^ch99_none: no sample class[^\n]*$"):
        write_class(tmp_path / "course", "ch99_none")
    assert not (tmp_path / "course").exists()


def test_the_data_cannot_name_a_check_that_does_not_exist() -> None:
    """A misspelt check, or a grade that contradicts itself, is refused: it would ask for the wrong grade in silence."""
    exercise = course.load(CHAPTER).exercise("rnn_step")
    with pytest.raises(SampleError, match=r"ann, rnn_step: no check is called test_rnn_stop"):
        sample._deserved(exercise, "ann", {"status": "failed", "fails": ["test_rnn_stop"]})
    for answer in ({"status": "failed"}, {"fails": ["test_rnn_step_remembers"]}):
        with pytest.raises(SampleError, match=r"ann, rnn_step: .* contradict each other"):
            sample._deserved(exercise, "ann", answer)


def test_known_mistakes_never_earn_all_points() -> None:
    """Who is mistaken, broken or hostile somewhere loses points there; who is right has all of them."""
    for student in students(CHAPTER):
        full = sum(one.max_score for one in student.deserves.values())
        assert (student.score == full) == (student.group == "right"), student.name
