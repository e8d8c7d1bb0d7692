"""The pictures that move compute in the page what the solutions compute in Python, to 1e-12; Node runs their cores."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import paths
from autograder.tests.moving_site import WORDS, build
from solutions.ch02_recurrence import rnn_forward, rnn_step
from solutions.ch03_bptt import rnn_backward, state_jacobian_norms, untied_gradients
from solutions.ch04_lstm import cell_memory, lstm_forward, lstm_step

MOVING = paths.ROOT / "book" / "moving"
NODE = shutil.which("node")
CALLS = """
import { readFileSync } from "node:fs";
const [file, ...calls] = JSON.parse(readFileSync(0, "utf8"));
const core = await import(file);
const results = calls.map(([name, ...given]) => (core[name] instanceof Function ? core[name](...given) : core[name]));
console.log(JSON.stringify(results));
"""
SEEDS = pytest.mark.parametrize("seed", range(5))


def _node(*arguments: str, text: str = "") -> str:
    if NODE is None:
        pytest.fail("the moving pictures are tested with Node, and `node` is missing: apt-get install nodejs", False)
    done = subprocess.run([NODE, *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def page(file: str, *calls: tuple[Any, ...]) -> list[Any]:
    """What functions of a module answer: calls are (name, arguments ...), and a constant's name alone."""
    written = json.dumps([(MOVING / file).as_uri(), *calls], default=lambda array: array.tolist())
    return json.loads(_node("--input-type=module", "--eval", CALLS, text=written))


def same(found: Any, expected: Any) -> None:
    """Equal to 1e-12, relative or absolute."""
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=1e-12, atol=1e-12)


def _drawn(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


@SEEDS
def test_the_recurrent_step_and_loop_are_those_of_the_solutions(seed: int) -> None:
    """One step, and every state of a run."""
    x, h0, Wx, Wh, b = _drawn(seed, (5, 3), (4,), (3, 4), (4, 4), (4,))
    step, hs = page("core/rnn.js", ("rnnStep", x[0], h0, Wx, Wh, b), ("rnnForward", x, h0, Wx, Wh, b))
    same([step], rnn_step(x[:1], h0[None], Wx, Wh, b))
    same([hs], rnn_forward(x[None], h0[None], Wx, Wh, b))


@SEEDS
def test_the_way_back_is_that_of_the_solutions(seed: int) -> None:
    """Each copy's share of the weights' gradients, the gradient of every state, and of the first."""
    x, h0, Wx, Wh, b, dh = _drawn(seed, (5, 3), (4,), (3, 4), (4, 4), (4,), (4,))
    hs = rnn_forward(x[None], h0[None], Wx, Wh, b)
    (found,) = page("core/rnn.js", ("rnnBackward", dh, x, h0, hs[0], Wx, Wh))
    dhs = np.zeros_like(hs)
    dhs[:, -1] = dh
    for name, expected in zip(("dWx", "dWh", "db"), untied_gradients(dhs, x[None], h0[None], hs, Wx, Wh), strict=True):
        same([step[name] for step in found["steps"]], expected)
    same([found["dh0"]], rnn_backward(dhs, x[None], h0[None], hs, Wx, Wh)[1])
    for t in range(4):  # the gradient of a state is the dh0 of the run that begins behind it
        later = rnn_backward(dhs[:, t + 1 :], x[None, t + 1 :], hs[:, t], hs[:, t + 1 :], Wx, Wh)
        same([found["steps"][t]["dh"]], later[1])


@SEEDS
def test_norms_of_jacobians_are_those_of_the_solutions(seed: int) -> None:
    """Also where they vanish: the error is relative. Norm and radius of one matrix are those of NumPy."""
    x, Wh = _drawn(seed, (1, 40, 6), (6, 6))
    hs = rnn_forward(x, np.zeros((1, 6)), np.eye(6), 0.4 * Wh, np.zeros(6))[0]
    (norms,) = page("core/rnn.js", ("stateJacobianNorms", hs, 0.4 * Wh))
    np.testing.assert_allclose(norms, state_jacobian_norms(hs, 0.4 * Wh), rtol=1e-12, atol=0)
    norm, radius = page("core/matrix.js", ("spectralNorm", Wh), ("spectralRadius", Wh))
    same([norm, radius], [np.linalg.norm(Wh, 2), np.abs(np.linalg.eigvals(Wh)).max()])


@SEEDS
def test_the_memory_cell_is_that_of_the_solutions(seed: int) -> None:
    """One step of an LSTM, with sums up to a thousand, and what is left of a cell."""
    x, h, c, Wx, Wh, b, f = _drawn(seed, (1, 3), (1, 4), (1, 4), (3, 16), (4, 16), (16,), (9, 4))
    b[::5] *= 1000
    f = 1 / (1 + np.exp(-f))
    step, left = page("core/lstm.js", ("lstmStep", x[0], h[0], c[0], Wx, Wh, b), ("cellMemory", f))
    same([[step["h"]], [step["c"]]], lstm_step(x, h, c, Wx, Wh, b))
    same([left], cell_memory(f[None]))


@SEEDS
def test_gates_held_by_hand_give_the_solutions_states(seed: int) -> None:
    """Biases alone hold the gates; at every step, or the input gate at step 0 alone. The half-life halves."""
    i, f, o = np.random.default_rng(seed).uniform(0.05, 0.95, 3)
    g = np.random.default_rng(seed).uniform(-0.95, 0.95)
    bias = np.array([*(np.log(gate / (1 - gate)) for gate in (i, f)), np.arctanh(g), np.log(o / (1 - o))])
    empty = np.zeros((1, 1))
    gates = {"i": i, "f": f, "g": g, "o": o}
    always, once, half, end = page(
        "core/lstm.js", ("cellRun", gates, 60, True), ("cellRun", gates, 60, False), ("halfLife", f), ("limit", gates)
    )
    for run, shut in ((always, 0.0), (once, -2000.0)):
        x = np.full((1, 60, 1), shut)
        x[0, 0] = 0
        Wx = np.array([[1.0, 0, 0, 0]])  # the input shuts the input gate, and touches no other
        hs, cs = lstm_forward(x, empty, empty, Wx, np.zeros((1, 4)), bias)
        same([[now["h"], now["c"]] for now in run], np.concatenate([hs, cs], axis=2)[0])
    same([f**half, f * end + i * g], [0.5, end])


@pytest.mark.parametrize(("radius", "size"), [(0.5, 1.0), (1.0, 0.0), (1.2, 0.5), (1.5, 4.0)])
def test_vanishing_and_exploding_are_computed(radius: float, size: float) -> None:
    """The matrix has the radius that the slider says; norms are those of its powers, and of the run with tanh."""
    Wh, hs, norms = page("core/vanish.js", ("weights", radius), ("states", radius, size), ("norms", radius, size))
    same(np.abs(np.linalg.eigvals(Wh)).max(), radius)
    powers = [np.linalg.norm(np.linalg.matrix_power(np.array(Wh), k), 2) for k in range(51)]
    np.testing.assert_allclose(norms["linear"], powers, rtol=1e-12)
    np.testing.assert_allclose(norms["tanh"], state_jacobian_norms(np.array(hs), np.array(Wh))[::-1], rtol=1e-12)


def _moved(word: str, t: int, j: int, Wx: np.ndarray, Wh: np.ndarray) -> float:
    """How far the state after letter t moves when letter j is another, on average over the 25 others."""

    def last(letters: list[int]) -> np.ndarray:
        return rnn_forward(np.eye(26)[None, letters], np.zeros((1, 8)), Wx, Wh, np.zeros(8))[0, -1]

    ids = [ord(letter) - ord("a") for letter in word[: t + 1]]
    others = [[*ids[:j], other, *ids[j + 1 :]] for other in range(26) if other != ids[j]]
    return float(np.mean([np.linalg.norm(last(changed) - last(ids)) for changed in others]))


@pytest.mark.parametrize("word", ["neuron", "banana", "a", "recurrence"])
def test_window_and_state_of_a_word(word: str) -> None:
    """Traces are those of the solution's network; the window's followers are those that counting finds."""
    t = len(word) - 1
    Wx, Wh, hs, traces = page("core/word.js", ("Wx",), ("Wh",), ("states", word), ("traces", word, t))
    Wx, Wh = np.array(Wx), np.array(Wh)
    ids = [ord(letter) - ord("a") for letter in word]
    same([hs], rnn_forward(np.eye(26)[None, ids], np.zeros((1, 8)), Wx, Wh, np.zeros(8)))
    same(traces, [_moved(word, t, j, Wx, Wh) for j in range(t + 1)])
    for k in (1, 2, 3, 6):
        padded = " " * k + word
        follow = Counter(padded[n : n + k] for n in range(1, len(word) + 1))
        places, seen = page("core/word.js", ("sameWindow", word, t, k), ("inWindow", word, t, k))
        assert len(places) == follow[padded[-k:]] and seen == padded[-k:].strip() and t in places


def test_what_is_typed_is_made_a_word() -> None:
    """Capitals become small, accents go, other signs are left out, and ten letters are kept."""
    typed = [("clean", text) for text in ("Neuron!", "é t é", "日本 12", "recurrent network")]
    assert page("core/word.js", *typed) == ["neuron", "ete", "", "recurrentn"]


@pytest.mark.parametrize("T", [1, 4, 8])
def test_the_unrolled_picture_shows_the_gradient_of_the_solution(T: int) -> None:
    """The shares of the copies sum to the gradient of the shared weight."""
    inputs, run = page("unroll.js", ("INPUTS",), ("run", T))
    x, h0, Wx, Wh = np.array(inputs[:T]).reshape(1, T, 1), np.zeros((1, 1)), np.eye(1), 0.8 * np.eye(1)
    hs = rnn_forward(x, h0, Wx, Wh, np.zeros(1))
    dhs = np.zeros_like(hs)
    dhs[:, -1] = 1
    same(run["h"], hs[0, :, 0])
    same(run["dh"], state_jacobian_norms(hs[0], Wh))  # one unit, and a weight above 0: the norm is the derivative
    same(run["sum"], rnn_backward(dhs, x, h0, hs, Wx, Wh)[3].item())


def test_the_still_pictures_are_those_of_the_code(tmp_path: Path) -> None:
    """Made again by the modules, they are the committed files: else run `node book/moving/still/make.js`."""
    _node(str(MOVING / "still" / "make.js"), str(tmp_path))
    for committed in (MOVING / "still").glob("*.svg"):
        assert (tmp_path / committed.name).read_text("utf-8") == committed.read_text("utf-8"), committed.name
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"```{{moving}} loop\n{WORDS}\n```", "there are: unroll, gates"),
        ("```{moving} unroll\n```", "say in a sentence"),
    ],
)
def test_a_wrong_directive_stops_thebuild(tmp_path: Path, text: str, says: str) -> None:
    """A picture that does not exist, or none that a blind reader could know."""
    done = build(tmp_path, text)
    assert done.returncode != 0 and says in done.stderr
