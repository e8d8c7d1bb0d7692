"""Feedback reaches those whom it is for, through nbgrader's own exchange."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.apps import CollectApp, FetchFeedbackApp, ReleaseAssignmentApp, ReleaseFeedbackApp, SubmitApp
from rich.console import Console

from autograder import course, paths
from autograder.classroom.grade import grade
from autograder.tests.course_folder import WRONG
from autograder.tests.fake_judge import CHAPTER, RIGHT, FakeJudge, hand_in
from autograder.tests.test_stock_nbgrader import nbgrader

pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own queries
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # it leaves timestamp.txt open
    pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder, two students' folders, and the exchange between them, which all are told of."""
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    for name in ("course", "ann", "bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "nbgrader_config.py").write_text(
            f"load_subconfig({str(paths.ROOT / 'nbgrader_config.py')!r})\n"
            f"c.CourseDirectory.course_id = 'rnn'\nc.Exchange.root = {str(exchange)!r}\n"
            f"c.Exchange.cache = {str(tmp_path / name / 'cache')!r}\n"
        )
    return tmp_path


def test_stock_release_feedback_and_fetch_feedback_deliver_our_pages(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets the page on each of the own submissions, byte for byte, and nobody's else."""

    def nbgrader_in(name: str, program: type, *args: str) -> None:
        monkeypatch.chdir(places / name)
        nbgrader(program, *args)
        program.clear_instance()

    course.release([CHAPTER], course=places / "course")
    nbgrader_in("course", ReleaseAssignmentApp, CHAPTER)
    written: dict[str, list[str]] = {"ann": [], "bob": []}
    for answers in ({"rnn_step": WRONG["rnn_step"]}, RIGHT):
        for name in written:
            shutil.rmtree(places / "hand_in", ignore_errors=True)
            work = hand_in(places / "hand_in", name, answers).parent
            shutil.copytree(work, places / name / CHAPTER, dirs_exist_ok=True)
            nbgrader_in(name, SubmitApp, CHAPTER, f"--student={name}")
        nbgrader_in("course", CollectApp, CHAPTER, "--update")
        result = grade(CHAPTER, places / "course" / "submitted", 1, console=Console(quiet=True), open_judge=FakeJudge())
        assert (result.status, result.judged) == (0, 2)
        nbgrader_in("course", ReleaseFeedbackApp, CHAPTER)
        for name, pages in written.items():
            path = places / "course" / "feedback" / name / CHAPTER / f"{CHAPTER}.html"
            pages.append(path.read_text(encoding="utf-8"))
            nbgrader_in(name, FetchFeedbackApp, CHAPTER, f"--student={name}")
            fetched = sorted((places / name / CHAPTER / "feedback").glob(f"*/{CHAPTER}.html"))
            assert [one.read_text(encoding="utf-8") for one in fetched] == pages
    for name, (first, second) in written.items():
        assert "Hint 1: a question to start with" in first and "All nine exercises are right" in second
        assert all(f"Feedback for <strong>{name}</strong>" in text for text in (first, second))
