"""``check(rnn_step)`` in a notebook: the checks of one exercise, in the learner's own process."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import re
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from autograder import paths
from autograder.checks import CheckFailed

LACKS = "this kernel lacks {}: choose the course's kernel; README.md says how to make it"

try:
    from autograder import course, feedback, reading
    from autograder.judge import implementations
    from autograder.judge.devices import judged_everywhere
    from autograder.judge.diagnosis import Diagnoser
    from autograder.judge.run import CheckBroken, judge_exercise
    from autograder.judge.subject import CallTimeout, LocalLink, Memo, Reference
    from autograder.judge.verdict import ExerciseVerdict
    from autograder.worker.calls import Reply
except ImportError as error:
    raise CheckFailed(LACKS.format(error.name or error)) from None

CALL_SECONDS = 5.0
PRINTED = 20  # lines of the learner's own prints that are shown
OURS = re.escape(str(paths.ROOT / "autograder"))
WARNED = re.compile(rf"^{OURS}\S*:\d+: (\w+: .*\n?)(?:  .*\n?)?", re.MULTILINE)  # a warning at a line of ours


def check_answer(answer: object) -> None:
    """Judge ``answer`` as the exercise of its name and show what came of it.

    Raises CheckFailed, in one line, when it does not pass or is no exercise of the course.
    """
    exercise = find_exercise(answer)
    printed, ours = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(ours), contextlib.redirect_stderr(ours):  # mutants may warn: nobody reads it
            verdict = judge(answer, exercise, printed)
    except KeyboardInterrupt:
        raise CheckFailed("interrupted; nothing was judged") from None
    show(verdict)
    lines = WARNED.sub(r"\1", printed.getvalue()).splitlines()
    if verdict.status == "passed":
        if lines:
            count, them = ("1 line", "it is") if len(lines) == 1 else (f"{len(lines)} lines", "they are")
            print(f"note: your code printed {count}; {them} shown when a check fails")
        return
    if lines:
        print(f"What your code printed:\n{_first(lines)}")
    message = verdict.message if verdict.message.startswith(exercise.name) else f"{exercise.name}: {verdict.message}"
    raise CheckFailed(message)


def find_exercise(answer: object) -> course.Exercise:
    """The exercise that an answer is named after; CheckFailed says what else it is."""
    kind = type(answer).__name__
    name = getattr(answer, "__name__", kind)
    known: dict[str, course.Exercise] = {}
    try:
        for chapter in course.chapters():
            known.update({exercise.name: exercise for exercise in course.load(chapter).exercises})
    except course.CourseError as error:
        raise CheckFailed(str(error)) from None
    if kind in known:
        raise CheckFailed(f"check takes the class itself, as in check({kind}), without brackets")
    if not callable(answer):
        hint = "without quotation marks" if isinstance(answer, str) else "leave out the brackets and the arguments"
        raise CheckFailed(f"check takes your function or class itself, as in check(rnn_step): {hint}; this is a {kind}")
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the exercises are {', '.join(known)}"
    raise CheckFailed(f"{name} is no exercise of the course; {hint}")


def judge(answer: object, exercise: course.Exercise, printed: io.StringIO) -> ExerciseVerdict:
    """The verdict on an answer, with a fresh seed; nothing of it is kept. What it prints goes to ``printed``."""
    chapter = exercise.chapter
    try:
        if exercise.library == "torch":
            _warm_up()
        link = Timed({exercise.name: answer}, implementations.drivers(chapter), printed)
        solution = Memo(implementations.solution(chapter))
    except ImportError as error:
        raise CheckFailed(LACKS.format((error.name or str(error)).partition(".")[0])) from None
    diagnose = Diagnoser(chapter, solution)
    reference, seed = Reference(solution), secrets.randbits(32)
    forbidden = reading.forbidden(answer, exercise)
    try:
        return judged_everywhere(
            exercise, lambda device: judge_exercise(exercise, link, reference, seed, device, diagnose, forbidden)
        )
    except CheckBroken as error:
        raise CheckFailed(f"{exercise.name}: a check broke off on what was returned ({error})") from None


@cache
def _warm_up() -> None:
    """Import what torch imports late, before a call has its 5 s: it takes 2 s, once in a kernel."""
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
    """Calls in this process that are given up after `CALL_SECONDS`, where the system can: the main thread, on Unix.

    What the learner's code prints goes to ``printed``.
    """

    def __init__(self, namespace: Mapping[str, Any], drivers: Mapping[str, Any], printed: io.StringIO) -> None:
        super().__init__(namespace, drivers)
        self.printed = printed

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
        """Call ``name`` on copies of the arguments; CallTimeout, and KeyboardInterrupt when the learner stops it."""
        with contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed):
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


def _first(lines: Sequence[str]) -> str:
    shown = [line[:200] for line in lines[:PRINTED]]
    return "\n".join(shown + [f"... and {len(lines) - PRINTED} more lines"] * (len(lines) > PRINTED))
