"""Feedback for people: complete, escaped, and legible without colour."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from autograder.feedback import exercise_html, exercise_text, verdict_text
from autograder.judge import example
from autograder.judge.subject import Call
from autograder.judge.verdict import CheckVerdict, Diagnosis, Example, ExerciseVerdict, Verdict
from autograder.worker.calls import Reply

EVIL = "<script>alert('x')</script> & \x1b[31mred\x00"


def failed(**changes: object) -> ExerciseVerdict:
    small = Example("rnn_step(x (1, 1))\nx = [[0.5]]", "[[0.4621, 0.7616]]", "[[0.4621, 0.9]]")
    checks = [
        CheckVerdict("shape", "The shape is right.", True, 1.0),
        CheckVerdict("big", "Big ones work.", False, 1.0, "big is wrong", 0.1, Example("rnn_step(x (9, 9))", "1", "2")),
        CheckVerdict("small", "Small ones work.", False, 2.0, "small is wrong", 0.1, small),
    ]
    verdict = ExerciseVerdict("rnn_step", "failed", 1.0, 4.0, "2 of 3 checks failed: Big ones work.", checks)
    verdict.diagnosis = [Diagnosis("mutant:m", "Your results are those of code that uses `Wh.T`.", "in all 3 calls")]
    for name, value in changes.items():
        setattr(verdict, name, value)
    return verdict


class Balanced(HTMLParser):
    """Fails on a tag that is not closed where it should be, and collects the tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_text_says_everything() -> None:
    """Status, points, each sentence with its sign, message, example and diagnosis stand in the text."""
    text = exercise_text(failed())
    for part in ("✗ rnn_step: not right yet, 1 of 4 points", "✓ The shape is right.", "✗ Small ones work.",
                 "small is wrong", "called    rnn_step(x (1, 1))", "What this looks like", "uses `Wh.T`"):  # fmt: skip
        assert part in text


def test_smallest_example_is_shown_in_full() -> None:
    """One example stands in the text, the first whose input is printed; the page folds the others away."""
    text, html = exercise_text(failed()), exercise_html(failed())
    assert "x = [[0.5]]" in text and "rnn_step(x (9, 9))" not in text
    assert html.index("<details>") < html.index("rnn_step(x (9, 9))") < html.index("</details>")
    assert "<details>" not in html[html.index("Small ones work.") :]


def test_smaller_of_two_printed_inputs_is_shown() -> None:
    """Of two inputs that are both printed the smaller one stands in the text, whichever check comes first."""
    examples = Example("f(x (2, 1))\nx = [[1.],\n     [2.]]", "1", "2"), Example("f(x (1, 1))\nx = [[3.]]", "1", "2")
    checks = [CheckVerdict(f"c{n}", "It holds.", False, 1.0, f"m{n}", 0.1, each) for n, each in enumerate(examples)]
    assert "x = [[3.]]" in exercise_text(failed(checks=checks)) and "[2.]" not in exercise_text(failed(checks=checks))


def test_differing_entries_are_marked() -> None:
    """The numbers that differ are marked by more than colour, and a word says what the mark means."""
    text, html = exercise_text(failed()), exercise_html(failed())
    assert "[[0.4621, *0.7616*]]" in text and "[[0.4621, *0.9*]]" in text and "differs" in text
    assert re.search(r"0\.4621, <b[^>]*underline[^>]*>0\.7616</b>", html) and "entries that differ" in html


def test_passed_is_short() -> None:
    """A right answer gets one line a check, and no messages."""
    verdict = ExerciseVerdict("rnn_step", "passed", 4.0, 4.0, "", [CheckVerdict("a", "It works.", True, 1.0)])
    assert exercise_text(verdict) == "✓ rnn_step: passed, 4 of 4 points\n  ✓ It works."
    assert "What this looks like" not in exercise_html(verdict)


@pytest.mark.parametrize("status", ["missing", "timeout", "forbidden", "error"])
def test_every_status_has_words(status: str) -> None:
    """Each status is said in words, with its message or what the checks say."""
    verdict = failed(status=status, message="because of this")
    for text in (exercise_text(verdict), exercise_html(verdict)):
        assert status == "error" or "because of this" in text
        assert "✗ rnn_step: " in text


def test_repeated_message_is_said_once() -> None:
    """Checks that fail alike one after another do not repeat a long message."""
    checks = [CheckVerdict(name, f"{name} holds.", False, 1.0, "NameError in your line 3") for name in "abc"]
    checks.append(CheckVerdict("d", "d holds.", False, 1.0, "something else"))
    for text in (exercise_text(failed(checks=checks)), exercise_html(failed(checks=checks))):
        assert text.count("NameError in your line 3") == 1 and text.count("the same here") == 2


def test_one_message_of_all_is_said_before_the_checks() -> None:
    """Where every failing check says the very same, it is said once, above, with how many checks it stops."""
    checks = [CheckVerdict(name, f"{name} holds.", False, 1.0, "NameError in your line 3") for name in "abc"]
    passed = CheckVerdict("d", "d holds.", True, 1.0)
    for show in (exercise_text, exercise_html):
        text = show(failed(checks=checks))
        assert "all 3 checks stop at the same place: NameError in your line 3" in text
        assert text.count("NameError") == 1 and "the same here" not in text
        assert "3 of 4 checks stop at the same place" in show(failed(checks=[*checks, passed]))
        assert "same place" not in show(failed(checks=[checks[0], passed]))


def test_diagnosis_comes_first() -> None:
    """What the mistake looks like stands right under the headline, above the checks."""
    for text in (exercise_text(failed()), exercise_html(failed())):
        assert text.index("not right yet") < text.index("What this looks like") < text.index("The shape is right.")


@pytest.mark.parametrize("status", ["failed", "missing", "forbidden", "timeout", "error"])
def test_everything_is_escaped(status: str) -> None:
    """Nothing that a learner can write becomes a tag, an escape sequence, or a control character."""
    check = CheckVerdict(EVIL, EVIL, False, 1.0, EVIL, 0.0, Example(EVIL, EVIL, EVIL))
    verdict = ExerciseVerdict(EVIL, status, 0.0, 4.0, EVIL, [check], [Diagnosis(EVIL, EVIL, EVIL)])  # type: ignore[arg-type]
    html = exercise_html(verdict)
    assert "script" not in Balanced(html).tags
    whole = Verdict("ch", EVIL, message=EVIL, notes=[EVIL], holes=[EVIL], exercises=[verdict])
    for text in (html, exercise_text(verdict), verdict_text(whole)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_html_stands_alone() -> None:
    """The fragment is well-formed, has no script and no fixed colours for text, so that it fits light and dark."""
    html = exercise_html(failed())
    tags = Balanced(html).tags
    assert "script" not in tags and "style" not in tags and "table" in tags
    assert not re.search(r"(?:color|background):\s*#", html) and "http" not in html


def test_terminal_shows_a_submission_on_one_screen() -> None:
    """Nine failed exercises with long messages fit on forty-six lines, each with its first reason and diagnosis."""
    long = failed(message="2 of 3 checks failed: " + "very long " * 50)
    verdict = Verdict("ch02", "ada", 9.0, 36.0, isolation="boxed", notes=["a note"] * 30, exercises=[long] * 9)
    text = verdict_text(verdict)
    assert text.startswith("ch02 · ada: 9 of 36 points (isolation: boxed)")
    assert len(text.splitlines()) <= 46 and max(map(len, text.splitlines())) <= 170
    assert text.count("uses `Wh.T`") == 9 and "25 more notes" in text


def test_unreadable_file_has_its_reason() -> None:
    """A verdict without exercises says why."""
    assert "not a notebook" in verdict_text(Verdict(None, None, message="x.ipynb is not a notebook"))


def pair(expected: object, returned: object) -> Example:
    call = Call("f", (np.ones((1, 2)),), {}, Reply(returned))
    return example.of(call, ["x"], expected, returned)


def test_example_has_enough_digits() -> None:
    """Two numbers that differ in the seventh digit do not look the same."""
    shown = pair(np.array([0.12345678]), np.array([0.12345699]))
    assert shown.expected != shown.returned
    assert pair(np.array([1 / 3]), np.array([1 / 3 + 1e-6])).expected == "[0.33333333]"
    assert shown.call == "f(x (1, 2))\nx = [[1., 1.]]"


def test_big_arrays_are_shown_where_they_differ() -> None:
    """Of arrays too big to print, the shape and the first differing entry are shown, the earliest step first."""
    expected = np.zeros((3, 5, 9))
    returned = expected.copy()
    returned[0, 3, 1] = returned[2, 1, 4] = 7.0
    assert pair(expected, returned).returned == "shape (3, 5, 9), at [2, 1, 4]: 7"


@pytest.mark.parametrize(
    "value", [None, "t" * 10_000, ["t" * 999] * 12, [[[[[1]]]]] * 99, {"k" * 999: 1}, float("nan"), 10**40, (), b""]
)
def test_any_value_is_short(value: object) -> None:
    """Whatever comes back, its text is short."""
    shown = pair(np.zeros(2), value)
    assert len(shown.returned) < 500 and shown.expected in ("[0., 0.]", "array: [0., 0.]")
