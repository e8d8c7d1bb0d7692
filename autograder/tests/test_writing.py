"""Files of several students are written at a time, beside the gradebook; and none after the run has ended."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom import results
from autograder.classroom.folder import ClassroomError
from autograder.classroom.gradebook import Writer
from autograder.judge.session import JudgeError
from autograder.judge.verdict import Verdict
from autograder.tests.course_folder import Grade, gradebook, judge, outputs, page, run, scores, submitted
from autograder.tests.fake_judge import FULL, RIGHT, FakeJudge, hand_in

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures

STUDENTS = ["ann", "bob", "cem", "dia"]


@pytest.fixture
def class_of_four(submitted: Path) -> Path:
    for student in STUDENTS:
        hand_in(submitted, student, RIGHT)
    return submitted


def test_pages_are_rendered_in_parallel(class_of_four: Path, run: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page of four is ready before all are under way."""
    meeting, render = threading.Barrier(len(STUDENTS), timeout=30), results.page

    def together(*arguments: object) -> str:
        meeting.wait()
        return render(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "page", together)
    result = run()
    assert (result.status, result.problems) == (0, [])
    assert all(student in page(class_of_four, student).read_text() for student in STUDENTS)


def test_the_gradebook_does_not_wait_for_a_page(
    class_of_four: Path, run: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are entered while the first page is still being rendered; and one thread alone has the gradebook."""
    entered, threads, write, render = threading.Event(), [], Writer.write, results.page

    def enter(*arguments: object, **options: object) -> object:
        entry = write(*arguments, **options)  # type: ignore[arg-type]
        threads.append(threading.current_thread())
        if len(threads) == len(STUDENTS):
            entered.set()
        return entry

    def late(*arguments: object) -> str:
        assert entered.wait(30)
        return render(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "write", enter)
    monkeypatch.setattr(results, "page", late)
    assert run().status == 0
    assert set(threads) == {threading.current_thread()}


def test_few_wait_for_their_files(class_of_four: Path, run: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files are slower than the judge, graded notebooks do not pile up in memory."""
    monkeypatch.setattr(results, "AHEAD", 1)
    begun, most, settle = [0], [0], results.Results._settle

    def settled(self: results.Results, left: int = 0) -> None:
        settle(self, left)
        begun[0] = len(self.begun)
        most[0] = max(most[0], begun[0])

    monkeypatch.setattr(results.Results, "_settle", settled)
    assert run().status == 0
    assert (most[0], begun[0]) == (1, 0)


@pytest.mark.parametrize("student", STUDENTS)
def test_a_page_that_cannot_be_rendered_stops_no_other(
    class_of_four: Path, run: Grade, monkeypatch: pytest.MonkeyPatch, student: str
) -> None:
    """The fault is one line with the student's name; the next run writes what is missing, and judges nobody."""
    render = results.page

    def breaks(chapter: object, graded: object, verdict: Verdict, *rest: object) -> str:
        if verdict.student == student:
            raise RuntimeError("a fault of ours")
        return render(chapter, graded, verdict, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "page", breaks)
    result = run()
    assert (result.status, result.problems) == (3, [f"{student}: RuntimeError: a fault of ours"])
    assert [one for one in STUDENTS if not outputs(class_of_four, one).exists()] == [student]
    assert scores(class_of_four) == dict.fromkeys(STUDENTS, FULL)
    monkeypatch.setattr(results, "page", render)
    result = run()
    assert (result.status, result.judged) == (0, 0)
    assert outputs(class_of_four, student).exists()


def test_room_that_is_back_at_the_end_is_used(class_of_four: Path, run: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who found no room for the files is tried once more, and nobody hears of it."""
    refusals, write = iter([True]), results.replace

    def full(path: Path, text: str, mode: int = 0o644) -> None:
        if next(refusals, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text, mode)

    monkeypatch.setattr(results, "replace", full)
    result = run()
    assert (result.status, result.problems) == (0, [])
    assert all(outputs(class_of_four, student).exists() for student in STUDENTS)


def test_nothing_is_written_after_a_run_that_broke_off(
    class_of_four: Path, run: Grade, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the error is told, no thread is left that writes into a folder which another grader may now take."""
    whole, slow, render = judge.verdict, threading.Event(), results.page

    def verdict(path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        if student == STUDENTS[-1]:
            slow.wait(30)
            raise JudgeError("the box is gone")
        return whole(path, chapter, student)

    def late(*arguments: object) -> str:
        slow.set()
        threading.Event().wait(0.3)
        return render(*arguments)  # type: ignore[arg-type]

    judge.verdict = verdict  # type: ignore[method-assign]
    monkeypatch.setattr(results, "page", late)
    with pytest.raises((JudgeError, ClassroomError)):
        run(console=Console(quiet=True))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("files")]
