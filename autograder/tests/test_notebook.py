"""``check(f)``: in this process for most things, and once in a real kernel."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from autograder import check, course, paths, timed
from autograder.checks import CheckFailed
from autograder.judge import implementations

CHAPTER = "ch02_recurrence"


def solved(name: str) -> Any:
    return vars(course.solution(CHAPTER))[name]


def named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


@contextmanager
def fails(pattern: str) -> Iterator[None]:
    """CheckFailed, in one line."""
    with pytest.raises(CheckFailed, match=pattern) as caught:
        yield
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["rnn_step", "rnn_forward", "RNNCell"])
def test_right_answer_returns_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A right answer is said to be right, and the same is printed each time."""
    assert check(solved(name)) is None
    first = capsys.readouterr()
    check(solved(name))
    assert first == capsys.readouterr()
    assert first.out.startswith(f"✓ {name}: passed") and not first.err and "To read again" not in first.out


def test_wrong_answer_fails_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It raises how many checks failed and the first sentence; above stand the diagnosis, and where to read again."""
    with fails(r"^rnn_step: \d of \d checks failed: .*\.$"):
        check(named("rnn_step", lambda x, h_prev, Wx, Wh, b: np.tanh(x @ Wx + b)))
    out = capsys.readouterr().out
    assert "looks at the input alone" in out
    assert re.search(r"^  To read again: The loop, https://.*/book/ch02_recurrence.html#ch02-turn$", out, re.MULTILINE)


def test_validate_gets_short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader's Validate, which cuts long lines, is given the same words in lines that it does not cut."""
    failed = CheckFailed("rnn_step: 1 of 6 checks failed: " + "Each row of the state depends on its own row. " * 3)
    (line,) = failed._render_traceback_()
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    lines = failed._render_traceback_()
    assert len(lines) == 3 and max(map(len, lines)) <= 80
    assert " ".join(lines) == line.strip()


def test_starter(capsys: pytest.CaptureFixture[str]) -> None:
    """An untouched answer is not written yet."""
    with fails("^rnn_step is not written yet$"):
        check(implementations.starter(CHAPTER).namespace["rnn_step"])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (3, "your function or class itself, .*; this is a int"),
        (np.ones(2), r"as in check\(rnn_step\): leave out the brackets and the arguments; this is a ndarray"),
        (solved("RNNCell")(3, 4), r"^check takes the class itself, as in check\(RNNCell\), without brackets$"),
        ("rnn_step", "without quotation marks; this is a str"),
        (named("rnn_stepp", lambda: None), "rnn_stepp is no exercise of the course; did you mean rnn_step?"),
        (np.tanh, "tanh is no exercise of the course; the exercises are numerical_gradient"),
    ],
)
def test_not_an_answer(answer: object, says: str) -> None:
    """Anything that is no answer is named, with what was probably meant."""
    with fails(says):
        check(answer)


def test_prints_of_a_wrong_answer_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The first lines that the learner's code printed come after the feedback; a flood is cut."""

    def noisy(x, h_prev, Wx, Wh, b):
        print("\n".join(["here"] * 50))
        return x

    with fails("rnn_step"):
        check(named("rnn_step", noisy))
    out = capsys.readouterr().out
    assert out.count("here\n") == timed.PRINTED and "more lines" in out


def test_prints_of_a_right_answer_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    """A right answer may print what it likes: the lines are counted, and the output stays the same from run to run."""
    step = solved("rnn_step")
    for _ in range(2):
        check(named("rnn_step", lambda *args: (print("a line"), step(*args))[1]))
    first, second = capsys.readouterr().out.split("✓ rnn_step: passed")[1:]
    assert first == second and "a line" not in first
    assert re.search(r"\nnote: your code printed \d\d lines; they are shown when a check fails\n$", first)


def overflows(x, h_prev, Wx, Wh, b):
    return np.exp(x @ Wx + h_prev @ Wh + b + 1e4)  # in every call, whatever the inputs


def warns(x, h_prev, Wx, Wh, b):
    warnings.warn("is this right?", stacklevel=2)
    return x


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize(("answer", "says"), [(overflows, "overflow encountered in exp"), (warns, "is this right?")])
def test_only_the_learners_warnings_are_shown(
    answer: Callable[..., Any], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a mutant's output nor a path of ours stands among what the learner's code printed."""

    def print_warning(*args: Any, **options: Any) -> None:  # pytest's own keeps them
        print(warnings.formatwarning(*args[:4]), file=sys.stderr, end="")

    monkeypatch.setattr(warnings, "showwarning", print_warning)
    monkeypatch.setattr(answer, "__name__", "rnn_step")
    with fails("rnn_step"):
        check(answer)
    _, printed = capsys.readouterr().out.split("What your code printed:\n")
    assert says in printed
    ours = [line for line in printed.splitlines() if "mutant" in line or "autograder/" in line]
    assert all("test_notebook.py" in line for line in ours), ours  # where the answer stands, here
    assert "calls.py" not in printed


@pytest.mark.parametrize("name", ["numpy", "autograder.feedback"])
def test_another_kernel(name: str) -> None:
    """Where a library of ours is missing, one line says which, and what to do."""
    program = (
        f"import sys; sys.modules[{name!r}] = None\nfrom autograder import check, CheckFailed\n"
        "try:\n    check(len)\nexcept CheckFailed as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == f"this kernel lacks {name}: choose the course's kernel; README.md says how to make it\n"


def endless(*args: object) -> None:
    while True:
        with suppress(Exception):
            time.sleep(0.01)


def test_endless_loop_is_stopped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that does not end is given up, even one that catches exceptions; the alarm is as it was before."""
    monkeypatch.setattr(timed, "CALL_SECONDS", 0.2)
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        start = time.perf_counter()
        with fails("rnn_step: took longer than 0.2 s"):
            check(named("rnn_step", endless))
        assert time.perf_counter() - start < 5
        assert signal.getsignal(signal.SIGALRM) == handler
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_another_thread_has_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no alarm can be set, the checks run without one."""
    thread = threading.Thread(target=check, args=(solved("rnn_step"),))
    thread.start()
    thread.join(30)
    assert capsys.readouterr().out.startswith("✓ rnn_step: passed")


def test_stop_button() -> None:
    """Interrupting the kernel ends the check in one line: it is no mistake of the learner's code."""

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    with fails("^interrupted; nothing was judged$"):
        check(named("rnn_step", interrupted))


ANSWERS = {
    "right": "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + h_prev @ Wh + b)",
    "wrong": "def rnn_step(x, h_prev, Wx, Wh, b):\n    hidden = x @ Wx\n    return hiden",
}


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The outputs of a kernel that sets up, warms up, and checks right answers and a wrong one."""
    module = course.load(CHAPTER).exercise("RNNCell").source
    timed = "start = time.perf_counter()\ncheck({0})\ntook = time.perf_counter() - start"
    sources = [
        f"import sys, time\nsys.path.insert(0, {str(paths.ROOT)!r})\nimport numpy as np, torch\n"
        "Array = np.ndarray\nfrom autograder import check",
        ANSWERS["right"], module, "check(rnn_step)\ncheck(RNNCell)", timed.format("rnn_step"), "print(took)",
        timed.format("RNNCell"), "print(took)", ANSWERS["wrong"], "check(rnn_step)",
    ]  # fmt: skip
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(book, timeout=120, allow_errors=True).execute()
    return list(book.cells)


@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_kernel_shows_rich_feedback(cells: list[Any]) -> None:
    """In a kernel the feedback is HTML with a text beside it, nothing on stderr, and equal from run to run."""
    [first, _], [second] = cells[3].outputs, cells[4].outputs
    assert first.output_type == "display_data" and set(first.data) == {"text/html", "text/plain"}
    assert first == second
    assert all(output.get("name") != "stderr" for cell in cells for output in cell.outputs)


@pytest.mark.filterwarnings("ignore")
def test_kernel_answers_at_once(cells: list[Any]) -> None:
    """After the first call, a check takes less than half a second, of a NumPy function or a torch class."""
    for cell in (cells[5], cells[7]):
        assert float(cell.outputs[0].text) < 0.5


@pytest.mark.filterwarnings("ignore")
def test_kernel_shows_the_learners_line(cells: list[Any]) -> None:
    """An exception is shown with the learner's own line, and the cell ends in an error of one line."""
    shown, error = cells[-1].outputs
    assert 'in your line 3: "return hiden"' in shown.data["text/plain"]
    assert error.ename == "CheckFailed" and len(error.traceback) == 1
    assert re.match(r"^rnn_step: \d of \d checks failed", error.evalue)
