"""A page gives the verdicts of the judge: its Python, under Node, on every answer, right and wrong, that we have."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from autograder import course
from autograder.bundle import answers
from autograder.judge.session import Judge
from autograder.page import files, runtime
from autograder.tests.editor_texts import Text, texts

pytestmark = pytest.mark.filterwarnings("ignore")  # answers, right and wrong ones, may warn
NODE = Path(__file__).with_name("node")
NOT_IN_PAGE = "scipy is not part of Python in this page"
NOISE = {("numerical_gradient", "mutant float32")}  # divides float32's rounding by 1e-6: other numbers on each computer


@pytest.fixture(scope="module")
def page_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the website has for its pages: Pyodide with NumPy in ``runtime``, the grader in ``live``."""
    folder, package = tmp_path_factory.mktemp("site"), Path("/tmp/dev/pyo/package")
    runtime.write(folder / "runtime", package)
    files.write(folder / "live", package)
    return folder


def told(verdict: dict[str, Any]) -> Any:
    """What counts of a verdict on an exercise."""
    checks = [(check["name"], check["passed"]) for check in verdict["checks"]]
    return verdict["status"], verdict["score"], checks, [each["id"] for each in verdict["diagnosis"]]


def judged_by_the_page(cases: Sequence[Text], seed: int, site: Path, folder: Path) -> list[dict[str, Any]]:
    """The verdicts of the page's Python."""
    asked = folder / "cases.json"
    asked.write_text(json.dumps([{"exercise": case.exercise, "text": case.text, "seed": seed} for case in cases]))
    command = ["node", *map(str, (NODE / "judge.mjs", site / "runtime", site / "live", asked))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


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
def test_the_page_judges_as_the_judge_does(chapter: str, page_files: Path, tmp_path: Path) -> None:
    """Status, points, each check and the named mistakes are the same for everybody, on a seed that is drawn today."""
    cases, seed = list(texts(chapter)), secrets.choice(answers.SEEDS)
    expected = judged_by_the_judge(cases, seed, chapter, tmp_path)
    differ = []
    found = judged_by_the_page(cases, seed, page_files, tmp_path)
    for case, ours, theirs in zip(cases, expected, found, strict=True):
        if "scipy" in case.text:
            assert NOT_IN_PAGE in theirs["message"]
            continue
        if (case.exercise, case.who) in NOISE:
            ours["diagnosis"] = theirs["diagnosis"] = []
        if told(ours) != told(theirs):
            differ.append(f"{case.exercise}, {case.who}, seed {seed}: {told(theirs)}, not {told(ours)}")
    assert differ == []
