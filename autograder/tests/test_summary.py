"""The first paragraph of a feedback page: how it stands and what to do first, in words."""

from __future__ import annotations

import re

import pytest

from autograder.classroom.summary import judging, standing
from autograder.judge.verdict import CheckVerdict, Diagnosis, ExerciseVerdict, Isolation, Status, Verdict

RELATED = [Diagnosis("relation:zeros", "Every entry of the result is zero.", "in all 3 calls")]
NAMED = [*RELATED, Diagnosis("mutant:m", "Your results are those of ...", "in all 3 calls")]


def one(name: str, status: Status, held: int = 0, of: int = 4, named: bool = False) -> ExerciseVerdict:
    checks = [CheckVerdict(str(n), "It holds.", n < held, 1.0) for n in range(of)]
    return ExerciseVerdict(name, status, 4.0 * held / of, 4.0, "", checks, NAMED if named else RELATED)


RIGHT = [one("a", "passed", 4), one("b", "passed", 4)]
ALL_RIGHT = [*RIGHT, one("c", "passed", 4)]
CASES = [
    (ALL_RIGHT, "All three exercises are right: there is nothing to mend."),
    (RIGHT, "Both exercises are right: there is nothing to mend."),
    (
        [*RIGHT, one("c", "failed", 1), one("d", "failed", 3)],
        "Two of four exercises are right. Begin with d, which is closest: three of its four checks hold already.",
    ),
    (
        [*RIGHT, one("c", "failed", 1, named=True), one("d", "failed")],
        "Two of four exercises are right. "
        "Begin with c: one of its four checks holds already, and its mistake is a known one.",
    ),
    (
        [*RIGHT, one("c", "failed")],
        "Two of three exercises are right. What is left to mend is c: none of its four checks holds yet.",
    ),
    (
        [*RIGHT, one("c", "failed", 1, 5), one("d", "failed", 2, 5)],
        "Two of four exercises are right. Begin with c: one of its five checks holds already.",
    ),
    (
        [one("a", "error"), RIGHT[1], one("x", "missing"), one("y", "missing")],
        "One of four exercises is right. What is left to mend is a: its code breaks off with an error. "
        "Not written yet: x, y.",
    ),
    (
        [one("a", "timeout"), one("b", "forbidden")],
        "None of two exercises is right. Begin with a: its code takes too long, perhaps in a loop that never ends.",
    ),
    (
        [one("a", "forbidden"), *RIGHT[1:]],
        "One of two exercises is right. What is left to mend is a: it uses something that is not allowed there.",
    ),
    (
        [one("a", "missing"), *RIGHT[1:]],
        "One of two exercises is right. What is left to mend is a: its code could not be run, or has another name.",
    ),
    (
        [RIGHT[0], one("x", "missing"), one("y", "missing")],
        "One of three exercises is right. The others are not written yet: begin with x.",
    ),
    (
        [one("x", "missing"), one("y", "missing")],
        "None of two exercises is right. Nothing is written yet: begin with x.",
    ),
]


@pytest.mark.parametrize(("exercises", "words"), CASES, ids=[words for _, words in CASES])
def test_it_says_what_is_right_and_where_to_begin(exercises: list[ExerciseVerdict], words: str) -> None:
    """With what is more than half right, else in the order of the notebook; x and y are left as they were."""
    text = standing(Verdict("ch", "ann", exercises=exercises), {"x", "y"} & {each.name for each in exercises})
    assert re.sub(r"<[^>]+>", "", text) == words


def test_the_exercises_that_it_names_are_links_to_what_is_said_of_them() -> None:
    """On the same page."""
    text = standing(Verdict("ch", "ann", exercises=[one("rnn_step", "failed", 3), one("x", "missing")]), ["x"])
    assert text.count("<a ") == 2
    assert '<a href="#rnn_step"><code>rnn_step</code></a>' in text and '<a href="#x"><code>x</code></a>' in text


def test_many_exercises_are_counted_in_figures() -> None:
    """Words end at twelve."""
    text = standing(Verdict("ch", "ann", exercises=[one(f"e{n}", "passed", 4) for n in range(13)]), [])
    assert text.startswith("All 13 exercises")


def test_a_file_that_could_not_be_read_has_no_exercise_to_begin_with() -> None:
    """What is to be mended is the file."""
    text = standing(Verdict("ch", "ann", message="not a notebook", exercises=[one("a", "missing")]), [])
    assert text.startswith("Nothing could be judged") and "<a" not in text


@pytest.mark.parametrize("isolation", ["boxed", "inner", "none"])
@pytest.mark.parametrize("device", ["cpu", "cuda", "tpu"])
def test_how_it_was_judged_needs_no_term_of_ours(isolation: Isolation, device: str) -> None:
    """Processor, isolation and seed in words; the number is there, so that a teacher can repeat it."""
    text = judging(Verdict("ch", "ann", isolation=isolation, device=device, seed=123))
    assert "123" in text and not re.search(r"\b(seed|cpu|cuda|boxed|inner|isolation)\b", text)
    assert ("not shut off" in text) == (isolation == "none")
