"""A sound notebook from any submission, with scores that nbgrader reads as they are."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader import utils

from autograder import course
from autograder.classroom.rebuild import MAX_HTML, MAX_SOURCE, check_cells, clean, rebuild, write_verdict
from autograder.judge import submission
from autograder.judge.verdict import CheckVerdict, ExerciseVerdict, Verdict
from autograder.tests.course_folder import gradebook, judge, run, submitted
from autograder.tests.fake_judge import CHAPTER, RIGHT, hand_in, notebook

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures


def test_only_sources_of_answers_are_taken_over(submitted: Path) -> None:
    """Metadata, outputs and check cells of a submission never reach the graded notebook."""
    forged = notebook(RIGHT)
    for cell in forged.cells:
        cell.metadata["tags"] = ["skip-execution"]
        if cell.id.startswith("check_"):
            cell.metadata.nbgrader.points = 1000
            cell.source = "1000"
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", forged), CHAPTER))
    assert rebuilt == notebook(RIGHT)


def test_helper_cells_come_before_their_answer(submitted: Path) -> None:
    """A learner's own cells stand before the answer that they preceded, plain; the ones after all answers come last."""
    own = notebook(RIGHT)
    place = [cell.id for cell in own.cells].index("rnn_forward")
    own.cells.insert(
        place,
        new_code_cell("def help_me(): pass", metadata={"nbgrader": {"grade": True, "grade_id": "x", "points": 9}}),
    )
    own.cells.append(new_code_cell("print('the end')"))
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", own), CHAPTER))
    ids = [cell.id for cell in rebuilt.cells]
    assert ids.index("helper_1") == ids.index("rnn_forward") - 1
    assert ids[-1] == "helper_2"
    assert len(set(ids)) == len(ids)
    helper = rebuilt.cells[ids.index("helper_1")]
    assert (helper.source, helper.metadata, helper.outputs) == ("def help_me(): pass", {}, [])


def test_all_answers_in_one_cell_leave_no_starter_behind(submitted: Path) -> None:
    """Where one cell answers several exercises, no starter below it undoes the answer or counts as no response."""
    whole = nbformat.v4.new_notebook(cells=[new_code_cell("\n\n".join(RIGHT.values()))])
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", whole), CHAPTER))
    cells = {cell.id: cell for cell in rebuilt.cells}
    assert cells["rnn_step"].source == "\n\n".join(RIGHT.values())
    assert cells["RNNCell"].source == "# RNNCell is defined in another cell."


@pytest.mark.parametrize("raw", ["{", b"\xff\xfe\x00", "[]", '{"nbformat": 9}', "[" * 100_000, ""])
def test_an_unreadable_submission_gives_the_release_with_a_note(submitted: Path, raw: str | bytes) -> None:
    """What is no notebook becomes the released one, with a plain note at the top that says why."""
    rebuilt = rebuild(course.master(CHAPTER), submission.read(hand_in(submitted, "ann", raw), CHAPTER))
    assert rebuilt.cells[0].source.startswith("**This notebook could not be read:**")
    assert rebuilt.cells[0].metadata == {}
    assert rebuilt.cells[1:] == course.master(CHAPTER).cells
    nbformat.validate(rebuilt)


def test_sources_are_bounded_and_can_be_written(submitted: Path) -> None:
    """Half surrogate pairs, control characters and megabytes of text do not spoil the file."""
    path = hand_in(submitted, "ann", {"rnn_step": RIGHT["rnn_step"] + "\n#" + "x" * 3 * MAX_SOURCE + "\0"})
    path.write_text(path.read_text().replace("# xxx", "# \\ud800xxx"))
    rebuilt = rebuild(course.master(CHAPTER), submission.read(path, CHAPTER))
    assert len(nbformat.writes(rebuilt).encode()) < 2 * MAX_SOURCE
    assert clean("a\u202eb\x85c\u2066d\te\n") == "a\ufffdb\ufffdc\ufffdd\te\n"  # nothing turns the line round


@pytest.mark.parametrize("score", [0.0, 4.0, 4 / 3, 0.1 + 0.2, 1e-17])
def test_nbgrader_reads_exactly_the_score_of_the_verdict(score: float) -> None:
    """Each check cell has one number, to the last bit the judge's, after feedback that nbgrader passes over."""
    graded = course.master(CHAPTER)
    write_verdict(graded, Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", score, 4.0)]))
    first, *others = check_cells(graded)
    assert utils.determine_grade(first) == (score, 4.0)
    assert [utils.determine_grade(cell)[0] for cell in others] == [0.0] * (len(check_cells(graded)) - 1)
    assert [output.output_type for output in first.outputs] == ["display_data", "execute_result"]
    nbformat.validate(graded)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -1.0, 4.5])
def test_a_score_that_nbgrader_would_misread_is_refused(score: float) -> None:
    """No number outside 0 and the points is ever written, since nbgrader gives full marks for some of them."""
    with pytest.raises(ValueError, match="rnn_step was judged"):
        write_verdict(
            course.master(CHAPTER),
            Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", score, 4.0)]),
        )


def test_feedback_in_the_notebook_is_bounded() -> None:
    """A verdict of megabytes makes no notebook of megabytes, and no tag is cut in half."""
    check = CheckVerdict("test_x", "Right.", False, 1.0, "<b>" * 1_000_000)
    graded = course.master(CHAPTER)
    write_verdict(
        graded, Verdict(CHAPTER, "ann", exercises=[ExerciseVerdict("rnn_step", "failed", 0.0, 4.0, "", [check])])
    )
    shown = check_cells(graded)[0].outputs[0].data["text/html"]
    assert len(shown) < 2 * MAX_HTML
    assert "<b>" not in shown
