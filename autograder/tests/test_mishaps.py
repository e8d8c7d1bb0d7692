"""Everything that a learner can do wrong has a sentence: what happened, where, and what to do about it."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder import CheckFailed, check, course, timed
from autograder.judge import implementations, run
from autograder.judge.run import judge_exercise
from autograder.judge.session import Judge
from autograder.judge.subject import LocalLink, Reference
from autograder.tests.test_results import SEVERAL, exercise, halves

CHAPTER = "ch02_recurrence"
STEP = "def rnn_step(x, h_prev, Wx, Wh, b):\n"
RIGHT = "np.tanh(x @ Wx + h_prev @ Wh + b)"
NUMBER = itertools.count(1)

MISHAPS = {  # the body of rnn_step, or all of it; what the learner reads
    "list": (f"return {RIGHT}.tolist()", "the new state is a list of length 1; an array of shape (1, 2) is expected"),
    "list of arrays": (f"return [row for row in {RIGHT}]", "a list of length 1; an array of shape (1, 2) is expected"),
    "two results for one": (f"return {RIGHT}, x", "the new state is a tuple of length 2; an array of shape (1, 2)"),
    "wrong shape": (f"return {RIGHT}.T", "the new state has the shape (2, 3); an array of shape (3, 2) is expected"),
    "int for float": (f"return {RIGHT}.astype(int)", "made of integers, so that every fraction is cut off"),
    "bool": (f"return {RIGHT} > 0", "made of True and False, where numbers are asked for"),
    "complex": (f"return {RIGHT} + 0j", "an array of complex128; the right result is real"),
    "object": (f"return {RIGHT}.astype(object)", "an array of object; its parts have different shapes, or are no"),
    "text": (f"return {RIGHT}.astype(str)", "an array of <U32; text stands where numbers are expected"),
    "NaN": (f"return {RIGHT} * np.nan", "the new state is NaN (not a number) at example 0, unit 0 (6 of 6 entries are"),
    "infinite": (f"return {RIGHT} + np.inf", "the new state is infinite at example 0, unit 0"),
    "modified": (f"x *= 2\n    return {RIGHT}", "Your code writes into `x`: what a function is given belongs to"),
    "None": (f"h = {RIGHT}", "the new state is None (is a `return` missing?)"),
    "own line": ("return x @ Wx @ Wx @ x", 'in your line 2: "return x @ Wx @ Wx @ x" (matmul:'),
    "shapes do not fit": ("return x @ Wh.T @ np.ones(7)", "the shapes do not fit: print them right above this line"),
    "deep in a helper": (f"def a(z):\n    return c(z)\ndef c(z):\n    return z.foo\n{STEP}    return a(x)",
                         'AttributeError in your line 4: "return z.foo"'),
    "in a generator": ("return np.stack([z for z in (1 / 0 for _ in x)])", "ZeroDivisionError in your line 2"),
    "in a lambda": ("f = lambda z: z.foo\n    return f(x)", 'AttributeError in your line 2: "f = lambda z: z.foo"'),
    "recursion": ("return rnn_step(x, h_prev, Wx, Wh, b)", "RecursionError in your line 2: .*calls itself without end"),
    "torch": ("return torch.from_numpy(x)", "this is a NumPy exercise: it may not use torch.from_numpy"),
    "torch at work": ("return torch.tanh(torch.from_numpy(x))", "this is a NumPy exercise: it may not use torch."),
    "argument missing": ("def rnn_step(x, h_prev, Wx, Wh):\n    return x",
                         "takes 4 positional arguments but 5 were given; the definition is to begin with `def rnn_"),
    "argument too many": ("def rnn_step(x, h_prev, Wx, Wh, b, c):\n    return x",
                          "missing 1 required positional argument: 'c'; the definition is to begin with `def rnn_ste"),
    "misspelt": (f"hidden = {RIGHT}\n    return hiden", "NameError in your line 3: .* (name 'hiden' is not defined.*"),
    "unknown name": ("return quite_another", "is not defined); is it spelt as where it is made, and has that cell"),
    "unknown attribute": ("return np.tahn(x)", "is the name behind the dot spelt right?"),
    "generator": (f"yield {RIGHT}", "a generator; `yield` makes one: collect the values in a list"),
    "nested function": ("def step():\n        return x\n    return step", "a function; call it, with brackets"),
    "async": (f"async {STEP}    return x", "a coroutine; write `def` in place of `async def`"),
    "input": ("return float(input('how many? ')) * x", "nobody answers an input() here"),
    "exit": ("raise SystemExit", "SystemExit in your line 2: .*: `return` the result instead"),
    "masked": (f"return np.ma.masked_less({RIGHT}, 2)", "a masked array with entries left out; fill its gaps"),
    "large": ("return np.zeros((3000, 3000))", "what came back is too large (72,000,000 bytes); no right result is as"),
    "list that grows": (f"kept = []\n{STEP}    kept.extend({RIGHT})\n    return np.array(kept[-9:])",
                        "Called twice with the same input, your code gives two different results"),
    "first result kept": (f"kept = []\n{STEP}    kept.append({RIGHT})\n    return kept[0]",
                          "one and the same result, whatever it is called with"),
    "random": ("return np.random.rand(len(x), len(b))", "is something drawn at random, or kept between calls"),
    "ValueError": ("raise ValueError('no')", "returned  raises ValueError"),
    "not finished": ("raise NotImplementedError('later')", "NotImplementedError in your line 2"),
    "own assertion": ("assert len(x) == 9, 'nine'", "AssertionError in your line 2: .* (nine)"),
}  # fmt: skip


def source_of(name: str) -> str:
    text = MISHAPS[name][0]
    return text if "def rnn_step" in text else f"{STEP}    {text}\n"


def says(text: str, sentence: str) -> bool:
    """Do the parts of the sentence, between `.*`, stand in the text, in this order?"""
    at = 0
    for part in sentence.split(".*"):
        at = text.find(part, at)
        if at < 0:
            return False
    return True


def cell(source: str, name: str = "rnn_step") -> Any:
    """What a notebook's cell defines."""
    file = f"<cell {next(NUMBER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": np, "torch": torch, "__name__": "__main__"}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MISHAPS)
def test_mishap_in_a_notebook(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` fails in one line, and what it shows says what happened and what to do."""
    with pytest.raises(CheckFailed) as caught:
        check(cell(source_of(name)))
    assert "\n" not in str(caught.value)
    shown = capsys.readouterr().out
    assert says(shown, MISHAPS[name][1]), shown


@pytest.mark.filterwarnings("ignore")
def test_subclasses_of_arrays_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """A matrix, and a masked array without gaps, are arrays with the right numbers."""
    for kind in ("np.matrix", "np.ma.masked_array"):
        check(cell(f"{STEP}    return {kind}({RIGHT})"))


def test_where_the_time_goes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a loop without end the line is shown in which it was when it was stopped."""
    monkeypatch.setattr(timed, "CALL_SECONDS", 0.2)
    with pytest.raises(CheckFailed, match=r"longer than 0.2 s, and was in your line [23]: .*; does a loop"):
        check(cell(f"{STEP}    while True:\n        x = x + 0\n"))


def test_prints_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints without number or measure are counted, and neither shown nor kept."""
    with pytest.raises(CheckFailed):
        check(cell(f"{STEP}    print('y' * 10_000)\n    print('no\\n' * 99_999)\n    return x"))
    shown = capsys.readouterr().out
    assert "y" * 200 + "...\n" in shown and len(shown) < 12_000
    assert " more lines" in shown
    printed = timed.Printed()
    for _ in range(1000):
        printed.write("z" * 999 + "\n")
    assert len(printed.kept) <= timed.KEPT and printed.count in (1000, 1001)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(allow_unisolated=True, seed=5) as opened:
        yield opened


BOXED = {  # cells in place of rnn_step's; what stands in its verdict where it is judged in the box
    "missing": ("y = 1", "rnn_step is not defined"),
    "another name": (f"{STEP.replace('step', 'stepp')}    return x", "rnn_stepp looks like it: give it its name back"),
    "inside something": (f"def outer():\n    {STEP}        return x", "rnn_step is defined inside something else"),
    "a syntax error": (f"{STEP}    return x +", "because its code did not run: .*line 2: a syntax error"),
    "a value": ("rnn_step = np.ones(3)", "rnn_step is not defined"),
    **{name: (source_of(name), MISHAPS[name][1]) for name in (
        "argument missing", "misspelt", "generator", "input", "exit", "recursion", "masked", "large", "list that grows",
        "deep in a helper", "in a lambda", "None", "int for float", "first result kept",
    )},
}  # fmt: skip


@pytest.mark.parametrize("name", BOXED)
def test_mishap_in_the_box(name: str, judge: Judge, tmp_path: Path) -> None:
    """A file that is graded gets the same sentences, and its other exercises their points."""
    source, sentence = BOXED[name]
    others = [one.source for one in course.load(CHAPTER).exercises if one.name != "rnn_step"]
    path = tmp_path / "a.py"
    path.write_text("\n# %%\n".join([source, *others]))
    verdict = judge.verdict(path)
    found = verdict.exercise("rnn_step")
    text = "\n".join([found.message, *(c.message for c in found.checks), *(d.believes for d in found.diagnosis)])
    assert says(text, sentence), text
    assert verdict.exercise("rnn_forward").status == "passed" and found.status != "passed"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("return x / 2", "the result is an ndarray; 2 results are expected: low, high"),
        ("return None", "the result is None (is a `return` missing?); 2 results are expected: low, high"),
        ("return (x / 2,)", "1 result came back; 2 results are expected: low, high"),
        ("return x, x, x", "3 results came back; 2 results are expected: low, high"),
        ("return x / 2, [1.0]", "high is a list of length 1; an array of shape (1, 2) is expected"),
        ("return x / 2, x", "high is wrong at example 0, unit 0"),
        ("return x / 2, torch.from_numpy(x)", "this is a NumPy exercise: it may not use torch"),
    ],
)
def test_several_results(source: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many results, too few, one array for several, and what is wrong with one of them, by its name."""
    monkeypatch.setattr(run.checks, "load", lambda chapter: SEVERAL)
    link = LocalLink({"halves": cell(f"def halves(x):\n    {source}", "halves")}, {})
    verdict = judge_exercise(exercise("halves"), link, Reference(LocalLink({"halves": halves}, {})), 7)
    assert verdict.checks[0].message.startswith(sentence.replace("an ndarray", "a ndarray"))


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        (
            "self, n_in, n_hidden",
            "self, n_in",
            "begin with `class RNNCell` with `def __init__(self, n_in, n_hidden)`",
        ),
        ("self, x: torch.Tensor, h: torch.Tensor", "self, x", "and `def forward(self, x, h)`"),
        ("        super().__init__()\n", "", "call super().__init__() first, above this line"),
        ("def forward", "def forwards", "define `forward` inside the class, indented under its first line"),
        ("h @ self", "h.numpy() @ self", "in your line"),
    ],
)
def test_class(right: str, wrong: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes wrong with a class before it computes anything is said with what its definition is to be."""
    source = course.load(CHAPTER).exercise("RNNCell").source.replace("n_in: int, n_hidden: int", "n_in, n_hidden")
    assert source.count(right) == 1 and implementations.drivers(CHAPTER)
    with pytest.raises(CheckFailed):
        check(cell(source.replace(right, wrong), "RNNCell"))
    assert sentence in capsys.readouterr().out
