"""The reference solutions of ch03 are proved here, against automatic differentiation in float64."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks import backwards
from autograder.checks import inputs as general
from autograder.checks.inputs import DIFFERENT
from autograder.checks.inputs import ch03_bptt as inputs
from autograder.judge import implementations

CHAPTER = "ch03_bptt"
SOURCE = inspect.getsource(backwards)
Array = np.ndarray


def solution(name: str) -> Any:
    return implementations.solution(CHAPTER).namespace[name]


def leaves(*arrays: Array) -> list[torch.Tensor]:
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def preactivations(x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> Array:
    """The bias that each state was made with: of the run that these arrays come from, the same at every step."""
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    return np.arctanh(hs) - x @ Wx - before @ Wh


def unrolled(x: Any, h: Any, Wx: Any, Wh: Any, b: Any, cut: int = 0) -> torch.Tensor:
    """The states, by torch; weights may be one set or one for each step; ``cut`` detaches every so many steps."""
    hs, tied = [], Wx.ndim == 2
    for t in range(x.shape[1]):
        h = h.detach() if cut and t % cut == 0 else h
        weights = (Wx, Wh, b) if tied else (Wx[t], Wh[t], b[t])
        h = torch.tanh(x[:, t] @ weights[0] + h @ weights[1] + weights[2])
        hs.append(h)
    return torch.stack(hs, dim=1)


def differentiated(case: Any, copies: bool = False, cut: int = 0) -> list[Array]:
    """dx, dh0, dWx, dWh, db of the loss sum(hs * dhs), by torch."""
    dhs, x, h0, hs, Wx, Wh = case
    T, b = x.shape[1], preactivations(x, h0, hs, Wx, Wh)[0, 0]
    weights = [np.stack([w] * T) for w in (Wx, Wh, b)] if copies else [Wx, Wh, b]
    wanted = leaves(x, h0, *weights)
    states = unrolled(*wanted, cut=cut)
    np.testing.assert_allclose(states.detach().numpy(), hs, rtol=0, atol=1e-12)
    loss = (states * torch.tensor(dhs)).sum()
    return [g.numpy() for g in torch.autograd.grad(loss, wanted, allow_unused=True) if g is not None]


def last_state(x: torch.Tensor, weights: list[torch.Tensor], h: torch.Tensor) -> torch.Tensor:
    """Where the state h of one example ends after the inputs x, which may be none."""
    return unrolled(x, h[None], *weights)[0, -1] if x.shape[1] else h.clone()


def assert_equal(ours: Any, theirs: Any, scale: float = 1.0) -> None:
    for mine, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-12, atol=1e-12 * scale)


def test_readout_backward_agrees_with_autograd(seed: int) -> None:
    """`readout_backward` gives the gradients of a linear read-out."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        dlogits, hs, Wy = inputs.readout(rng, sizes)
        wanted = leaves(hs, Wy, np.zeros(sizes.V))
        logits = wanted[0] @ wanted[1] + wanted[2]
        theirs = torch.autograd.grad(logits, wanted, torch.tensor(dlogits))
        assert_equal(solution("readout_backward")(dlogits, hs, Wy), theirs)


def test_rnn_step_backward_agrees_with_autograd(seed: int) -> None:
    """`rnn_step_backward` gives the gradients of one step, at ordinary and at large upstream gradients."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        for upstream in (1.0, inputs.LARGE):
            dh, x, h_prev, h, Wx, Wh = inputs.one_step(rng, sizes, upstream)
            wanted = leaves(x, h_prev, Wx, Wh, (np.arctanh(h) - x @ Wx - h_prev @ Wh)[0])
            state = torch.tanh(wanted[0] @ wanted[2] + wanted[1] @ wanted[3] + wanted[4])
            theirs = torch.autograd.grad(state, wanted, torch.tensor(dh))
            assert_equal(solution("rnn_step_backward")(dh, x, h_prev, h, Wx, Wh), theirs, upstream)


def test_rnn_backward_agrees_with_autograd(seed: int) -> None:
    """`rnn_backward` gives all five gradients of the unrolled network."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        case = inputs.run(rng, sizes)
        assert_equal(solution("rnn_backward")(*case), differentiated(case))


def test_untied_gradients_agree_with_autograd(seed: int) -> None:
    """`untied_gradients` gives the gradients of a network whose steps own their weights; their sum is the tied one."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        case = inputs.run(rng, sizes)
        copies = solution("untied_gradients")(*case)
        assert_equal(copies, differentiated(case, copies=True)[2:])
        assert_equal([copy.sum(axis=0) for copy in copies], solution("rnn_backward")(*case)[2:])


def test_truncated_backward_agrees_with_autograd(seed: int) -> None:
    """`truncated_backward` gives the gradients of a network whose state is detached every k steps."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        for k in (1, 2, 3, sizes.T, sizes.T + 2):
            case = inputs.run(rng, sizes)
            assert_equal(solution("truncated_backward")(*case, k), differentiated(case, cut=k)[-3:])


def test_state_jacobian_norms_agree_with_autograd(seed: int) -> None:
    """`state_jacobian_norms` gives the norms of the derivatives of the last state by each state."""
    rng = np.random.default_rng(seed)
    for sizes in inputs.SIZES:
        _, x, h0, hs, Wx, Wh = inputs.run(rng, sizes)
        weights = [torch.tensor(array) for array in (Wx, Wh, preactivations(x, h0, hs, Wx, Wh)[0, 0])]
        expected = []
        for t in range(sizes.T):
            rest = torch.tensor(x[:1, t + 1 :])
            jacobian = torch.autograd.functional.jacobian(partial(last_state, rest, weights), torch.tensor(hs[0, t]))
            expected.append(torch.linalg.matrix_norm(jacobian, ord=2).item())
        np.testing.assert_allclose(solution("state_jacobian_norms")(hs[0], Wh), expected, rtol=1e-11, atol=1e-12)


def test_clip_by_global_norm_agrees_with_torch(seed: int) -> None:
    """`clip_by_global_norm` does what torch.nn.utils.clip_grad_norm_ does, which adds 1e-6 to the norm."""
    rng = np.random.default_rng(seed)
    for norm, most in ((0.3, 1.0), (5.0, 1.0), (40.0, 2.5), (0.0, 1.0)):
        grads = inputs.gradients(rng, norm, (3, 4), (4,), (2, 1, 3))
        parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in grads]
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = torch.tensor(grad)
        total = torch.nn.utils.clip_grad_norm_(parameters, most)
        clipped, before = solution("clip_by_global_norm")(grads, most)
        assert before == pytest.approx(total.item(), rel=1e-12) and isinstance(before, float)
        for mine, parameter in zip(clipped, parameters, strict=True):
            np.testing.assert_allclose(mine, parameter.grad, rtol=3e-6)


def test_clip_by_global_norm_refuses_what_is_not_finite() -> None:
    """A NaN or an infinity in any array is a ValueError; an empty list is none."""
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="NaN or infinity"):
            solution("clip_by_global_norm")([np.ones(2), np.array([1.0, value])], 1.0)
    assert solution("clip_by_global_norm")([], 1.0) == ([], 0.0)


FORMS = {"memoryless": "None", "one state": "a tensor", "two states": "a tuple of 2"}


@pytest.mark.parametrize("model", list(FORMS))
def test_train_step_takes_the_step_of_a_plain_loop(model: str, seed: int) -> None:
    """`train_step` leads to the losses, states and parameters of the six lines that anyone would write in PyTorch."""
    driver = implementations.drivers(CHAPTER)["train_step"]
    rng = np.random.default_rng(seed)
    for optimizer, rate, read_out in (("SGD", 0.5, 6.0), ("momentum", 0.3, 0.3), ("Adam", 0.02, 1.0)):
        kind, weights, x, y, state = inputs.training(rng, model, DIFFERENT, 2, read_out)
        ours = driver.steps(solution("train_step"), kind, weights, x, y, state, optimizer, rate, stale=0.3)
        theirs = driver.steps(plain_loop, kind, weights, x, y, state, optimizer, rate)
        assert ours["types"] == ["a number"] * 2 and ours["histories"] == ["detached"] * 2
        assert ours["forms"] == [FORMS[model]] * 2
        np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=1e-12)
        for name, values in theirs["parameters"].items():
            np.testing.assert_allclose(ours["parameters"][name], values, rtol=1e-10, atol=1e-10, err_msg=name)
        assert_equal(_flat(ours["states"]), _flat(theirs["states"]))


def _flat(states: list[Any]) -> list[Array]:
    """All arrays of the states."""
    return [part for state in states for part in (state if isinstance(state, tuple) else [state]) if part is not None]


def plain_loop(model: Any, optimizer: Any, x: torch.Tensor, y: torch.Tensor, state: Any) -> tuple[float, Any]:
    """The same step, written without torch's cross-entropy and clipping."""
    logits, new = model(x, state)
    log_p = torch.log_softmax(logits, dim=2)
    loss = -sum(log_p[n, t, y[n, t]] for n in range(x.shape[0]) for t in range(x.shape[1])) / x.numel()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    norm = sum((gradient**2).sum() for gradient in gradients) ** 0.5
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient * min(1.0, 1.0 / (norm.item() + 1e-6))  # as torch has it
    optimizer.step()
    detached = tuple(part.detach() for part in new) if isinstance(new, tuple) else new if new is None else new.detach()
    return loss.item(), detached


def test_gradients_are_long_and_short_as_the_checks_need(seed: int) -> None:
    """What `training` promises of its gradients holds: at 0.3 their norm is below 1, at 20 above 5."""
    driver = implementations.drivers(CHAPTER)["train_step"]
    rng, norms = np.random.default_rng(seed), []

    def measure(model: Any, optimizer: Any, x: torch.Tensor, y: torch.Tensor, state: Any) -> tuple[float, Any]:
        loss = torch.nn.functional.cross_entropy(model(x, state)[0].flatten(0, 1), y.flatten())
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        norms.append(float(sum((gradient**2).sum() for gradient in gradients) ** 0.5))
        return loss.item(), None

    for read_out, fits in ((0.3, lambda norm: norm < 0.97), (20.0, lambda norm: norm > 5)):
        for model in ("memoryless", "one state", "two states"):
            driver.steps(measure, *inputs.training(rng, model, DIFFERENT, read_out=read_out))
            assert fits(norms[-1]), (read_out, model, norms[-1])


def test_backwards_are_what_they_are_called(seed: int) -> None:
    """Of the functions for `is_correct_backward`, right ones are right to 1e-8, broken ones off by a percent."""
    assert list(backwards.KINDS) == list(inputs.BACKWARDS)
    rng = np.random.default_rng(seed)
    for kind in inputs.BACKWARDS:
        for sizes in (DIFFERENT, general.EQUAL, general.Sizes(B=2, T=3, D=2, H=2, V=2)):
            case = inputs.run(rng, sizes)
            given = [array.copy() for array in case]
            returned = backwards.make(kind, rng.uniform(size=3))(*given)
            untouched = all(map(np.array_equal, case, given))
            right = differentiated(case)
            errors = [
                np.abs(one - other).max() / np.abs(other).max() if one.shape == other.shape else 1.0
                for one, other in zip(returned, right, strict=True)
            ]
            if kind in inputs.RIGHT:
                assert untouched and all(np.abs(a - b).max() < 1e-8 for a, b in zip(returned, right, strict=True)), kind
            else:
                assert not untouched or max(errors) > 0.01, (kind, errors)


def test_the_test_of_the_solution_calls_each_kind_by_its_name(seed: int) -> None:
    """`is_correct_backward` is right about every kind of function, and about our own `rnn_backward`."""
    driver = implementations.drivers(CHAPTER)["is_correct_backward"]
    rng, ours = np.random.default_rng(seed), solution("is_correct_backward")
    for _ in range(10):
        verdicts = driver.verdicts(ours, *inputs.tests(rng, *inputs.BACKWARDS), SOURCE)
        assert verdicts == {kind: "right" if kind in inputs.RIGHT else "broken" for kind in inputs.BACKWARDS}
    assert ours(solution("rnn_backward")) is True


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda backward: None,
            "is_correct_backward returned None (is a `return` missing?); True or False is expected",
        ),
        (lambda backward: 1.0, "is_correct_backward returned a value of type float; True or False is expected"),
    ],
)
def test_a_verdict_that_is_none_is_refused(answer: Any, says: str) -> None:
    """Neither None nor a number is taken for a verdict; NumPy's own booleans are."""
    driver = implementations.drivers(CHAPTER)["is_correct_backward"]
    with pytest.raises(TypeError) as error:
        driver.verdicts(answer, ["loop"], np.zeros((1, 3)), SOURCE)
    assert str(error.value) == says
    assert driver.verdicts(lambda backward: np.array(True), ["loop"], np.zeros((1, 3)), SOURCE) == {"loop": "right"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda *args: None, "train_step returned None (is a `return` missing?); a pair is expected: the loss and"),
        (lambda *args: (None, None), "train_step returned None (is a `return` missing?) as the loss; a float is"),
        (lambda *args: (1.0, "state"), "train_step returned a value of type str as the state; None, a tensor or"),
    ],
)
def test_a_step_that_returns_something_else_is_refused(answer: Any, says: str) -> None:
    """One sentence says what came back and what is expected."""
    driver = implementations.drivers(CHAPTER)["train_step"]
    case = inputs.training(np.random.default_rng(0), "memoryless", inputs.SQUARE)
    with pytest.raises(TypeError) as error:
        driver.steps(answer, *case)
    assert str(error.value).startswith(says)


def test_numpy_exercises_need_no_torch() -> None:
    """The drivers of this chapter are imported, and `is_correct_backward` is driven, without torch."""
    import subprocess
    import sys

    from autograder import paths

    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import inspect\n"
        "import numpy as np\n"
        "from autograder.checks import backwards\n"
        "from autograder.worker.drivers.ch03_bptt import is_correct_backward as driver\n"
        "source = inspect.getsource(backwards)\n"
        "print(driver.verdicts(lambda backward: True, ['loop'], np.zeros((1, 3)), source))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("{'loop': 'right'}", 0), done.stderr
