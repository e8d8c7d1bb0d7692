"""Hints open one at a time, and never close again; their formulas need no script."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import course
from autograder.classroom.hints import opened, reached
from autograder.course.prose import html
from autograder.judge.verdict import ExerciseVerdict, Status, Verdict
from autograder.tests.course_folder import WRONG, Grade, gradebook, judge, page, run, submitted
from autograder.tests.fake_judge import CHAPTER, RIGHT, FakeJudge, hand_in

__all__ = ["gradebook", "judge", "run", "submitted"]  # fixtures

STATUSES: list[Status] = ["passed", "failed", "error", "missing", "timeout", "forbidden"]
HINTS = [
    pytest.param(hint, id=f"{exercise.name}-{number}")
    for slug in course.chapters()
    for exercise in course.load(slug).exercises
    for number, hint in enumerate(exercise.hints, 1)
]


def verdict(sha: str, *statuses: Status, message: str = "") -> Verdict:
    """On one file, with exercises a, b, ... of these statuses."""
    exercises = [ExerciseVerdict(name, status, 0.0, 4.0) for name, status in zip("abcd", statuses, strict=False)]
    return Verdict("ch", "ann", notebook_sha256=sha, message=message, exercises=exercises)


@pytest.mark.parametrize(
    ("history", "count"),
    [
        ([], 0),
        ([verdict("1", "passed")], 0),
        ([verdict("1", "failed")], 1),
        ([verdict("1", "error"), verdict("2", "timeout"), verdict("3", "forbidden")], 3),
        ([verdict(sha, "failed") for sha in "123456"], 3),
        ([verdict(sha, "missing") for sha in "123"], 1),
        ([verdict("1", "missing"), verdict("2", "failed")], 2),
        ([verdict("1", "failed"), verdict("2", "missing")], 1),
        ([verdict("1", "failed"), verdict("1", "failed"), verdict("1", "error")], 1),
        ([verdict("1", "missing"), verdict("1", "failed")], 1),
        ([verdict("1", "failed"), verdict("2", "failed"), verdict("1", "failed")], 2),
        ([verdict("1", "failed"), verdict("2", "passed"), verdict("3", "failed")], 2),
        ([verdict("1", "missing", message="not a notebook")], 0),
    ],
)
def test_each_further_try_that_is_wrong_opens_one_more(history: list[Verdict], count: int) -> None:
    """Right opens none, left as it was the first at most, the same file nothing new, an unreadable one nothing."""
    assert reached(history).get("a", 0) == count


@given(st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from(STATUSES), st.sampled_from(STATUSES))))
def test_a_verdict_more_opens_one_hint_at_most_and_closes_none(made: list[tuple[str, Status, Status]]) -> None:
    """Whatever is handed in, and however often it is judged, with whatever result; and never more than there are."""
    history = [verdict(sha, one, other) for sha, one, other in made]
    for length in range(len(history)):
        before, after = reached(history[:length]), reached(history[: length + 1])
        for name in "ab":
            assert 0 <= after.get(name, 0) - before.get(name, 0) <= 1
            assert after.get(name, 0) <= 3
        known = {one.notebook_sha256 for one in history[:length] if "passed" not in {e.status for e in one.exercises}}
        if history[length].notebook_sha256 in known:
            assert before == after


def shown(submitted: Path, student: str) -> list[str]:
    """The names of the hints on a page."""
    return re.findall(r"<summary>(Hint \d): ", page(submitted, student).read_text(encoding="utf-8"))


def test_the_page_shows_what_the_journal_has_opened(submitted: Path, run: Grade, judge: FakeJudge) -> None:
    """One more for each wrong try, none for what is right, none for another's tries, and none for judging again."""
    for number in range(1, 5):
        hand_in(submitted, "ann", {**RIGHT, "rnn_step": f"{WRONG['rnn_step']}\n# try {number}"})
        hand_in(submitted, "bob", {**RIGHT, "rnn_step": WRONG["rnn_step"]})
        run()
        judge.checks = f"checks-{number}"
        run()
        run(regrade="all")
        assert shown(submitted, "ann") == ["Hint 1", "Hint 2", "Hint 3"][:number]
        assert shown(submitted, "bob") == ["Hint 1"]
    page(submitted, "ann").unlink()
    assert run().judged == 0 and len(shown(submitted, "ann")) == 3
    hand_in(submitted, "ann", RIGHT)
    run()
    assert shown(submitted, "ann") == []


def test_what_was_left_as_it_was_shows_the_first_hint(submitted: Path, run: Grade) -> None:
    """Folded, under the name that it has in the notebook, in every exercise."""
    hand_in(submitted, "ann", {})
    run()
    text = page(submitted, "ann").read_text(encoding="utf-8")
    assert shown(submitted, "ann") == ["Hint 1"] * len(RIGHT)
    assert text.count('<details class="hint">\n<summary>Hint 1: a question to start with</summary>') == len(RIGHT)
    for exercise in course.load(CHAPTER).exercises:
        assert opened(exercise, 1)[0].text in text and opened(exercise, 2)[1].text not in text


class Tags(HTMLParser):
    """Fails on a tag that is not closed where it should be; collects tags and text, formulas apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("hint", HINTS)
def test_every_hint_of_the_course_becomes_html(hint: str) -> None:
    """Its words are all there; formulas are MathML, code is code, and no mark of Markdown is left."""
    made = html(hint)
    tags = Tags(made)
    formulas = re.findall(r"\$[^$`]+\$", hint)
    assert made.count("<math") == len(formulas) and "http" not in made
    assert tags.tags <= {"p", "ul", "li", "code", "pre", "em", "strong", "span", "math", "mi", "mn", "mo", "mrow",
                         "msub", "msup", "mspace"}  # fmt: skip
    words = re.findall(r"\w+", re.sub(r"```\w*|\$[^$`]+\$|\*", " ", hint))
    assert [word for word in words if word not in tags.text] == []
    assert "$" not in tags.text and "`" not in tags.text


def test_tags_in_markdown_are_shown_and_not_obeyed() -> None:
    """So is a formula that cannot be read; a block of code can be reached by keyboard."""
    made = html("<script>a</script> $\\nonsense{x}$ $a<b$\n\n    1 < 2\n")
    assert "&lt;script&gt;" in made and "<script" not in made
    assert "<code>\\nonsense{x}</code>" in made and "<mo>&lt;</mo>" in made
    assert '<pre tabindex="0"><code>1 &lt; 2' in made


def test_a_page_leads_to_the_website_that_the_course_names(submitted: Path, run: Grade) -> None:
    """Where ``course.yml`` has a site of its own, no link leads to another."""
    (submitted.parent / "course.yml").write_text("site: https://example.org/rnn/\n")
    hand_in(submitted, "ann", {})
    run()
    links = re.findall(r'href="(http[^"]+)"', page(submitted, "ann").read_text(encoding="utf-8"))
    assert "https://example.org/rnn/book/ch02_recurrence.html#ch02-turn" in links
    assert all(link.startswith("https://example.org/rnn/book/") for link in links)
