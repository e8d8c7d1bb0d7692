"""Reading cells: what is left out, what is noted, and which calls are forbidden."""

from __future__ import annotations

import itertools

import pytest

from autograder import course
from autograder.judge import implementations
from autograder.worker.source import Names, forbidden, prepare


def run(text: str) -> dict[str, object]:
    """The names that a cell leaves behind."""
    namespace: dict[str, object] = {}
    cell = prepare(1, text)
    assert cell.code is not None, cell.problem
    exec(cell.code, namespace)
    return namespace


def test_bare_calls_do_not_run() -> None:
    """What a learner tries at the top level of a cell has no effect on the grade."""
    namespace = run("a = 1\n1 / 0\nimport math\nquit()\nb = math.pi")
    assert namespace["a"] == 1 and namespace["b"] == pytest.approx(3.14159, abs=1e-4)


def test_magics_and_shell_lines_are_left_out() -> None:
    """Lines that start with % or ! go, and the line numbers of the others stay."""
    cell = prepare(1, "%matplotlib inline\n!pip install numpy\ndef f():\n    return 1 / 0\n")
    assert "%" in cell.note and cell.tree is not None
    assert cell.tree.body[-1].lineno == 3


def test_a_remainder_on_a_line_of_its_own_is_no_magic() -> None:
    """Valid Python is never changed, even where a line starts with a percent sign."""
    assert run("a = (7\n  % 4)")["a"] == 3


def test_other_languages_are_left_out() -> None:
    """A %%bash cell is no Python, and says so."""
    cell = prepare(1, "%%bash\nrm -rf /")
    assert cell.code is None and "not Python" in cell.note


@pytest.mark.parametrize("text", ["def f(:\n    pass", "(" * 300, "x = 1\x00", "-" * 100_000 + "1"])
def test_what_cannot_be_compiled_is_a_problem_of_that_cell(text: str) -> None:
    """A syntax error, too many brackets, a null byte, endless nesting: one line each, never an exception."""
    cell = prepare(1, text)
    assert cell.code is None and cell.problem and "\n" not in cell.problem and "None" not in cell.problem


NUMPY = {
    "import torch\ndef f(x): return torch.tanh(x)": "torch.tanh",
    "import torch as t\ndef f(x): return t.nn.functional.relu(x)": "torch.nn.functional.relu",
    "from torch import tanh as g\ndef f(x): return g(x)": "torch.tanh",
    "def f(x):\n    import torch\n    return torch.tanh(x)": "torch.tanh",
    "import torch\ndef helper(x): return torch.tanh(x)\ndef f(x): return helper(x)": "torch.tanh",
    "import torch\ng = torch.tanh\ndef f(x): return g(x)": "torch.tanh",
    "import torch\nclass A:\n    def go(self, x): return torch.tanh(x)\ndef f(x): return A().go(x)": "torch.tanh",
    "import jax.numpy as jnp\ndef f(x): return jnp.tanh(x)": "jax.numpy.tanh",
    "try:\n    import torch\nexcept ImportError: pass\ndef f(x): return torch.tanh(x)": "torch.tanh",
}


@pytest.mark.parametrize("text", NUMPY)
def test_torch_in_a_numpy_exercise_is_found(text: str) -> None:
    """However it is imported and passed on through the learner's own names."""
    assert forbidden([prepare(1, text)], "f", "numpy") == NUMPY[text]


@pytest.mark.parametrize(
    "text",
    [
        "import torch\ndef f(x): return x\ndef g(x): return torch.tanh(x)",
        "import torch\ndef f(x: torch.Tensor) -> torch.Tensor:\n    return x",
        "def f(x):\n    'as torch.tanh does'\n    return x  # torch.tanh",
        "import numpy as np\ndef f(x): return np.tanh(x)",
    ],
)
def test_torch_elsewhere_is_nobodys_business(text: str) -> None:
    """Another function, an annotation, a docstring or a comment is no call."""
    assert forbidden([prepare(1, text)], "f", "numpy") == ""


@pytest.mark.parametrize(
    ("used", "found"),
    [
        ("nn.RNNCell(1, 1)", "torch.nn.RNNCell"),
        ("torch.nn.LSTM(1, 1)", "torch.nn.LSTM"),
        ("torch.rnn_tanh_cell(x)", "torch.rnn_tanh_cell"),
        ("torch._VF.lstm_cell(x)", "torch._VF.lstm_cell"),
        ("torch.tanh(x)", ""),
        ("nn.Linear(1, 1)", ""),
        ("nn.Parameter(x)", ""),
    ],
)
def test_ready_made_cells_in_a_torch_exercise_are_found(used: str, found: str) -> None:
    """The parts of torch that do the whole exercise are named; the others are free to use."""
    text = f"import torch\nfrom torch import nn\nclass RNNCell(nn.Module):\n    def forward(self, x): return {used}"
    assert forbidden([prepare(1, text)], "RNNCell", "torch") == found


@pytest.mark.parametrize("chapter", course.chapters())
def test_the_short_cut_says_what_reading_says(chapter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an answer is read whole, or its words are looked through first, the same is found."""
    before = ["", "import torch", "import torch as t, jax\nfrom torch import *", "from torch.nn import LSTMCell as L"]
    answers = [(mutant.source, mutant.of) for mutant in implementations.mutants(chapter)]
    answers += [(source.replace("return ", f"{name}(1); return ", 1), of) for source, of in answers for name in "Lt"]
    cases = [
        ([prepare(1, first), prepare(2, source)], of, library)
        for first, (source, of), library in itertools.product(before, answers, ("numpy", "torch"))
    ]
    short = [forbidden(*case) for case in cases]
    monkeypatch.setattr(Names, "_cannot_match", lambda *_: False)
    assert short == [forbidden(*case) for case in cases] and any(short) and not all(short)


SHORT_CUTS = [  # what an answer's words alone would not show
    ["import torch.nn as nn\ncel\u00b7la = nn.LSTMCell", "def f(x): return cel\u00b7la(x)"],
    ["import torch.nn as nn\nre\u0301seau = nn.LSTM", "def f(x): return re\u0301seau(x)"],
    ["import torch.nn as nn\nimport math as LSTMCell", "def f(x): return nn.LSTMCell(2, 3)(x)"],
    ["import numpy as torch", "def f(x):\n    import torch as t\n    return t.nn.LSTM(2, 3)(x)"],
    ["%time 1\rpass\nimport torch.nn as nn\ndef f(x):\n    return nn.GRU(2, 3)(x)\n\n"],
]


@pytest.mark.parametrize("cells", SHORT_CUTS)
def test_the_short_cut_overlooks_nothing(cells: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Dots and marks inside of names, names that hide others, and odd line ends are read as Python reads them."""
    ready = [prepare(number, text) for number, text in enumerate(cells, 1)]
    found = forbidden(ready, "f", "torch")
    monkeypatch.setattr(Names, "_cannot_match", lambda *_: False)
    assert found == forbidden(ready, "f", "torch") and found.startswith("torch.nn.")
