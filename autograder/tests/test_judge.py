"""From a file to its verdict, through a real box: every kind of submission gets one, and none harms another."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from autograder import course
from autograder.judge import box, session
from autograder.judge.remote import Worker
from autograder.judge.session import Judge, JudgeError
from autograder.judge.sitting import CALL_SECONDS
from autograder.judge.verdict import Verdict
from autograder.worker import codec

CHAPTER = "ch02_recurrence"
SOLUTION = {exercise.name: exercise.source for exercise in course.load(CHAPTER).exercises}
POINTS = {exercise.name: exercise.points for exercise in course.load(CHAPTER).exercises}
FULL = sum(POINTS.values())


@pytest.fixture(scope="module", params=["boxed", "inner"])
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """A judge at each level."""
    with Judge(levels=(request.param,), seed=7) as opened:
        yield opened


def judged(judge: Judge, folder: Path, **answers: str) -> Verdict:
    """The verdict on the reference solutions with some answers replaced; ``first`` is a cell before them."""
    cells = {"first": "x = 1", **SOLUTION, **answers}
    path = folder / "a.py"
    path.write_text("\n# %%\n".join(cells.values()))
    return judge.verdict(path)


def statuses(verdict: Verdict) -> dict[str, str]:
    """The status of each exercise."""
    return {exercise.name: exercise.status for exercise in verdict.exercises}


PASSED = dict.fromkeys(SOLUTION, "passed")


def test_the_reference_solutions_pass(judge: Judge, tmp_path: Path) -> None:
    """Full marks, and a verdict that says under which conditions it was reached."""
    verdict = judged(judge, tmp_path)
    assert statuses(verdict) == PASSED and verdict.score == verdict.max_score == FULL
    assert (verdict.isolation, verdict.holes, verdict.seed) == (judge.isolation, [], 7)
    assert verdict.checks_sha256 and verdict.notebook_sha256 and verdict.seconds > 0


def test_a_verdict_survives_its_json(judge: Judge, tmp_path: Path) -> None:
    """What is written in the journal is what is read from it."""
    verdict = judged(judge, tmp_path, rnn_step="def rnn_step(x, h_prev, Wx, Wh, b):\n    return h_prev")
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_expected_values_do_not_depend_on_who_came_before(judge: Judge, tmp_path: Path) -> None:
    """The same file gets the same checks, passed and failed, whenever it is judged."""
    wrong = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + b)"
    first = judged(judge, tmp_path, rnn_step=wrong).exercise("rnn_step")
    judged(judge, tmp_path)
    again = judged(judge, tmp_path, rnn_step=wrong).exercise("rnn_step")
    assert [(c.name, c.passed, c.message) for c in first.checks] == [
        (c.name, c.passed, c.message) for c in again.checks
    ]
    assert [d.id for d in first.diagnosis] == ["mutant:previous_state_ignored"]


BROKEN = {
    "a syntax error": ("def rnn_step(x:\n    return x", "missing", "syntax error"),
    "nothing": ("", "missing", "not defined"),
    "another name": ("def rnn_stepp(x, h_prev, Wx, Wh, b):\n    return x", "missing", "rnn_stepp looks like it"),
    "an endless cell": ("while True: pass\ndef rnn_step(): pass", "missing", "5 s"),
    "an exit at once": ("import os\nx = os._exit(0)\ndef rnn_step(): pass", "missing", "ended"),
    "an exit when called": ("import os\ndef rnn_step(*a): os._exit(0)", "error", "ended"),
    "an endless call": ("def rnn_step(*a):\n    while True: pass", "timeout", "5 s"),
    "no arguments": (
        "def rnn_step(): pass",
        "error",
        "takes 0 positional arguments but 5 were given; the definition is to begin",
    ),
    "an exception": ("def rnn_step(*a):\n    raise ValueError('why')", "error", "why"),
    "an object": ("def rnn_step(*a): return object()", "error", "a object"),
    "a number": ("rnn_step = 5", "missing", ""),
    "torch": ("import torch\ndef rnn_step(*a): return torch.zeros(3).numpy()", "forbidden", "torch"),
    "hidden torch": (
        "import importlib\ndef rnn_step(*a): return importlib.import_module('tor' + 'ch').zeros(3).numpy()",
        "forbidden",
        "torch",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_one_broken_answer_costs_only_itself(judge: Judge, tmp_path: Path, kind: str) -> None:
    """However one exercise is broken, it has a status and a reason, and the others keep their points."""
    source, status, said = BROKEN[kind]
    verdict = judged(judge, tmp_path, rnn_step=source)
    assert statuses(verdict) == {**PASSED, "rnn_step": status}
    broken = verdict.exercise("rnn_step")
    assert broken.score == 0 and verdict.score == FULL - POINTS["rnn_step"]
    assert said in broken.message and "\n" not in broken.message


HOSTILE = {
    "a text to search for hours": "C.describe = lambda e: C.Failure('ValueError', '1' * 10**6, 0, '')",
    "a reply of gigabytes": "import os\nC.describe = lambda e: os.write(3, b'\\xff\\xff\\xff\\x03' * 10**6)",
    "a million names of changed arguments": "C._is = lambda *a: False\nC._names = lambda *a: ('x' * 99,) * 10**4",
    "names that draw on the screen": "C._is = lambda *a: False\nC._names = lambda *a: ['\\x1b[2J'] * 5",
    "names of other things": "C.watch.names = lambda used: ('torch\\n.nn.LSTM',)",
    "no signature": "C.inspect.signature = lambda f: exit()",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_worker_that_works_against_the_judge_only_loses(judge: Judge, tmp_path: Path, kind: str) -> None:
    """Code that changes the worker's own modules chooses values at most: no points, no delay, no harm to others."""
    source = (
        f"import sys\nC = sys.modules['autograder.worker.calls']\n{HOSTILE[kind]}\ndef rnn_step(*a): raise ValueError"
    )
    verdict = judged(judge, tmp_path, rnn_step=source)
    checks = verdict.exercise("rnn_step").checks
    assert verdict.exercise("rnn_step").score == 0 and verdict.seconds < 10 and len(verdict.to_json()) < 50_000
    assert verdict.exercise("rnn_step").message.isprintable() and all(c.message.isprintable() for c in checks)
    assert statuses(judged(judge, tmp_path)) == PASSED


def test_cells_have_a_time_together(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many slow cells cannot hold the judge up for longer than one submission may take."""
    monkeypatch.setattr("autograder.judge.sitting.CELLS_SECONDS", 1.0)
    slow = "\n# %%\n".join(["import time\nx = time.sleep(0.4)"] * 20)
    verdict = judged(judge, tmp_path, first=slow)
    assert verdict.seconds < 5 and any("too long together" in note for note in verdict.notes)


def test_calls_have_a_time_together(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that each end in time cannot hold the judge up for longer than one exercise may take."""
    monkeypatch.setattr("autograder.judge.sitting.EXERCISE_SECONDS", 1.0)
    slow = "import time\ndef rnn_step(*a):\n    time.sleep(0.3)\n    return np.tanh(a[0] @ a[2] + a[1] @ a[3] + a[4])"
    verdict = judged(judge, tmp_path, rnn_step=slow)
    assert statuses(verdict) == {**PASSED, "rnn_step": "timeout"} and verdict.seconds < CALL_SECONDS


def test_a_helper_that_fails_costs_nothing(judge: Judge, tmp_path: Path) -> None:
    """A cell of trials before the answers may fail, print, warn and call what is not written yet."""
    noise = "import warnings, sys\nwarnings.warn('careful')\nprint('x' * 10**6)\nh = rnn_step(1)\nhelper = 1"
    verdict = judged(judge, tmp_path, first=noise)
    assert statuses(verdict) == PASSED and any("NameError" in note for note in verdict.notes)


def test_inputs_do_not_leave_through_exceptions(judge: Judge, tmp_path: Path) -> None:
    """The text of an exception is shown without the numbers of the secret inputs."""
    source = "def rnn_step(x, *a):\n    raise ValueError(f'{x.ravel()[0]:.17f} and {x.shape}')"
    message = judged(judge, tmp_path, rnn_step=source).exercise("rnn_step").message
    assert "… and (" in message


def test_files_that_are_no_submission(judge: Judge, tmp_path: Path) -> None:
    """A missing file, a folder and a torn notebook each have a verdict with a reason and no points."""
    torn = tmp_path / "torn.ipynb"
    torn.write_text('{"cells": [')
    for path in (tmp_path / "none.ipynb", tmp_path, torn):
        verdict = judge.verdict(path, CHAPTER, "ada")
        assert set(statuses(verdict).values()) == {"missing"} and verdict.score == 0 and verdict.message
        assert verdict.max_score == FULL
        assert judge.verdict(path).chapter is None


def test_threads_share_a_judge(judge: Judge, tmp_path: Path) -> None:
    """Many at a time, hostile ones among them: each gets its own verdict."""

    def one(number: int) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        source = "import os\ndef rnn_step(*a): os.abort()" if number % 3 == 0 else SOLUTION["rnn_step"]
        return judged(judge, folder, rnn_step=source).exercise("rnn_step").status

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(one, range(12)))
    assert found == ["error" if number % 3 == 0 else "passed" for number in range(12)]


def test_a_box_that_ends_is_replaced(tmp_path: Path) -> None:
    """When the warm process dies, the next submission gets a new one and its verdict."""
    with Judge(levels=("inner",)) as judge:
        before = judge.box
        before.process.kill()
        before.process.wait()
        assert statuses(judged(judge, tmp_path)) == PASSED and judge.box is not before


def test_a_box_that_ends_in_the_middle_of_a_check_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a submission loses with the box, it gets from the next one: neither its author nor the check is blamed."""
    with Judge(levels=("inner",)) as judge:
        before, exchange = judge.box, Worker.exchange

        def end_box_and_ask(worker: Worker, request: bytes, seconds: float) -> bytes:
            if codec.decode(request)["do"] == "call" and worker.box is before:
                before.process.kill()
            return exchange(worker, request, seconds)

        monkeypatch.setattr(Worker, "exchange", end_box_and_ask)
        assert statuses(judged(judge, tmp_path)) == PASSED and judge.box is not before


def test_where_nothing_isolates_the_judge_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line with the reason and what to do; with leave, it judges, and every verdict carries the hole."""
    monkeypatch.setitem(box.LAYERS, "inner", ["limits"])
    with (
        pytest.raises(JudgeError, match=r"cannot be isolated here .*doctor.*--allow-unisolated"),
        Judge(levels=("inner",)),
    ):
        pass
    with Judge(allow_unisolated=True, levels=("inner",)) as judge:
        verdict = judged(judge, tmp_path)
    assert verdict.isolation == "none" and len(verdict.holes) == 1 and statuses(verdict) == PASSED


def test_the_fingerprint_follows_the_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever changes a check, a driver or a solution gets other fingerprints, so that old verdicts are not kept."""
    before = session.checks_sha256.__wrapped__(CHAPTER)
    assert session.checks_sha256.__wrapped__(CHAPTER) == before
    solution = tmp_path / f"{CHAPTER}.py"
    solution.write_text("changed")
    monkeypatch.setattr(session.paths, "SOLUTIONS", tmp_path)
    assert session.checks_sha256.__wrapped__(CHAPTER) != before


def test_a_verdict_of_another_kind_is_refused() -> None:
    """Reading what is no verdict, or one of another version, is a ValueError."""
    for text in ("{}", "5", "nonsense", json.dumps({"version": 99, "exercises": []})):
        with pytest.raises(ValueError, match=r"verdict|Expecting"):
            Verdict.from_json(text)


def test_float32_inside_passes_with_a_note(judge: Judge, tmp_path: Path) -> None:
    """Seven right digits are enough, and the learner is told; fifteen need no note."""
    source = (
        "def rnn_step(*a):\n    x, h, Wx, Wh, b = (np.float32(v) for v in a)\n    return np.tanh(x @ Wx + h @ Wh + b)"
    )
    verdict = judged(judge, tmp_path, rnn_step=source)
    assert statuses(verdict) == PASSED and verdict.score == FULL
    assert "float32" in verdict.exercise("rnn_step").message
    assert not verdict.exercise("rnn_forward").message and not verdict.exercise("RNNCell").message


SLOW = """
import time
naps = [0.5] * 4
def rnn_step(x, h_prev, Wx, Wh, b):
    if naps:
        time.sleep(naps.pop())
    return np.tanh(x @ Wx + h_prev @ Wh + b)
"""


def test_a_box_that_ends_under_a_check_is_nobodys_fault(tmp_path: Path) -> None:
    """When the warm process dies in the middle of a call, the submission is judged anew, with full marks."""
    with Judge(levels=("inner",)) as judge:
        before = judge.box
        threading.Timer(0.8, before.process.kill).start()
        verdict = judged(judge, tmp_path, rnn_step=SLOW)
        assert statuses(verdict) == PASSED and judge.box is not before


def workers(judge: Judge) -> list[int]:
    """The process ids of the workers that a box at level inner has at the moment."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(judge.box.process.pid).children()]
    return []


@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_killed_from_outside_is_judged_again_once(tmp_path: Path, times: int) -> None:
    """One kill, as by a system without memory, costs the learner nothing; the second one counts as theirs."""
    killed: list[int] = []

    def kill() -> None:
        while len(killed) < times:
            for pid in workers(judge):
                if pid not in killed:
                    time.sleep(0.5)  # until it is within a call
                    with contextlib.suppress(ProcessLookupError):  # one of the box's own that was not for long
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

    with Judge(levels=("inner",)) as judge:
        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        verdict = judged(judge, tmp_path, rnn_step=SLOW)
        killer.join(10)
    assert len(killed) == times
    expected = {**PASSED, "rnn_step": "error"} if times == 2 else PASSED
    assert statuses(verdict) == expected
    assert ("killed twice" in verdict.exercise("rnn_step").message) == (times == 2)


def test_who_kills_its_own_worker_gains_nothing(judge: Judge, tmp_path: Path) -> None:
    """Code that sends itself SIGKILL is judged twice, and its second end counts: no points for that exercise."""
    source = "import os, signal\ndef rnn_step(*a): os.kill(os.getpid(), signal.SIGKILL)"
    verdict = judged(judge, tmp_path, rnn_step=source)
    assert statuses(verdict) == {**PASSED, "rnn_step": "error"}
    assert verdict.exercise("rnn_step").score == 0 and "killed twice" in verdict.exercise("rnn_step").message


def test_a_closed_judge_starts_no_box(tmp_path: Path) -> None:
    """A submission that was under judgement when its judge was closed gets no verdict, and leaves no process."""
    with Judge(levels=("inner",)) as judge:
        pass
    with pytest.raises(JudgeError, match="closed"):
        judged(judge, tmp_path)
    assert judge.box.process.poll() is not None
