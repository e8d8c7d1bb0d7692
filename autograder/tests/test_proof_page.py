"""The proof as a page: its sentence and tables say what the rows say, and nothing unproven is published."""

from __future__ import annotations

import pytest

from autograder import course, prove
from autograder.course import proof
from autograder.prove import Row

CHAPTER = "ch02_recurrence"
ROWS = [
    Row(CHAPTER, "rnn_step", checks=3, device_checks=0, mutants=5, caught=5, diagnosed=4, accepted=2, passed=2),
    Row(CHAPTER, "RNNCell", checks=4, device_checks=2, mutants=6, caught=6, diagnosed=6, accepted=3, passed=3),
]


def test_sentence_adds_up() -> None:
    """All figures of all chapters, and what no GPU has seen."""
    text = proof.sentence(ROWS).data
    assert "7 checks of 2 exercises caught 11 of 11 wrong answers, named the mistake in 10 of them" in text
    assert "let 5 of 5 right answers pass" in text and "2 checks of torch exercises" in text


def test_a_table_for_each_chapter() -> None:
    """A row for each exercise; whoever cannot see the table hears its headings."""
    text = proof.tables(ROWS).data
    assert text.count("<table") == text.count("<caption>") == 1
    assert '<th scope="row"><code>rnn_step</code></th><td>3</td><td>5/5</td><td>4/5</td><td>2/2</td>' in text


def test_mistakes_are_folded_by_exercise() -> None:
    """Code stays code, and whatever stands in a belief is text."""
    text = proof.mistakes(ROWS).data
    assert text.count("<details>") == 2 and "`" not in text and "<code>" in text
    for folded in text.split("<details>")[1:]:
        items = folded.split("<li>")[1:]
        assert len(items) == len(set(items)) > 20


def test_what_is_not_proven_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page fails, with the reason, and so does the website."""
    monkeypatch.setattr(
        prove, "prove", lambda seed, jobs: [Row(CHAPTER, "rnn_step", problems=["the mutant x is not caught"])]
    )
    with pytest.raises(course.CourseError, match="not proven: rnn_step: the mutant x is not caught"):
        proof.rows()


def test_jobs_find_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Two exercises at a time give the rows that one at a time gives, in the same order."""
    assert prove.prove(["ch00_start"], 3, jobs=2) == prove.prove(["ch00_start"], 3)
