"""The answer bank says what the solutions and the mutants say, on any computer, and gives neither away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import course
from autograder.bundle import answers, record
from autograder.checks import CheckFailed
from autograder.checks.inputs import ch02_recurrence as own
from autograder.course import Exercise
from autograder.judge import bank, draws, implementations, names, pack
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.run import judge_exercise
from autograder.judge.subject import UNKNOWN, Link, LocalLink, Memo, Reference, Unknown
from autograder.judge.verdict import ExerciseVerdict
from autograder.tests.leaks import secret_lines

pytestmark = pytest.mark.filterwarnings("ignore")  # answers, right and wrong ones, may warn
EXERCISES = [exercise for slug in course.chapters() for exercise in course.load(slug).exercises]
SOME = [exercise for exercise in EXERCISES if exercise.name in ("rnn_forward", "clip_by_global_norm", "design_latch")]
TODAY = int(np.random.default_rng().integers(len(answers.SEEDS)))  # fresh: in time, every seed is tried with everything


@pytest.fixture(autouse=True)
def nothing_in_use(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test draws from what another one has recorded."""
    monkeypatch.setattr(draws, "_recorded", {})
    bank._in_use.cache_clear()
    yield
    bank._in_use.cache_clear()


def banked(exercise: Exercise, seed: int, folder: Path, data: bytes | None = None) -> tuple[Reference, Diagnoser]:
    """What a bundle has in place of the solutions and the mutants."""
    bank.file(exercise.name, seed, folder).write_bytes(data or answers.recording(exercise, seed))
    bank.use(exercise, seed, folder)
    known = answers._known_of(course.load(exercise.chapter))
    link = bank.SolutionLink(exercise.chapter, implementations.starter(exercise.chapter), known["results"])
    mistakes = [
        bank.Mistake(exercise.name, id, believes, bank.MistakeLink(exercise.chapter, exercise.name, id))
        for id, believes in known["mistakes"][exercise.name].items()
    ]
    return Reference(Memo(link)), Diagnoser(exercise.chapter, Memo(link), mistakes)


def learners(exercise: Exercise) -> dict[str, Link]:
    """Whoever can be at work: the solution, the starter, right answers in other styles, all mutants."""
    chapter = exercise.chapter
    right = {v.style: v.link for v in implementations.accepted(chapter) if v.exercise == exercise.name}
    wrong = {f"mutant {m.id}": m.link for m in implementations.mutants(chapter) if m.of == exercise.name}
    return {
        "solution": implementations.solution(chapter),
        "starter": implementations.starter(chapter),
        **right,
        **wrong,
    }


def told(verdict: ExerciseVerdict) -> Any:
    """All that a learner is told, but for how long it took and in how many calls a diagnosis was seen."""
    checks = [(check.name, check.passed, check.message, check.example) for check in verdict.checks]
    return verdict.status, verdict.score, verdict.message, checks, [each.id for each in verdict.diagnosis]


def expect_the_same(exercise: Exercise, seed: int, folder: Path) -> None:
    """Every learner is told the same by the bank and by the solutions."""
    reference, diagnoser = banked(exercise, seed, folder)
    solution = Memo(implementations.solution(exercise.chapter))
    real, names_it = Reference(solution), Diagnoser(exercise.chapter, solution)
    for who, link in learners(exercise).items():
        remembered = Memo(link)
        expected = judge_exercise(exercise, remembered, real, seed, diagnose=names_it)
        found = judge_exercise(exercise, remembered, reference, seed, diagnose=diagnoser)
        assert told(found) == told(expected), f"{exercise.name}, {who}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_bank_judges_as_the_solutions_do(exercise: Exercise, tmp_path: Path) -> None:
    """Status, score, each check, message, example and diagnosis are those that the solutions give, for everybody."""
    expect_the_same(exercise, answers.SEEDS[TODAY], tmp_path)


@pytest.mark.parametrize("exercise", SOME, ids=lambda exercise: exercise.name)
@pytest.mark.parametrize("seed", answers.SEEDS)
def test_every_seed(exercise: Exercise, seed: int, tmp_path: Path) -> None:
    """The same on every recorded seed, of some exercises."""
    expect_the_same(exercise, seed, tmp_path)


def shaken(value: Any, rng: np.random.Generator) -> Any:
    """The same numbers, up to the last bits: as another computer would have them."""
    if isinstance(value, dict):
        return {name: shaken(entry, rng) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(shaken(entry, rng) for entry in value)
    if isinstance(value, np.ndarray) and value.dtype == float:
        return value * (1 + 1e-12 * rng.uniform(-1, 1, value.shape))
    return value * (1 + 1e-12 * rng.uniform(-1, 1)) if isinstance(value, float) else value


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_last_bits_do_not_count(exercise: Exercise, tmp_path: Path) -> None:
    """With other last bits of inputs and right answers, what is right passes, and a known mistake keeps its name."""
    seed, rng = answers.SEEDS[0], np.random.default_rng()
    recorded = pack.loads(answers.recording(exercise, seed))
    for part in ("draws", "replies"):
        recorded[part] = shaken(recorded[part], rng)
    reference, diagnoser = banked(exercise, seed, tmp_path, pack.dumps(recorded))
    everybody = learners(exercise)
    for who in [who for who in everybody if not who.startswith(("mutant", "starter"))]:
        found = judge_exercise(exercise, everybody[who], reference, seed)
        assert found.status == "passed", f"{exercise.name}, {who}: {found.message}"
    mutant = next(each for each in implementations.mutants(exercise.chapter) if each.of == exercise.name)
    solution = Memo(implementations.solution(exercise.chapter))
    names_it = Diagnoser(exercise.chapter, solution)
    expected = judge_exercise(exercise, mutant.link, Reference(solution), seed, diagnose=names_it)
    found = judge_exercise(exercise, mutant.link, reference, seed, diagnose=diagnoser)
    assert [each.id for each in found.diagnosis] == [each.id for each in expected.diagnosis]


@pytest.mark.parametrize("exercise", SOME, ids=lambda exercise: exercise.name)
def test_what_says_nothing_earns_nothing_more(exercise: Exercise, tmp_path: Path) -> None:
    """Zeros, NaN, None and an argument given back earn with the bank what they earn with the solutions."""
    seed = answers.SEEDS[0]
    reference, diagnoser = banked(exercise, seed, tmp_path)
    solution = Memo(implementations.solution(exercise.chapter))
    cheats = {
        "zeros": lambda *args: np.zeros(np.shape(args[0]) if args else ()),
        "nan": lambda *args: np.full(np.shape(args[0]) if args else (), np.nan),
        "none": lambda *args: None,
        "back": lambda *args: args[0] if args else 0,
    }
    for name, cheat in cheats.items():
        link = LocalLink({exercise.name: cheat}, {})
        expected = judge_exercise(exercise, link, Reference(solution), seed, diagnose=Diagnoser(exercise.chapter))
        found = judge_exercise(exercise, link, reference, seed, diagnose=diagnoser)
        assert told(found) == told(expected), name
        assert found.score <= exercise.points / 4


def test_the_same_recording_every_time() -> None:
    """Recorded twice, an exercise gives the same bytes; recorded from another seed, other ones."""
    exercise = course.load("ch02_recurrence").exercise("rnn_step")
    assert record.record(exercise, 1) == record.record(exercise, 1) != record.record(exercise, 2)


def test_without_room_a_recording_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nothing can be kept there is a recording all the same; where it can, it is made once, and older ones go."""
    exercise = course.load("ch02_recurrence").exercise("rnn_step")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(answers, "MADE", tmp_path / "file")
    expected = answers.recording(exercise, 1)
    monkeypatch.setattr(answers, "MADE", tmp_path / "kept")
    older = tmp_path / "kept" / exercise.chapter / "older"
    older.mkdir(parents=True)
    assert answers.recording(exercise, 1) == expected and not older.exists()
    monkeypatch.setattr(record, "record", None)
    assert answers.recording(exercise, 1) == expected


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_recordings_are_small(exercise: Exercise) -> None:
    """A page can load one: it takes less than 165 kB."""
    assert len(answers.recording(exercise, answers.SEEDS[0])) < 165_000


@pytest.mark.parametrize("slug", course.chapters())
def test_things_are_called_as_with_the_solutions(slug: str) -> None:
    """Arguments, results, signatures and what a driver does are told alike by a bundle."""
    solution = implementations.solution(slug)
    stand_in = bank.SolutionLink(slug, implementations.starter(slug), answers._known_of(course.load(slug))["results"])
    for exercise in course.load(slug).exercises:
        driver = solution.drivers.get(exercise.name)
        methods = [f"{exercise.name}.{name}" for name in vars(driver) if not name.startswith("_")] if driver else []
        for name in (exercise.name, *methods):
            assert names.arguments(stand_in, name, 9) == names.arguments(solution, name, 9)
            assert names.results(stand_in, name) == names.results(solution, name)
            assert names.signature(stand_in, name) == names.signature(solution, name)
            assert names.driven(stand_in, name) == names.driven(solution, name)


def test_a_call_that_is_not_recorded(tmp_path: Path) -> None:
    """Its right answer is not known, a check that needs it breaks off in one line, and no verdict follows from it."""
    exercise = course.load("ch02_recurrence").exercise("rnn_step")
    reference, _ = banked(exercise, answers.SEEDS[0], tmp_path)
    other = [np.full(shape, 0.3) for shape in ((1, 2), (1, 2), (2, 2), (2, 2), (2,))]
    with pytest.raises(Unknown, match=r"rnn_step: no right answer .* recorded; get the course again") as caught:
        reference.rnn_step(*other)
    assert "\n" not in str(caught.value)
    reply = reference._link.call("rnn_step", tuple(other), {})
    assert reply.failure and reply.failure.type == UNKNOWN


def test_draws_beyond_a_recording(tmp_path: Path) -> None:
    """A check that asks for more, or for something else, gets numbers of this computer's."""
    rng = draws.Replayed([("normal", np.ones(2)), ("normal", np.ones(2))], 1, "a check")
    first = rng.normal(size=2)
    first[:] = 5  # belongs to the check
    assert rng.uniform(2, 3) != 1 and 2 <= rng.uniform(2, 3) < 3
    again = draws.Replayed([("normal", np.ones(2))], 1, "a check")
    assert again.normal(size=2).tolist() == [1, 1] and again.normal(size=2).tolist() != [1, 1]


@pytest.mark.parametrize(
    "data", [b"", b"no zip", pack.zipped({"other": b"1"}), pack.dumps({"seed": 1}), pack.dumps([1])]
)
def test_a_broken_recording_is_one_line(data: bytes, tmp_path: Path) -> None:
    """What is no recording is named, with what to do."""
    exercise = course.load("ch00_start").exercise("relative_error")
    bank.file(exercise.name, 1, tmp_path).write_bytes(data)
    with pytest.raises(bank.BankError, match="get the course again") as caught:
        bank.use(exercise, 1, tmp_path)
    assert "\n" not in str(caught.value) and "relative_error.1.zip" in str(caught.value)


def test_a_recording_with_a_flipped_bit_is_one_line(tmp_path: Path) -> None:
    """Wherever the bit is, the recording is refused in one line, or what it says has not changed."""
    exercise, rng = course.load("ch00_start").exercise("relative_error"), np.random.default_rng()
    whole = answers.recording(exercise, 1)
    path = bank.file(exercise.name, 1, tmp_path)
    for place in rng.integers(8 * len(whole), size=150):
        data = bytearray(whole)
        data[place // 8] ^= 1 << (place % 8)
        path.write_bytes(data)
        try:
            bank.load(exercise, 1, tmp_path)
        except bank.BankError as error:
            assert "\n" not in str(error) and "get the course again" in str(error)


@pytest.mark.parametrize("other", [("one_hot", 1), ("relative_error", 2)], ids=lambda other: f"{other[0]}.{other[1]}")
def test_a_recording_of_something_else_is_refused(other: tuple[str, int], tmp_path: Path) -> None:
    """Of another exercise, or from another seed: it is not the one that its name says."""
    name, seed = other
    known = {exercise.name: exercise for slug in course.chapters() for exercise in course.load(slug).exercises}
    wanted = known["relative_error"]
    bank.file(wanted.name, 1, tmp_path).write_bytes(answers.recording(known[name], seed))
    with pytest.raises(bank.BankError, match="not the recording that its name says"):
        bank.load(wanted, 1, tmp_path)


def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    """One line names the file."""
    with pytest.raises(bank.BankError, match=r"relative_error\.9\.zip: No such file"):
        bank.use(course.load("ch00_start").exercise("relative_error"), 9, tmp_path)


def test_a_recording_with_wrong_answers_is_found_out(tmp_path: Path) -> None:
    """Replies that do not pass the checks are no right answers: the bank says so instead of judging by them."""
    exercise = course.load("ch02_recurrence").exercise("rnn_step")
    recorded = pack.loads(answers.recording(exercise, 1))
    recorded["replies"] = [("value", np.ones((2, 2))) for _ in recorded["replies"]]
    bank.file(exercise.name, 1, tmp_path).write_bytes(pack.dumps(recorded))
    with pytest.raises(bank.BankError, match="rnn_step"):
        bank.use(exercise, 1, tmp_path)


TREE = {
    "arrays": [np.arange(3.0), np.arange(3.0) / 3, np.float32([0.1]), np.zeros((0, 2)), np.array([-0.0, 0.0])],
    "whole": (np.arange(300), np.array([True, False]), np.array(7), np.array([2**40, -1])),
    "odd": np.array([np.nan, np.inf, -np.inf, 1e-310, 1e308]),
    "numbers": [1, 1.5, True, None, "ä", np.float64(0.1), np.int64(3), float("nan")],
    "": {"nested": [(), [], {}]},
}


def test_a_file_gives_back_what_it_was_given() -> None:
    """Every type, shape and bit comes back, the sign of zero and NaN included."""
    read = pack.loads(pack.dumps(TREE))
    assert flat(read) == flat(TREE) and pack.dumps(read) == pack.dumps(TREE)


def test_equal_arrays_are_kept_once() -> None:
    """Ten times the same array takes hardly more room than once."""
    array = np.random.default_rng(1).normal(size=1000)
    assert len(pack.dumps([array] * 10)) < len(pack.dumps([array])) + 200


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_a_file_refuses_what_it_could_not_give_back(value: Any) -> None:
    """Other things than built-in values and arrays are an error when they are written."""
    with pytest.raises(TypeError):
        pack.dumps({"value": value})


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_recording_holds_no_code(exercise: Exercise) -> None:
    """It is a zip of numbers and of JSON, in which no line of a solution or of a mutant stands."""
    with zipfile.ZipFile(io.BytesIO(answers.recording(exercise, answers.SEEDS[TODAY]))) as file:
        assert set(file.namelist()) <= {pack.NAME, "i1", "i2", "i4", "i8", "f4", "f8"}
        text = file.read(pack.NAME).decode()
    assert not [line for line in secret_lines(exercise.chapter) if line in text]


def flat(value: Any) -> Any:
    """A value that can be compared to the last bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(name, flat(entry)) for name, entry in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [flat(entry) for entry in value]
    return type(value), repr(value)


def test_a_solution_that_fails_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the solution itself does not pass, there is nothing right to record: one line."""
    wrong = LocalLink({"rnn_step": lambda *args: 0}, {})
    monkeypatch.setattr(implementations, "solution", lambda chapter: wrong)
    with pytest.raises(course.CourseError, match="rnn_step: its solution fails"):
        record.record(course.load("ch02_recurrence").exercise("rnn_step"), 1)
    assert not issubclass(course.CourseError, CheckFailed)


def test_a_check_that_looks_for_rounding_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rounding is another, and a check draws more than was recorded, right is right and wrong is wrong."""
    exercise = course.load("ch02_recurrence").exercise("sample_symbol")
    data = answers.recording(exercise, 1)
    kept = own.sums_short_of_one
    monkeypatch.setattr(own, "sums_short_of_one", lambda rng, count: kept(rng, count + 1)[1:])
    reference, diagnoser = banked(exercise, 1, tmp_path, data)
    for who, link in learners(exercise).items():
        found = judge_exercise(exercise, link, reference, 1, diagnose=diagnoser)
        assert (found.status == "passed") == (not who.startswith(("mutant", "starter"))), who
