"""A learner's own progress: what is shown, what is judged, what is kept, and what to do next."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from rich.console import Console

from autograder import course, paths, progress, status
from autograder.commands import learner
from autograder.judge.session import checks_sha256
from autograder.judge.verdict import Verdict
from autograder.status import Part, Step, Verdicts, look
from autograder.tests.fake_judge import CHAPTER, RIGHT, FakeJudge, hand_in, notebook

WRONG = RIGHT["rnn_forward"].replace("return", "WRONG = 1\n    return")
EXERCISES = course.load(CHAPTER).exercises
N, FULL = len(EXERCISES), sum(exercise.points for exercise in EXERCISES)
LEFT = sum(exercise.minutes for exercise in EXERCISES if exercise.name != "rnn_step")
SOME = {"rnn_step": RIGHT["rnn_step"], "rnn_forward": WRONG}


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeJudge:
    """A judge that counts; the cache and the course are those of this test alone."""
    monkeypatch.setattr(status, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(course, "chapters", lambda: [CHAPTER])
    return FakeJudge(checks=checks_sha256(CHAPTER))


def work(folder: Path, answers: Any) -> Path:
    """The learner's notebook with these answers; the folder that holds it."""
    path = folder / CHAPTER / f"{CHAPTER}.ipynb"
    shutil.move(hand_in(folder / "in", "me", answers), path.parent.mkdir(parents=True, exist_ok=True) or path)
    return folder


def looked(judge: FakeJudge, folder: Path, *files: Path) -> list[Part]:
    with Verdicts(judge) as verdicts:  # type: ignore[arg-type]
        return look(verdicts, folder, files)


def printed(parts: list[Part], width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(progress.shown(parts), crop=False)
    return out.getvalue()


def test_untouched_notebook_is_not_judged(judge: FakeJudge, tmp_path: Path) -> None:
    """The judge does not even start; the first exercise is next."""
    parts = looked(judge, work(tmp_path, {}))
    assert judge.judged == [] and judge.open == 0
    text = printed(parts)
    assert f"{'·' * N}  0 of {FULL:g} points, about " in text
    assert "· not written yet: rnn_step, rnn_forward, " in text
    assert "Next: rnn_step, about 5 minutes" in text


def test_progress_in_signs_words_points_and_minutes(judge: FakeJudge, tmp_path: Path) -> None:
    """A sign for each exercise in order, each status in words, and the place and the commands of the next one."""
    text = printed(looked(judge, work(tmp_path, SOME)))
    assert f"✓✗{'·' * (N - 2)}  6 of {FULL:g} points, about " in text
    for line in (
        "✓ passed: rnn_step\n",
        "✗ not right yet: rnn_forward (2 of 6)\n",
        "· not written yet: rnn_forward_padded,",
    ):
        assert f"  {line}" in text
    assert f"1 of {N} exercises passed, 6 of {FULL:g} points, about " in text
    after = text.partition("Next: rnn_forward, about 10 minutes")[2]
    assert 'Write it in cell 5, below "The whole loop: rnn_forward":' in after
    assert f"jupyter lab {tmp_path}/{CHAPTER}/{CHAPTER}.ipynb\n" in after
    assert f"python -m autograder check {tmp_path}/{CHAPTER}/{CHAPTER}.ipynb\n" in after


def test_the_place_is_the_right_one(judge: FakeJudge, tmp_path: Path) -> None:
    """The cell that is named, counted among code cells, holds the exercise."""
    [part] = looked(judge, work(tmp_path, SOME))
    code = [cell for cell in notebook(SOME).cells if cell.cell_type == "code"]
    for step in part.steps:
        assert f" {step.name}(" in code[int(step.place.removeprefix("cell ")) - 1].source


def test_second_look_judges_nothing(judge: FakeJudge, tmp_path: Path) -> None:
    """What has not changed is remembered, and says the same."""
    folder = work(tmp_path, SOME)
    assert looked(judge, folder) == looked(judge, folder)
    assert len(judge.judged) == 1


def test_changed_notebook_or_checks_are_judged_again(
    judge: FakeJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict holds for one text and one set of checks."""
    looked(judge, work(tmp_path, SOME))
    [part] = looked(judge, work(tmp_path, {**SOME, "rnn_forward": RIGHT["rnn_forward"]}))
    assert len(judge.judged) == 2 and part.steps[1].status == "passed"
    monkeypatch.setattr("autograder.judge.session.checks_sha256", lambda chapter: "other checks")
    looked(judge, tmp_path)
    assert len(judge.judged) == 3


def no_line(text: str) -> str:
    return text.replace("\n", "")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "{",
        lambda text: text[:200],
        lambda text: text.replace('"passed": true', '"passed": false'),
        lambda text: text.replace('"score": 4.0', '"score": 400.0'),
        lambda text: text.replace("rnn_step", "\x00"),
        no_line,
    ],
)
def test_broken_cache_says_nothing_wrong(judge: FakeJudge, tmp_path: Path, spoil: Callable[[str], str]) -> None:
    """Whatever stands there instead, the notebook is judged anew."""
    folder = work(tmp_path, SOME)
    before = looked(judge, folder)
    [kept] = status.CACHE.iterdir()
    kept.write_text(spoil(kept.read_text()))
    assert looked(judge, folder) == before
    assert len(judge.judged) == 2


def test_unwritable_cache_costs_time_alone(judge: FakeJudge, tmp_path: Path) -> None:
    """A file where the folder should be: judged at each look, and all is shown."""
    status.CACHE.write_text("in the way")
    folder = work(tmp_path, SOME)
    assert looked(judge, folder) == looked(judge, folder)
    assert len(judge.judged) == 2


def test_timeout_is_not_remembered(judge: FakeJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The computer may have been busy: the next look tries again."""
    verdict = judge.verdict

    def late(*args: Any) -> Verdict:
        made = verdict(*args)
        made.exercises[1].status = "timeout"
        return made

    monkeypatch.setattr(judge, "verdict", late)
    folder = work(tmp_path, SOME)
    assert "… took too long: rnn_forward" in printed(looked(judge, folder))
    looked(judge, folder)
    assert len(judge.judged) == 2


def test_missing_broken_and_unreleased_notebooks_have_their_line(
    judge: FakeJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says what is wrong, and what to type; what can be read is shown all the same."""
    assert "! there is no such file" in printed(looked(judge, tmp_path))
    monkeypatch.setattr(paths, "EXERCISES", tmp_path)
    text = printed(looked(judge, tmp_path))
    assert "! not released yet" in text and f"python -m autograder release {CHAPTER}\n" in text
    assert f"0 of {N} exercises passed" in text
    text = printed(looked(judge, work(tmp_path, "{")))
    assert "not JSON" in text and "cannot be read" in text and "python -m autograder status\n" in text


def test_files_named_count_where_they_are_better(judge: FakeJudge, tmp_path: Path) -> None:
    """A .py file adds its answers to the notebook's; a file of no chapter has its own line."""
    folder = work(tmp_path, SOME)
    mine, other = tmp_path / "mine.py", tmp_path / "other.py"
    mine.write_text(f"import numpy as np\n\n\n{WRONG}\n\n\n# %%\n{RIGHT['RNNCell']}\n")
    other.write_text("x = 1\n")
    parts = looked(judge, folder, mine, other)
    found = {step.name: step.status for step in parts[0].steps}
    assert [found[name] for name in ("rnn_step", "rnn_forward", "RNNCell")] == ["passed", "failed", "passed"]
    assert parts[0].steps[-1].file.endswith("mine.py") and parts[0].steps[-1].place.startswith("line ")
    line = int(parts[0].steps[-1].place.removeprefix("line "))
    assert mine.read_text().splitlines()[line - 1].startswith("class RNNCell")
    assert "no function of the course" in parts[1].problem
    assert "no function of the course" in printed(parts)


def test_file_named_stands_in_for_a_missing_notebook(judge: FakeJudge, tmp_path: Path) -> None:
    """Who works in .py files alone has no problem, and is sent to that file."""
    mine = tmp_path / "mine.py"
    mine.write_text(RIGHT["rnn_step"])
    [part] = looked(judge, tmp_path, mine)
    assert part.problem == "" and part.steps[0].status == "passed"
    text = printed([part])
    assert "jupyter" not in text and "autograder check" in text and "mine.py, a cell of its own" not in text


def test_all_done(judge: FakeJudge, tmp_path: Path) -> None:
    """Then there is something to compare with."""
    text = printed(looked(judge, work(tmp_path, RIGHT)))
    assert f"{'✓' * N}  {FULL:g} of {FULL:g} points\n" in text and "minutes left" not in text
    assert "All is done" in text and "  make serve\n" in text


def many() -> list[Part]:
    """Chapters as long as the longest of the course, with every status."""
    names = ["softmax_cross_entropy", "memoryless_accuracy", "mlp_backward", "context_windows", "WindowMLP", "one_hot"]
    states = [*progress.WORDS, "unwritten", "unwritten"]
    steps = [Step(name, f"What {name} is", state, 1.5, 6, 20, "wrong " * 30, "exercises/ch01/ch01.ipynb", "cell 12")
             for name, state in zip(names + names[:3], states, strict=True)]  # fmt: skip
    return [Part("ch01_feedforward", "Information moves one way, and never returns", "a.ipynb", "", "", steps)] * 2


@pytest.mark.parametrize("width", [80, 40])
def test_wide_and_narrow_are_readable(width: int) -> None:
    """No line but a command, which is copied whole, is wider than the terminal; no word is cut or broken."""
    text = printed(many(), width)
    commands = [line for line in text.splitlines() if "jupyter" in line or "-m autograder" in line]
    assert len(commands) == 2
    assert all(len(line) <= width for line in text.splitlines() if line not in commands)
    words = " ".join(text.split())
    for part in many():
        for step in part.steps:
            assert f"{progress.SIGNS[step.status]} {progress.WORDS[step.status]}: " in words and step.name in words


def test_signs_and_words_tell_statuses_apart() -> None:
    """Never by colour alone."""
    assert progress.SIGNS.keys() == progress.WORDS.keys()
    assert len(set(progress.SIGNS.values())) == len(progress.SIGNS) == len(set(progress.WORDS.values()))
    console = Console(file=io.StringIO(), width=80, no_color=True, color_system=None)
    console.print(progress.shown(many()), crop=False)
    assert "✓✗" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_learners_text_does_nothing_to_the_terminal() -> None:
    """No escape sequence, no markup."""
    [part, _] = many()
    part.steps[1].message = "\x1b[31m[red]text[/red]"
    part.steps[0].status = "failed"
    part.steps[0].message = part.steps[1].message
    assert "\x1b" not in printed([part]) and "[red]text[/red]" in printed([part])


def test_json_holds_all_of_it(judge: FakeJudge, tmp_path: Path) -> None:
    """One line, with what to do next."""
    text = progress.as_json(looked(judge, work(tmp_path, SOME)))
    data = json.loads(text)
    assert "\n" not in text
    [chapter] = data["chapters"]
    assert (chapter["score"], chapter["max_score"], chapter["minutes_left"]) == (6, FULL, LEFT)
    assert [step["word"] for step in chapter["steps"]][:3] == ["passed", "not right yet", "not written yet"]
    assert data["next"]["exercise"] == "rnn_forward" and len(data["next"]["commands"]) == 2


def test_warning_where_nothing_isolates(judge: FakeJudge, capsys: pytest.CaptureFixture[str]) -> None:
    """One line at level none, unless it is allowed; at level inner too."""
    judge.isolation, judge.holes = "none", ["nothing isolates it"]
    learner._warn(judge, False)  # type: ignore[arg-type]
    assert capsys.readouterr().err == ("autograder: warning: nothing isolates it; check only files that you trust\n")
    learner._warn(judge, True)  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""


def test_command(tmp_path: Path) -> None:
    """As it is typed: helpers of the learner's own run, the second call takes no judge, and status says how it went."""
    answers = {"rnn_step": RIGHT["rnn_step"].replace("np.tanh(", "squashed(")}
    made = notebook(answers)
    made.cells.insert(3, nbformat.v4.new_code_cell("def squashed(a):\n    return np.tanh(a)"))
    folder = work(tmp_path, made)
    command = [sys.executable, "-m", "autograder", "status", "--folder", str(folder)]
    took = []
    for _ in range(2):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
        took.append(time.perf_counter() - start)
        assert "✓ passed: rnn_step" in done.stdout, done.stderr
    assert took[1] < 0.7 * took[0]
    lost = subprocess.run([*command[:-1], "nowhere"], cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
    assert lost.returncode == 2 and "nowhere" in lost.stderr
