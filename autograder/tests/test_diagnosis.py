"""Naming the mistake: what is said holds on every input, and nothing is said where that is not so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import course
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser, _Remembered, diagnose
from autograder.judge.run import judge_exercise
from autograder.judge.subject import Call, LocalLink, Memo, Reference
from autograder.worker.calls import Reply

CHAPTER = "ch02_recurrence"
SHAPES = ((2, 4, 3), (3, 5, 3), (1, 3, 3))


def right(x, h0):
    """Running sums of tanh(x), starting from h0: (B, T, H)."""
    return h0[:, None] + np.cumsum(np.tanh(x), axis=1)


def no_start(x, h0):
    return np.cumsum(np.tanh(x), axis=1)


@dataclass
class Wrong:
    """Stands in for a mutant."""

    id: str
    believes: str
    function: Callable[..., Any]
    of: str = "running"

    @property
    def link(self) -> LocalLink:
        return LocalLink({"running": self.function}, {})


REFERENCE = LocalLink({"running": right}, {})
MUTANTS = [Wrong("no_start", "starts from zeros", no_start), Wrong("no_tanh", "leaves tanh out", lambda x, h0: x)]


def calls_of(answer: Callable[..., Any], shapes: tuple[tuple[int, ...], ...] = SHAPES) -> list[Call]:
    rng = np.random.default_rng(3)
    link = LocalLink({"running": answer}, {})
    cases = [(rng.normal(size=shape), rng.normal(size=(shape[0], shape[2]))) for shape in shapes]
    return [Call("running", case, {}, link.call("running", case, {})) for case in cases]


def found(answer: Callable[..., Any], mutants: list[Wrong] = MUTANTS, shapes: Any = SHAPES) -> list[str]:
    return [diagnosis.id for diagnosis in diagnose(calls_of(answer, shapes), REFERENCE, mutants)]


def test_mutant_is_recognised() -> None:
    """Numbers that are a mutant's on every input are named with what the mutant believes."""
    [diagnosis] = diagnose(calls_of(no_start), REFERENCE, MUTANTS)
    assert diagnosis.id == "mutant:no_start"
    assert diagnosis.believes == "Your results are those of code that starts from zeros."
    assert diagnosis.evidence == "the same in all 3 calls"


def test_right_answer_has_no_diagnosis() -> None:
    """Right numbers look like nothing, even where a mutant agrees with them."""
    assert found(right, [*MUTANTS, Wrong("none", "is right", right)]) == []


def test_one_input_against_it_is_enough() -> None:
    """An answer that is a mutant's on all inputs but one has no diagnosis."""
    assert found(lambda x, h0: no_start(x, h0) + (x.shape == SHAPES[-1]) * 0.1) == []


def test_crash_of_one_alone_is_against_it() -> None:
    """A mutant that raises where the learner's code returns, or the reverse, is not the learner's mistake."""

    def fails_on_one(x, h0):
        if len(x) == 1:
            raise ValueError("one example")
        return no_start(x, h0)

    assert found(fails_on_one) == []
    assert found(no_start, [Wrong("fails_on_one", "fails", fails_on_one)]) == []
    assert found(fails_on_one, [Wrong("fails_on_one", "fails", fails_on_one)]) == ["mutant:fails_on_one"]


def test_two_mutants_leave_it_open() -> None:
    """Two beliefs that give the same numbers cannot be told apart, so neither is named."""
    assert found(no_start, [*MUTANTS, Wrong("other", "believes something else", no_start)]) == []


def test_small_mistake_is_recognised() -> None:
    """Rounding to four decimals is far closer to the right answer than other mistakes, and still named."""

    def rounded(x, h0):
        return np.round(right(x, h0), 4)

    assert found(rounded, [*MUTANTS, Wrong("rounded", "rounds", rounded)]) == ["mutant:rounded"]
    assert found(lambda x, h0: right(x, h0) + 4e-5, [Wrong("rounded", "rounds", rounded)]) == []


def test_mutant_that_is_nearly_right_tells_nothing() -> None:
    """A mutant within rounding of the right answer is no explanation for an answer that is just outside it."""
    nearly = Wrong("nearly", "is nearly right", lambda x, h0: right(x, h0) + 3e-6)
    assert found(lambda x, h0: right(x, h0) + 1.2e-5, [nearly]) == []


def test_inputs_without_a_right_answer_are_left_out() -> None:
    """Where the reference itself refuses an input, whatever the learner returns says nothing."""

    def careful(x, h0):
        if len(x) == 1:
            raise ValueError("one example is refused")
        return right(x, h0)

    calls = calls_of(lambda x, h0: -right(x, h0) if len(x) > 1 else 7.0)
    assert [d.id for d in diagnose(calls, LocalLink({"running": careful}, {}), [])] == ["relation:sign_flipped"]


def test_argument_modified() -> None:
    """Writing into an argument is named beside right numbers, with the argument's name."""

    def writes(x, h0):
        result = right(x, h0)
        h0[:] = result[:, -1]
        return result

    [diagnosis] = diagnose(calls_of(writes), REFERENCE, MUTANTS)
    assert diagnosis.id == "relation:argument_modified" and "`h0`" in diagnosis.believes


def negative(ada_x, ada_h0):
    return -right(ada_x, ada_h0)


def given_back(ada_x, ada_h0):
    return ada_x


def named_parts(ada_x, ada_h0):
    return {"ada": ada_x}


def spoils(ada_x, ada_h0):
    ada_h0 *= 2
    return right(ada_x, ada_h0)


def raises(ada_x, ada_h0):
    raise ValueError("ada")


@pytest.mark.parametrize("answer", [negative, given_back, named_parts, spoils, raises])
def test_what_is_impersonal_has_no_name_of_the_learners(answer: Callable[..., Any]) -> None:
    """Whatever the learner calls arguments and parts: what may leave the course quotes none of it."""
    said = diagnose(calls_of(answer), REFERENCE, MUTANTS)
    assert bool(said) == (answer not in (named_parts, raises))
    assert not [each for each in said if "ada" in each.impersonal + each.evidence]


plain = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-9, 9) | st.text(max_size=3)
    | st.sampled_from([np.zeros((2, 4, 3), bool), np.ones((0, 3)), np.array(np.inf), np.ones((2, 4, 3), np.uint8)]),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(plain, st.sampled_from([right, lambda x, h0: (x, 1.0), lambda x, h0: {"": x}, lambda x, h0: None]))
def test_any_value(value: Any, reference: Callable[..., Any]) -> None:
    """Whatever a learner returns, the diagnosis says something or nothing, and does not break."""
    calls = [Call(call.name, call.args, {}, Reply(value)) for call in calls_of(right)]
    diagnose(calls, LocalLink({"running": reference}, {}), MUTANTS)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(CHAPTER)


def verdict(link: Any, exercise: str, diagnoser: Diagnoser) -> Any:
    reference = Reference(Memo(implementations.solution(CHAPTER)))
    return judge_exercise(course.load(CHAPTER).exercise(exercise), link, reference, 11, diagnose=diagnoser)


def test_mutants_are_called_what_they_are(diagnoser: Diagnoser) -> None:
    """A mutant of the chapter is recognised as itself or not at all, and nearly all of them are."""
    mutants = implementations.mutants(CHAPTER)
    named = 0
    for mutant in mutants:
        found = verdict(mutant.link, mutant.of, diagnoser).diagnosis
        others = [each.id for each in found if each.id.startswith("mutant:") and mutant.believes not in each.believes]
        assert not others, f"{mutant.of}: {mutant.id} was taken for {others}"
        named += bool(found)
    assert named >= 0.9 * len(mutants)


@pytest.mark.parametrize(
    ("exercise", "source"),
    [
        ("rnn_step", "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.sin(x @ Wx + h_prev @ Wh + b)"),
        ("rnn_step", "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + 0.5 * h_prev @ Wh + b)"),
        ("RNNCell", course.load(CHAPTER).exercise("RNNCell").source.replace("torch.tanh", "torch.sin")),
    ],
)
def test_unknown_mistake(exercise: str, source: str, diagnoser: Diagnoser) -> None:
    """A wrong answer that no mutant describes gets no name."""
    link = implementations.link(CHAPTER, source, "<cell 1>")
    assert verdict(link, exercise, diagnoser).status in ("failed", "error")
    assert verdict(link, exercise, diagnoser).diagnosis == []


def test_mutants_warn_of_nothing(diagnoser: Diagnoser) -> None:
    """Mutants whose numbers overflow are called in silence; a warning would be an error here."""
    case = tuple(1e3 * np.ones(shape) for shape in ((4, 2), (4, 2), (2, 2), (2, 2), (2,)))
    calls = [Call("rnn_step", case, {}, Reply(np.zeros((4, 2))))] * 2
    assert [diagnosis.id for diagnosis in diagnoser("rnn_step", calls)] == ["relation:all_zeros"]


def test_interrupted_mutant(monkeypatch: pytest.MonkeyPatch, diagnoser: Diagnoser) -> None:
    """Ctrl-C while a mutant runs ends the diagnosis, and is not remembered as the mutant's answer."""

    def interrupted(x, h0):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose(calls_of(no_start), REFERENCE, [_Remembered(Wrong("any", "", interrupted))])  # type: ignore[arg-type]


def test_threads_share_a_diagnoser() -> None:
    """Several threads may ask one diagnoser at once, and each gets the answer that one alone would get."""
    diagnoser = Diagnoser(CHAPTER)
    mutants = [mutant for mutant in implementations.mutants(CHAPTER) if mutant.of == "rnn_step"][:4]
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda mutant: verdict(mutant.link, mutant.of, diagnoser), mutants * 3))
    ids = [[diagnosis.id for diagnosis in each.diagnosis] for each in verdicts]
    assert ids == [[f"mutant:{mutant.id}"] for mutant in mutants] * 3
