"""``check(rnn_step)`` in a notebook: the checks of one exercise, in the learner's own process."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

from autograder import course, feedback
from autograder.checks import CheckFailed
from autograder.judge import implementations
from autograder.judge.diagnosis import Diagnoser
from autograder.judge.run import CheckBroken, judge_exercise
from autograder.judge.subject import CallTimeout, LocalLink, Memo, Reference
from autograder.judge.verdict import ExerciseVerdict
from autograder.worker.calls import Reply

CALL_SECONDS = 5.0
PRINTED = 20  # lines of the learner's own prints that are shown


def check_answer(answer: object) -> None:
    """Judge ``answer`` as the exercise of its name and show what came of it.

    Raises CheckFailed, in one line, when it does not pass or is no exercise of the course.
    """
    exercise = find_exercise(answer)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        verdict = judge(answer, exercise)
    show(verdict)
    if verdict.status == "passed":
        return
    if text := _first_lines(printed.getvalue()):
        print(f"What your code printed:\n{text}")
    message = verdict.message if verdict.message.startswith(exercise.name) else f"{exercise.name}: {verdict.message}"
    raise CheckFailed(message)


def find_exercise(answer: object) -> course.Exercise:
    """The exercise that an answer is named after; CheckFailed says what else it is."""
    if not callable(answer):
        hint = ", without quotation marks" if isinstance(answer, str) else ""
        kind = type(answer).__name__
        raise CheckFailed(f"check takes your function or class itself, as in check(rnn_step){hint}; this is a {kind}")
    name = getattr(answer, "__name__", type(answer).__name__)
    known: dict[str, course.Exercise] = {}
    try:
        for chapter in course.chapters():
            known.update({exercise.name: exercise for exercise in course.load(chapter).exercises})
            if name in known:
                return known[name]
    except course.CourseError as error:
        raise CheckFailed(str(error)) from None
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the exercises are {', '.join(known)}"
    raise CheckFailed(f"{name} is no exercise of the course; {hint}")


def judge(answer: object, exercise: course.Exercise) -> ExerciseVerdict:
    """The verdict on an answer, with a fresh seed; nothing of it is kept."""
    chapter = exercise.chapter
    _warm_up(chapter)
    link = Timed({exercise.name: answer}, implementations.drivers(chapter))
    solution = Memo(implementations.solution(chapter))
    diagnose = Diagnoser(chapter, solution)
    try:
        return judge_exercise(exercise, link, Reference(solution), secrets.randbits(32), diagnose=diagnose)
    except CheckBroken as error:
        raise CheckFailed(f"{exercise.name}: a check broke off on what was returned ({error})") from None


@cache
def _warm_up(chapter: str) -> None:
    """Import what torch imports late, with the first call of a kernel: the next ones need not wait 2 s for it."""
    if "torch" in sys.modules and any(exercise.library == "torch" for exercise in course.load(chapter).exercises):
        importlib.import_module("torch._dynamo")


def show(verdict: ExerciseVerdict) -> None:
    """Feedback as rich output where IPython shows it, else as text."""
    text = feedback.exercise_text(verdict)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": feedback.exercise_html(verdict), "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


class Timed(LocalLink):
    """Calls in this process that are given up after `CALL_SECONDS`, where the system can: the main thread, on Unix."""

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call ``name`` on copies of the arguments; CallTimeout, and KeyboardInterrupt when the learner stops it."""
        try:
            with _alarm(CALL_SECONDS):
                reply = super().call(name, args, kwargs, trace)
        except _Alarm:
            raise CallTimeout(CALL_SECONDS) from None
        if reply.failure and reply.failure.type == _Alarm.__name__:
            raise CallTimeout(CALL_SECONDS)
        if reply.failure and reply.failure.type == "KeyboardInterrupt":
            raise KeyboardInterrupt
        return reply


class _Alarm(BaseException):
    """Time is up; no ``except Exception`` of the learner's keeps it."""


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _Alarm in here once time is up, and again each half second; an alarm that was set before is set again."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _Alarm

    handler = signal.signal(signal.SIGALRM, ring)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if before[0]:
            signal.setitimer(signal.ITIMER_REAL, *before)


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    shown = [line[:200] for line in lines[:PRINTED]]
    return "\n".join(shown + [f"... and {len(lines) - PRINTED} more lines"] * (len(lines) > PRINTED))
