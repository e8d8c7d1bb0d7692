"""Answers that are alike: copies in other names are found, independent work is not, and each figure is right."""

from __future__ import annotations

import itertools
import math
import random
from functools import cache

import numpy as np
import pytest
from scipy import stats

from autograder.classroom.report import answers, similar
from autograder.classroom.report.forms import RUN, forms, tokens_of
from autograder.classroom.report.similar import LEAST, Likeness, compare
from autograder.tests.fake_judge import CHAPTER
from autograder.tests.made_class import Answers, copied, disguised, plain_student, student

NOTHING: dict[str, frozenset[int]] = {}


@cache
def alone() -> list[Answers]:
    """Students who worked alone."""
    rng = random.Random(1)
    return [student(rng, CHAPTER) for _ in range(80)]


def made(size: int, seed: int) -> tuple[dict[str, Answers], random.Random]:
    """A class of some of them, and the chance to go on with."""
    rng = random.Random(seed)
    return {f"s{number:03}": dict(each) for number, each in enumerate(rng.sample(alone(), size))}, rng


def found(likeness: Likeness) -> set[tuple[str, str]]:
    return {(pair.one, pair.other) for pair in likeness.pairs}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_copy_in_other_names_is_found(seed: int) -> None:
    """All of the work, with other variables, comments and layout, in a class of 40: that pair, and no other."""
    work, rng = made(40, seed)
    work["s007"] = copied(work["s031"], rng)
    assert not set(work["s007"].values()) & set(work["s031"].values())  # no text is the same
    assert found(compare(work, answers.known(CHAPTER))) == {("s007", "s031")}


def test_most_of_the_work_is_enough() -> None:
    """Eight of nine exercises in a class of 60, the other one written anew."""
    work, rng = made(60, 4)
    work["s001"] |= copied(work["s000"], rng, list(work["s000"])[:8])
    assert found(compare(work, answers.known(CHAPTER))) == {("s000", "s001")}


def test_a_ring_of_five_is_found() -> None:
    """Among 60, five who hand in the same: all ten pairs."""
    work, rng = made(60, 5)
    ring = [f"s{number:03}" for number in range(5)]
    for name in ring[1:]:
        work[name] = copied(work["s000"], rng)
    assert found(compare(work, answers.known(CHAPTER))) == set(itertools.combinations(ring, 2))


def test_three_hundred_right_answers_in_few_styles_give_no_pair() -> None:
    """Solutions, accepted answers and known mistakes in layouts of their own: many are the same."""
    rng = random.Random(6)
    work = {f"s{number:03}": plain_student(rng, CHAPTER) for number in range(300)}
    likeness = compare(work, answers.known(CHAPTER))
    assert (likeness.pairs, likeness.same, likeness.students) == ([], [], 300)


@pytest.mark.parametrize("seed", range(10, 14))
def test_students_who_work_alone_give_no_pair(seed: int) -> None:
    """With habits and changes of their own, and where the course knows none of the styles that they begin with."""
    work, _ = made(40, seed)
    for known in (answers.known(CHAPTER), NOTHING):
        likeness = compare(work, known)
        assert (likeness.pairs, likeness.same) == ([], [])


def test_what_the_course_itself_gives_is_no_evidence() -> None:
    """Two who hand in the solution, the starter, or a known mistake, word for word, in a class of individuals."""
    work, rng = made(40, 7)
    same = plain_student(rng, CHAPTER)
    work["s000"], work["s001"] = dict(same), copied(same, rng)
    assert compare(work, answers.known(CHAPTER)).pairs == []
    assert found(compare(work, NOTHING)) == {("s000", "s001")}  # it is the course's knowledge that excuses them


@pytest.mark.parametrize("size", [12, 40])
def test_the_very_same_is_told_where_nobody_else_is_unusual(size: int) -> None:
    """Two with the same odd code, in a class that hands in the course's own: there is nobody to hold them against."""
    rng = random.Random(13)
    work = {f"s{number:03}": plain_student(rng, CHAPTER) for number in range(size)}
    for number, name in enumerate(list(work["s000"])[:4]):
        odd = f"for k in range({number}, 9): print([k, k * {number}], sorted({{k: {number}}}.items()), 2 ** k)"
        whole = f"{work['s000'][name]}\n{odd}\n"
        work["s000"][name], work["s001"][name] = disguised(whole, rng), disguised(whole, rng)
    likeness = compare(work, answers.known(CHAPTER))
    told = found(likeness) | {one.students for one in likeness.same}
    assert told == {("s000", "s001")}
    (same,) = likeness.same
    assert len(same.exercises) == 4


def test_a_habit_is_no_evidence() -> None:
    """The same odd line in every exercise of two students says how they write, once, and not what they copied."""
    work, _ = made(40, 8)
    for name in ("s000", "s001"):
        work[name] = {key: f"{code}\nassert print(sorted({{3: [4], 5: (6,)}}.items())) is None\n"
                      for key, code in work[name].items()}  # fmt: skip
    assert compare(work, answers.known(CHAPTER)).pairs == []


def test_p_values_and_chance_are_those_of_a_second_computation() -> None:
    """Every p counted pair by pair, and chi-squared from SciPy, for a class of 12 with one copy."""
    work, rng = made(12, 9)
    work["s001"] = copied(work["s000"], rng)
    known = answers.known(CHAPTER)
    (pair,) = compare(work, known).pairs
    names, total, freedom = list(work["s000"]), 0.0, 0
    all_forms = {who: {name: set(forms(code) or ()) for name, code in own.items()} for who, own in work.items()}
    for name in names:
        own = {}
        for who, theirs in all_forms.items():
            often = [form for form in theirs[name] if sum(form in each for each in theirs.values()) > 1]
            own[who] = theirs[name] - known[name] - set(often)
        able = {who: each for who, each in own.items() if len(each) >= LEAST}
        weight = {
            form: _bits(sum(form in each for each in own.values()), len(able)) for each in own.values() for form in each
        }

        def alike(one: set[int], other: set[int], weight: dict[int, float] = weight) -> float:
            shared, either = (sum(weight[form] for form in each) for each in (one & other, one | other))
            return shared**2 / either if len(one & other) >= LEAST and either else 0.0

        if {"s000", "s001"} <= able.keys():
            values = [alike(able[one], able[other]) for one, other in itertools.combinations(able, 2)]
            ours = alike(able["s000"], able["s001"])
            p = sum(value >= ours - 1e-9 for value in values) / len(values) if ours else 1.0
            total, freedom = total - 2 * math.log(p), freedom + 2
            shown = [shared.p for shared in pair.exercises if shared.exercise == name]
            assert shown == ([pytest.approx(p)] if p < 1 else [])
    assert compare(work, known).inflation == 1.0  # too few pairs to tell
    assert pair.expected == pytest.approx(66 * stats.chi2.sf(total, freedom))


def _bits(uses: int, n: int) -> float:
    return -math.log2(min(1.0, max(uses - 1, 1) / max(n - 1, 1)))


def test_a_class_that_is_alike_by_itself_raises_the_bar() -> None:
    """Where everybody learned one of a few schools' ways, the sums are divided by how much the whole class is alike."""
    rng = random.Random(11)
    work = {f"s{number:03}": student(rng, CHAPTER, school=number % 4) for number in range(48)}
    taught, own = compare(work, NOTHING), compare(made(48, 11)[0], NOTHING)
    assert taught.inflation > own.inflation == 1.0
    assert len(taught.pairs) <= 1


def test_names_layout_comments_and_annotations_are_gone() -> None:
    """Two texts with nothing in common but what they do have the same tokens; another operator has others."""
    one = 'def f(x: int, y=2) -> int:\n    """Doc."""\n    z: float = x + y  # sum\n    return np.tanh(z)\n'
    other = "def g(alpha,\n      beta=2):\n\n    total = (alpha + beta)\n    pass\n    return np.tanh( total )"
    assert tokens_of(one) == tokens_of(other)
    assert tokens_of(one) != tokens_of(other.replace("+", "-"))
    assert tokens_of(one) != tokens_of(other.replace("tanh", "sinh"))  # of the library, not of their own
    assert tokens_of("raise ValueError('a')") == tokens_of("raise ValueError(f'b {x}')")
    assert forms(one) == forms(other) and len(forms(one) or ()) == len(tokens_of(one) or ()) - RUN + 1


ODD = {
    "no Python": "%matplotlib inline\nx = 1",
    "deep": "(" * 10_000,
    "a long sum": "+".join(["1"] * 9_000),
    "a long chain": "a" + ".b" * 9_000,
    "a large number": "x = 0x" + "f" * 19_000,
    "a null byte": "a\0b",
    "long": "x = 1\n" * 5_000,
}


@pytest.mark.parametrize("code", ODD.values(), ids=ODD.keys())
def test_code_that_cannot_be_read_is_left_out_and_counted(code: str) -> None:
    """Neither an exception nor a pair comes of it, and the copy beside it is found all the same."""
    work, rng = made(30, 12)
    work["s003"] = copied(work["s002"], rng)
    for name in ("s000", "s001"):
        work[name] = {**work[name], "rnn_step": code}
    likeness = compare(work, answers.known(CHAPTER))
    assert (likeness.unread, found(likeness)) == (2, {("s002", "s003")})


def test_forms_of_harmless_odd_code() -> None:
    """What newer Pythons have is read, and an empty answer has nothing to compare."""
    assert tokens_of("match x:\n case [a, *b]: pass\n case {'k': v, **r}: pass")
    assert tokens_of("async def f():\n async with a as b: await b") and tokens_of("x = '\\d'")
    assert len(forms("") or ()) == 1


@pytest.mark.parametrize(
    "work", [{}, {"ann": {}}, {f"s{n}": {} for n in range(20)}, {f"s{n}": {"f": ""} for n in range(20)}]
)
def test_an_empty_class_has_no_pairs(work: dict[str, Answers]) -> None:
    """Nobody, or nobody with an answer."""
    with np.errstate(all="raise"):
        assert compare(work, NOTHING).pairs == []


def test_the_course_knows_all_its_chapters() -> None:
    """What is no evidence is read from every chapter's solution, starter, accepted answers and mistakes."""
    for chapter in ("ch00_start", "ch01_feedforward", "ch02_recurrence", "ch03_bptt", "ch04_lstm"):
        for name, known in answers.known(chapter).items():
            assert len(known) > 100, name
    assert similar.ALPHA <= 0.01
