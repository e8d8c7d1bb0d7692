"""A page gives the verdicts of the judge: its Python, under Node, on every answer, right and wrong, that we have."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from autograder import course
from autograder.bundle import answers
from autograder.judge.session import Judge
from autograder.tests import page_python
from autograder.tests.editor_texts import Text, texts

pytestmark = pytest.mark.filterwarnings("ignore")  # answers, right and wrong ones, may warn
NOT_IN_PAGE = "scipy is not part of Python in this page"
# They divide what rounding leaves by a small step, or by its square: other numbers on each computer.
NOISE = {("numerical_gradient", f"mutant {name}") for name in ("float32", "second_difference")}

# What depends on the calls before is named as this mistake, or as what cannot be repeated: those calls decide.
SAME = {"mutant:remembers_last_call": "relation:not_repeatable"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_python.page_files(tmp_path_factory.mktemp("site"))


def told(verdict: dict[str, Any]) -> Any:
    """What counts of a verdict on an exercise."""
    checks = [(check["name"], check["passed"]) for check in verdict["checks"]]
    named = list(dict.fromkeys(SAME.get(each["id"], each["id"]) for each in verdict["diagnosis"]))
    return verdict["status"], verdict["score"], checks, named


def judged_by_the_judge(cases: Sequence[Text], seed: int, chapter: str, folder: Path) -> list[dict[str, Any]]:
    """The verdicts of the judge, which has solutions, mutants and a box, on a file of each."""
    found = []
    with Judge(seed=seed, chapter=chapter, allow_unisolated=True) as judge:
        for number, case in enumerate(cases):
            path = folder / f"{number}.py"
            path.write_text(case.text, encoding="utf-8")
            verdict = asdict(judge.verdict(path, chapter))
            found += [each for each in verdict["exercises"] if each["name"] == case.exercise]
    return found


@pytest.mark.parametrize("chapter", course.chapters())
def test_the_page_judges_as_the_judge_does(chapter: str, site: Path, tmp_path: Path) -> None:
    """Status, points, each check and the named mistakes are the same for everybody, on a seed that is drawn today."""
    cases, seed = list(texts(chapter)), secrets.choice(answers.SEEDS)
    expected = judged_by_the_judge(cases, seed, chapter, tmp_path)
    differ = []
    found = page_python.answers([("judge", case.exercise, case.text, seed) for case in cases], site, tmp_path)
    for case, ours, theirs in zip(cases, expected, found, strict=True):
        if "scipy" in case.text:
            assert NOT_IN_PAGE in theirs["message"]
            continue
        if (case.exercise, case.who) in NOISE:
            ours["diagnosis"] = theirs["diagnosis"] = []
        if told(ours) != told(theirs):
            differ.append(f"{case.exercise}, {case.who}, seed {seed}: {told(theirs)}, not {told(ours)}")
    assert differ == []
