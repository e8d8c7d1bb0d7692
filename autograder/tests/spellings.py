"""Ways to spell what an exercise may not use, and innocent code that looks like it; data for tests."""

from __future__ import annotations

from typing import NamedTuple


class Spelling(NamedTuple):
    """A ``helper`` cell, and the line or lines of an answer; ``named`` is what the verdict must say was used."""

    use: str
    named: str
    helper: str = ""


STEP = """
import numpy as np
import torch


def rnn_step(x, h_prev, Wx, Wh, b):
    {use}
"""

CELL = """
import torch
from torch import nn


class RNNCell(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(n_hidden, n_in))
        self.weight_hh = nn.Parameter(torch.randn(n_hidden, n_hidden))
        self.bias_ih = nn.Parameter(torch.randn(n_hidden))
        self.bias_hh = nn.Parameter(torch.randn(n_hidden))

    def forward(self, x, h):
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        {use}
        return torch.tanh(x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh)
"""

# What each torch spelling below needs: a ready-made layer with the sizes of x and h, and an LSTM's weights.
SIZED = """
import torch


def sizes(x, h):
    return x.shape[1], h.shape[1]


def lstm(x, h):
    n_in, n = sizes(x, h)
    return x, (h, h), torch.ones(4 * n, n_in, dtype=x.dtype), torch.ones(4 * n, n, dtype=x.dtype)
"""

READY_MADE = {
    "import as": Spelling("layers.GRUCell(*sizes(x, h)).to(x)(x)", "torch.nn.GRUCell", "import torch.nn as layers"),
    "from import": Spelling(
        "Other(*sizes(x, h)).to(x)(x)", "torch.nn.LSTMCell", "from torch.nn import LSTMCell as Other"
    ),
    "importlib": Spelling(
        "importlib.import_module('torch.nn').RNNCell(*sizes(x, h)).to(x)(x)", "torch.nn.RNNCell", "import importlib"
    ),
    "__import__": Spelling("return __import__('torch').rnn_tanh_cell(x, h, *weights)", "torch.rnn_tanh_cell"),
    "getattr": Spelling("return getattr(torch, 'rnn_tanh_cell')(x, h, *weights)", "torch.rnn_tanh_cell"),
    "a string of pieces": Spelling(
        "return getattr(torch, 'rnn_' + 'tanh' + '_cell')(x, h, *weights)", "torch.rnn_tanh_cell"
    ),
    "vars": Spelling("return vars(torch)['rnn_' 'relu_cell'](x, h, *weights)", "torch.rnn_relu_cell"),
    "attrgetter": Spelling(
        "attrgetter('nn.GRU')(torch)(*sizes(x, h)).to(x)(x)", "torch.nn.GRU", "from operator import attrgetter"
    ),
    "sys.modules": Spelling("sys.modules['torch'].lstm_cell(*lstm(x, h))", "torch.lstm_cell", "import sys"),
    "torch.lstm_cell": Spelling("torch.lstm_cell(*lstm(x, h))", "torch.lstm_cell"),
    "torch._VF.lstm": Spelling(
        "torch._VF.lstm(x[None], (h[None], h[None]), lstm(x, h)[2:], False, 1, 0.0, False, False, False)",
        "torch._VF.lstm",
    ),
    "_VF imported": Spelling("_VF.gru_cell(x, h, *weights)", "torch._VF.gru_cell", "from torch import _VF"),
    "torch.ops": Spelling("torch.ops.aten.lstm_cell(*lstm(x, h))", "torch.ops.aten.lstm_cell"),
    "torch.ops, an overload": Spelling(
        "getattr(torch.ops.aten, 'lstm' + '_cell').default(*lstm(x, h))", "torch.lstm_cell"
    ),
    "torch._C": Spelling(
        "torch._C._VariableFunctions.rnn_tanh_cell(x, h, *weights)", "VariableFunctions.rnn_tanh_cell"
    ),
    "nn.modules.rnn": Spelling("nn.modules.rnn.LSTMCell(*sizes(x, h)).to(x)(x)", "torch.nn.modules.rnn.LSTMCell"),
    "the base class": Spelling("nn.RNNCellBase(*sizes(x, h), True, 1)", "torch.nn.RNNCellBase"),
    "a subclass": Spelling(
        "Mine(*sizes(x, h)).to(x)(x)", "torch.nn.LSTMCell", "class Mine(torch.nn.LSTMCell):\n    pass"
    ),
    "a subclass of a name of pieces": Spelling(
        "Mine(*sizes(x, h)).to(x)(x)", "torch.nn.GRUCell", "class Mine(getattr(torch.nn, 'GRU' + 'Cell')):\n    pass"
    ),
    "an instance in a global": Spelling("READY(x, h)", "torch.nn.RNNCell", "READY = torch.nn.RNNCell(2, 2).double()"),
    "an instance made by exec": Spelling(
        "HIDDEN['cell'](x, h)",
        "torch.nn.RNNCell",
        "HIDDEN = {}\n_ = exec('cell = torch.nn.RNNCell(2, 2)', globals(), HIDDEN)",
    ),
    "nn.Sequential": Spelling("nn.Sequential(ONE).double()(x)", "torch.nn.LSTM", "ONE = torch.nn.LSTM(2, 2)"),
    "a subclass of Sequential": Spelling(
        "Chain(*(getattr(nn, 'LST' + 'M')(*sizes(x, h)),)).to(x)(x)",
        "torch.nn.LSTM",
        "class Chain(torch.nn.Sequential):\n    pass",
    ),
    "functional_call": Spelling(
        "return functional_call(READY, dict(self.named_parameters()), (x, h))",
        "torch.nn.RNNCell",
        "from torch.func import functional_call\nREADY = torch.nn.RNNCell(1, 1)",
    ),
    "torch.jit.script": Spelling(
        "compiled(x, h, *weights)",
        "torch.rnn_tanh_cell",
        "@torch.jit.script\ndef compiled(x, h, W, U, b, c):\n    return torch.rnn_tanh_cell(x, h, W, U, b, c)",
    ),
    "TorchScript of a string": Spelling(
        "UNIT.f(x, h, *weights)",
        "torch.rnn_tanh_cell",
        "NAME = 'rnn_' + 'tanh_cell'\nUNIT = torch.jit.CompilationUnit("
        "f'def f(x, h, W, U, b, c):\\n    return torch.{NAME}(x, h, W, U, b, c)\\n')",
    ),
    "eval": Spelling("eval('torch.rnn_' 'tanh_cell')(x, h, *weights)", "torch.rnn_tanh_cell"),
    "exec": Spelling("exec('torch.rnn_' 'tanh_cell(x, h, *weights)')", "torch.rnn_tanh_cell"),
    "a lambda": Spelling("step(x, h, *weights)", "torch.rnn_tanh_cell", "step = lambda *a: torch.rnn_tanh_cell(*a)"),
    "a decorator": Spelling(
        "wrapped(x, h, *weights)",
        "torch.rnn_tanh_cell",
        "def by_torch(f):\n    return torch.rnn_tanh_cell\n\n\n@by_torch\ndef wrapped(*a):\n    pass",
    ),
    "a default argument": Spelling(
        "borrowed(x, h, *weights)",
        "torch.rnn_tanh_cell",
        "def borrowed(*a, cell=torch.rnn_tanh_cell):\n    return cell(*a)",
    ),
    "a class attribute": Spelling(
        "Holder.cell(x, h, *weights)", "torch.rnn_tanh_cell", "class Holder:\n    cell = torch.rnn_tanh_cell"
    ),
    "partial": Spelling(
        "part(h, *weights)",
        "torch.rnn_tanh_cell",
        "from functools import partial\npart = partial(torch.rnn_tanh_cell, torch.ones(1, 2).double())",
    ),
    "copy.deepcopy": Spelling(
        "copy.deepcopy(READY)(x, h)", "torch.nn.RNNCell", "import copy\nREADY = torch.nn.RNNCell(2, 2).double()"
    ),
    "torch functions disabled": Spelling(
        "with torch._C.DisableTorchFunction(): getattr(torch, 'gru' '_cell')(x, h, *weights)", "torch.gru_cell"
    ),
    "another thread": Spelling(
        "t = threading.Thread(target=getattr(torch, 'rnn_' 'tanh_cell'), args=(x, h, *weights)); t.start(); t.join()",
        "torch.rnn_tanh_cell",
        "import threading",
    ),
    "a pool of threads": Spelling(
        "POOL.submit(lambda: getattr(nn, 'LST' + 'M')(*sizes(x, h)).to(x)(x)).result()",
        "torch.nn.LSTM",
        "from concurrent.futures import ThreadPoolExecutor\nPOOL = ThreadPoolExecutor(2)",
    ),
}

FAKE = """
import sys, types
FAKE = types.ModuleType("LIBRARY")
_ = exec("def tanh(x):\\n    return x", vars(FAKE))
sys.modules["LIBRARY"] = FAKE
import LIBRARY
"""
ALL = "torch.tensor(x @ Wx + h_prev @ Wh + b)"
PIECES = "'tor' + 'ch'"
BY_TORCH = {
    "import as": Spelling(f"return t.tanh({ALL.replace('torch', 't')}).numpy()", "torch.tanh", "import torch as t"),
    "from import": Spelling(f"return squash({ALL}).numpy()", "torch.tanh", "from torch import tanh as squash"),
    "import inside": Spelling("import torch.nn.functional as F\n    return F.tanh(x)", "torch.nn.functional.tanh"),
    "importlib": Spelling(
        f"T = importlib.import_module({PIECES}); return T.tanh(T.tensor(x)).numpy()", "torch.tanh", "import importlib"
    ),
    "__import__": Spelling(f"T = __import__({PIECES}); return T.tanh(T.tensor(x)).numpy()", "torch.tanh"),
    "sys.modules": Spelling(
        f"T = sys.modules[{PIECES}]; return T.tanh(T.tensor(x)).numpy()", "torch.tanh", "import sys"
    ),
    "getattr": Spelling(f"return getattr(torch, 'tanh')({ALL}).numpy()", "torch"),
    "torch._C": Spelling("return torch._C._VariableFunctions.tanh(torch.tensor(x)).numpy()", "torch._C._Var"),
    "torch.ops": Spelling("return torch.ops.aten.tanh(torch.tensor(x)).numpy()", "torch.ops.aten.tanh"),
    "np.asarray": Spelling(f"return np.asarray(torch.tanh({ALL}))", "torch.tanh"),
    "a tensor comes back": Spelling(f"T = eval({PIECES}); return T.tanh(T.tensor(x))", "torch.tanh"),
    "torch.autograd.grad": Spelling(
        f"T = eval({PIECES}); a = T.ones(2, requires_grad=True); return T.autograd.grad(a.sum(), a)[0].numpy()",
        "torch.autograd.grad",
    ),
    "backward": Spelling(
        f"T = eval({PIECES}); a = T.tensor(x, requires_grad=True); a.sum().backward(); return a.grad.numpy()",
        "torch",
    ),
    "torch.func.vjp": Spelling("return torch.func.vjp(torch.tanh, torch.tensor(x))[0].numpy()", "torch.func.vjp"),
    "torch.func.vjp by eval": Spelling(
        f"T = eval({PIECES}); return T.func.vjp(T.tanh, T.tensor(x))[0].numpy()", "torch"
    ),
    "torch.func.jacrev": Spelling("return torch.func.jacrev(torch.tanh)(torch.tensor(x)).numpy()", "torch.func.jacrev"),
    "torch.func.jacrev by eval": Spelling(
        f"T = eval({PIECES}); return T.func.jacrev(T.tanh)(T.tensor(x)).numpy()", "torch"
    ),
    "eval": Spelling("return eval('tor' 'ch.tanh(tor' 'ch.tensor(x)).numpy()')", "torch.tanh"),
    "exec": Spelling("exec('import tor' 'ch; tor' 'ch.tanh(tor' 'ch.tensor(x))'); return x", "torch.tanh"),
    "a lambda": Spelling("return squash(x)", "torch.tanh", "squash = lambda x: torch.tanh(torch.tensor(x)).numpy()"),
    "a default argument": Spelling(
        "return by(x)", "torch.tanh", "def by(x, f=torch.tanh):\n    return f(torch.from_numpy(x)).numpy()"
    ),
    "a class attribute": Spelling("return A.f(x)", "torch.tensor", "class A:\n    f = torch.tensor"),
    "a decorator": Spelling(
        "return by(x)", "torch.tanh", "def d(f):\n    return lambda x: torch.tanh(torch.tensor(x))\n@d\ndef by(x): pass"
    ),
    "a layer in a global": Spelling("return LAYER(x)", "torch.nn.Tanh", "LAYER = torch.nn.Tanh()"),
    "a tensor in a global": Spelling(
        "return np.asarray(HIDDEN['one'] @ HIDDEN['one'])",
        "torch (",
        "HIDDEN = {}\n_ = exec('one = torch.ones(2, 2)', globals(), HIDDEN)",
    ),
    "torch.jit.script": Spelling(
        "return np.asarray(compiled(ONE))",
        "torch.ones",
        "ONE = torch.ones(2)\n@torch.jit.script\ndef compiled(x):\n    return torch.tanh(x)",
    ),
    "torch functions disabled": Spelling(
        f"T = eval({PIECES})\n    with T._C.DisableTorchFunction(): return T.tanh(T.tensor(x)).numpy()", "torch.tanh"
    ),
    "another thread": Spelling(
        f"T = eval({PIECES}); t = threading.Thread(target=T.tanh, args=(T.ones(2),)); t.start(); t.join(); return x",
        "torch.ones",
        "import threading",
    ),
    "jax": Spelling("return jax.tanh(x)", "jax.tanh", FAKE.replace("LIBRARY", "jax")),
    "jax by eval": Spelling("return eval('ja' 'x').tanh(x)", "jax.tanh", FAKE.replace("LIBRARY", "jax")),
    "autograd": Spelling("return eval('auto' 'grad').tanh(x)", "autograd.tanh", FAKE.replace("LIBRARY", "autograd")),
}

MODULES = """
import sys
import torch
MODULES = [module for name, module in sys.modules.items() if name.startswith("torch")]
"""
RIGHT = "return np.tanh(x @ Wx + h_prev @ Wh + b)"
INNOCENT_STEPS = {
    "a look at all modules": Spelling(f"[hasattr(m, 'zeta') for m in MODULES]; {RIGHT}", "", MODULES),
    "what torch has patched": Spelling(f"inspect.getfile(inspect); {RIGHT}", "", "import inspect, torch.package"),
    "words": Spelling(f'"""As torch.tanh does."""  # torch.tanh\n    text = "torch.tanh"\n    {RIGHT}', ""),
    "annotations": Spelling(f"y: torch.Tensor | None = None\n    {RIGHT}", ""),
    "another function": Spelling(RIGHT, "", "def other(x):\n    return torch.tanh(x)"),
    "a demonstration": Spelling(RIGHT, "", "y = torch.tanh(torch.ones(2))\nx = torch.nn.LSTM(2, 2)"),
    "local names": Spelling(f"y = x; net = Wh\n    {RIGHT}", "", "y = torch.ones(2)\nnet = torch.nn.Tanh()"),
    "a helper of the same name": Spelling(
        "return tanh(x @ Wx + h_prev @ Wh + b)", "", "from torch import tanh\n\n\ndef tanh(x):\n    return np.tanh(x)"
    ),
    "a name that was torch's once": Spelling(
        "return squash(x @ Wx + h_prev @ Wh + b)", "", "squash = torch.tanh\nsquash = np.tanh"
    ),
}
INNOCENT_CELLS = {
    "words": Spelling('"""Like nn.LSTM."""; text = "torch.nn.LSTMCell(1, 1)"  # nn.LSTM(2, 2)', ""),
    "a helper of one's own": Spelling("lstm_cell(x); self.gru = 1", "", "def lstm_cell(x):\n    return x"),
    "other layers": Spelling("nn.Linear(2, 2); nn.Embedding(3, 2)(torch.zeros(1).long()); torch.tanh(x)", ""),
    "a demonstration": Spelling("pass", "", "demo = torch.nn.LSTM(2, 3)\nout, _ = demo(torch.ones(4, 2))"),
    "a variable named rnn": Spelling(
        "rnn = x; gru = lstm = rnn", "", "rnn = torch.nn.RNN(2, 2)\nlstm = torch.nn.LSTM(2, 2)"
    ),
    "annotations": Spelling("cell: nn.LSTM | None = None", "", "def other(cell: torch.nn.LSTM) -> torch.nn.GRU: ..."),
    "utilities": Spelling(
        "rnn_utils.pad_sequence([x])", "", "import torch.nn.utils.rnn as rnn_utils\nfrom torch.nn.utils import rnn"
    ),
    "compared before": Spelling("pass", "", "from torch.nn import RNNCell\ntheirs = RNNCell(2, 2)"),
    "super with names": Spelling("super(RNNCell, self).extra_repr()", "", "from torch.nn import RNNCell"),
}
