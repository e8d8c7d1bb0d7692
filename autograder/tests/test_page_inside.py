"""What a page answers: to what is wrong with an answer, to code to try, and to what it cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from autograder import course
from autograder.tests import page_python

HEAD = "def rnn_step(x, h_prev, Wx, Wh, b):\n"
RIGHT = HEAD + "    return np.tanh(x @ Wx + h_prev @ Wh + b)\n"
STARTER = course.load("ch02_recurrence").exercise("rnn_step").starter
FORWARD = """def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [], h0
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, Wx, Wh, b)
        hs.append(h)
    return np.stack(hs, axis=1)
"""
CHECKED = {
    "right": RIGHT,
    "starter": STARTER,
    "mistake": HEAD + "    return np.tanh(x @ Wx + h_prev @ Wh)\n",
    "prints": HEAD + "    print(x.shape)\n    return x\n",
    "syntax": HEAD + "    return (x\n",
    "name": "def rnn_stp(x, h_prev, Wx, Wh, b):\n    return x\n",
    "at the top": "import numpy as np\nW = np.zeros(3) @ np.zeros(2)\n" + RIGHT.replace("return", "W; return"),
    "endless at the top": "n = 0\nwhile True:\n    n += 1\n" + RIGHT,
    "endless": HEAD
    + "    n = 0\n    while True:\n        try:\n            n += 1\n        except BaseException:\n            pass\n",
    "endless calls": HEAD + "    return rnn_step(x, h_prev, Wx, Wh, b)\n",
    "exit": HEAD + "    raise SystemExit\n",
    "input": HEAD + "    return input('x?')\n",
    "memory": HEAD + "    return np.ones((10**5, 10**5, 10**3))\n",
    "memory bit by bit": HEAD + "    kept = []\n    while True:\n        kept.append(np.empty(10**8))\n",
    "torch": "import torch\n" + HEAD + "    return torch.tanh(x)\n",
    "scipy": "import scipy.special\n" + RIGHT,
    "forbidden": HEAD + "    import torch\n    return torch.tanh(x)\n",
    "shows": RIGHT + "print('at the end')\n1 / 0\n",
    "strict": "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')\n" + RIGHT,
    "another tanh": "np.tanh = np.sin\n" + RIGHT,
    "deep": "import sys\nsys.setrecursionlimit(10**6)\n" + HEAD + "    return rnn_step(x, h_prev, Wx, Wh, b)\n",
    "right again": RIGHT,
}
TRIED = {
    "value": ("x = np.arange(3)\nx * 2", []),
    "prints": ("for n in range(3):\n    print(n)", []),
    "no value": ("x = 1", []),
    "magic": ("%timeit 1\n2 + 3", []),
    "answers": ("rnn_step(*[np.zeros((1, 1))] * 4, np.zeros(1))", [RIGHT, STARTER.replace("rnn_step", "other"), "1/0"]),
    "after one without end": ("1 + 1", ["while True: pass"]),
    "as in a notebook": ("display(3)\ncheck(print)", []),
    "error": ("def f(x):\n    return x.shap\n\nf(np.zeros(2))", []),
    "syntax": ("x = (", []),
    "recursion": ("def f():\n    return f()\n\nf()", []),
    "absent": ("import matplotlib.pyplot", []),
    "no library": ("import nump", []),
    "long": ("list(range(100_000))", []),
    "much": ("for n in range(100_000):\n    print('*' * 1000)", []),
    "nothing": ("", []),
    "exit": ("import sys\nsys.exit(3)", []),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All answers, of one page that is asked one thing after another."""
    asked: dict[str, list[Any]] = {f"check {name}": ["check", "rnn_step", text, 1] for name, text in CHECKED.items()}
    asked |= {f"run {name}": ["run", "ch02_recurrence", *case] for name, case in TRIED.items()}
    asked["site"] = ["check", "rnn_step", CHECKED["mistake"], 1, "https://example.org/course/"]
    asked["calls another"] = ["check", "rnn_forward", FORWARD, 1, "", ["1/0", RIGHT]]
    asked["calls one that is not there"] = ["check", "rnn_forward", FORWARD, 1, "", []]
    asked["damaged"] = ["check_damaged", "generate", course.load("ch02_recurrence").exercise("generate").source, 2]
    site = page_python.page_files(tmp_path_factory.mktemp("site"))
    found = page_python.answers(list(asked.values()), site, tmp_path_factory.mktemp("asked"))
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("right", "passed", "✓ rnn_step: passed"),
        ("starter", "missing", "rnn_step is not written yet"),
        ("mistake", "failed", "Your results are those of code that leaves the bias out"),
        ("syntax", "missing", "the editor, line 2: a syntax error"),
        ("name", "missing", "rnn_stp looks like it: give it its name back"),
        ("at the top", "missing", "the editor, line 2"),
        ("endless at the top", "missing", "took longer than 5 s"),
        ("endless", "timeout", "took longer than 5 s, and was in your line"),
        ("endless calls", "error", "the function calls itself without end"),
        ("exit", "error", "SystemExit"),
        ("input", "error", "input() was called"),
        ("memory", "error", "array is too big"),
        ("memory bit by bit", "error", "memory"),
        ("torch", "forbidden", "this is a NumPy exercise: it may not use torch.tanh"),
        ("scipy", "missing", "scipy is not part of Python in this page, which has NumPy"),
        ("forbidden", "forbidden", "this is a NumPy exercise: it may not use torch.tanh"),
        ("strict", "passed", "✓ rnn_step: passed"),
        ("another tanh", "failed", "✗ rnn_step: not right yet"),
        ("deep", "error", "the function calls itself without end"),
        ("right again", "passed", "✓ rnn_step: passed"),
    ],
)
def test_an_answer_is_judged(said: dict[str, Any], name: str, status: str, sentence: str) -> None:
    """Each way to be right or wrong has its status and its sentence, and the next answer is judged as ever."""
    answer = said[f"check {name}"]
    assert answer["status"] == status
    assert sentence in answer["html"]


def test_prints_are_shown(said: dict[str, Any]) -> None:
    """What the code printed comes with the feedback."""
    assert said["check prints"]["printed"].startswith("(")
    assert said["check right"]["printed"] == ""


def test_what_only_shows_something_runs(said: dict[str, Any]) -> None:
    """What the code prints outside of the function is shown, and an error there, which costs no points."""
    answer = said["check shows"]
    assert answer["status"] == "passed"
    assert answer["printed"].startswith('at the end\nthe editor, line 4 ("1 / 0"): ZeroDivisionError')


def test_an_answer_may_call_another_one(said: dict[str, Any]) -> None:
    """What the reader has written for other exercises can be called, as in the notebook, where the judge allows it."""
    assert said["calls another"]["status"] == "passed"
    assert "rnn_step" in said["calls one that is not there"]["html"]
    assert said["calls one that is not there"]["status"] == "error"


def test_feedback_leads_into_the_site_that_it_stands_on(said: dict[str, Any]) -> None:
    """The section to read again is a link into the reader's own copy of the website."""
    assert 'href="https://example.org/course/book/ch02_recurrence.html#ch02-turn"' in said["site"]["html"]


def test_a_damaged_recording_is_told_and_fetched_again(said: dict[str, Any]) -> None:
    """There is no verdict from half a recording; whole again, it judges."""
    first, second = said["damaged"]
    assert "not a recording" in first["problem"]
    assert second["status"] == "passed"


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("value", "array([0, 2, 4])", ""),
        ("prints", "0\n1\n2", ""),
        ("no value", "", ""),
        ("magic", "5", ""),
        ("answers", "array([[0.]])", ""),
        ("after one without end", "2", ""),
        ("as in a notebook", "3\nIn this page the button Check does what check(...) does in a notebook.", ""),
        ("error", "", "line 4\n    f(np.zeros(2))\nline 2, in f\n    return x.shap\nAttributeError: "),
        ("syntax", "", "line 1\n    x = (\n        ^\nSyntaxError: '(' was never closed"),
        ("recursion", "", "RecursionError: maximum recursion depth exceeded"),
        ("absent", "", "matplotlib is not part of Python in this page, which has NumPy"),
        ("no library", "", "line 1\n    import nump\nModuleNotFoundError: No module named 'nump'"),
        ("nothing", "", ""),
        ("exit", "", "SystemExit: 3"),
    ],
)
def test_code_to_try(said: dict[str, Any], name: str, text: str, error: str) -> None:
    """What it prints, the value of its last line, and the learner's own lines of a traceback."""
    answer = said[f"run {name}"]
    assert answer["text"] == text
    assert error in answer["error"] if error else answer["error"] == ""


def test_much_output_is_cut(said: dict[str, Any]) -> None:
    """A page stays a page: long values and many lines end in a word on how much more there is."""
    assert len(said["run long"]["text"]) < 2_100
    assert said["run much"]["text"].endswith("more lines")
