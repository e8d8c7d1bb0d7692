"""``check(rnn_step)`` in a notebook: the checks of one exercise, in the learner's own process."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import sys
from collections.abc import Mapping
from functools import cache

from autograder.checks import CheckFailed

LACKS = "this kernel lacks {}: choose the course's kernel; README.md says how to make it"

try:
    from autograder import course, feedback, picture, reading
    from autograder.course import sections
    from autograder.errors import UserError
    from autograder.judge import implementations
    from autograder.judge.devices import judged_everywhere
    from autograder.judge.diagnosis import Diagnoser, careful
    from autograder.judge.run import CheckBroken, judge_exercise
    from autograder.judge.subject import Memo, Reference
    from autograder.judge.verdict import ExerciseVerdict
    from autograder.timed import Printed, Timed
except ImportError as error:
    raise CheckFailed(LACKS.format(error.name or error)) from None


def check_answer(answer: object) -> None:
    """Judge ``answer`` as the exercise of its name and show what came of it.

    Raises CheckFailed, in one line, when it does not pass or is no exercise of the course.
    """
    exercise = find_exercise(answer)
    pictures: dict[str, str] = {}
    printed, ours = Printed(), io.StringIO()
    try:
        with contextlib.redirect_stdout(ours), contextlib.redirect_stderr(ours):  # mutants may warn: nobody reads it
            verdict = judge(answer, exercise, printed, pictures)
    except KeyboardInterrupt:
        raise CheckFailed("interrupted; nothing was judged") from None
    show(verdict, pictures, exercise)
    if verdict.status == "passed":
        if printed.count:
            count, them = ("1 line", "it is") if printed.count == 1 else (f"{printed.count:,} lines", "they are")
            print(f"note: your code printed {count}; {them} shown when a check fails")
        return
    if printed.count:
        print(f"What your code printed:\n{printed.first()}")
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


def judge(answer: object, exercise: course.Exercise, printed: Printed, pictures: dict[str, str]) -> ExerciseVerdict:
    """The verdict on an answer, with a fresh seed; nothing of it is kept. What it prints goes to ``printed``.

    ``pictures`` receives, as HTML, what a failing check expected beside what was returned, by the check's name.
    """
    try:
        if exercise.library == "torch":
            _warm_up()
        link = Timed({exercise.name: answer}, implementations.drivers(exercise.chapter), printed)
        forbidden = reading.forbidden(answer, exercise)
        return judge_here(exercise, link, implementations.fresh_seed(), forbidden, pictures)
    except ImportError as error:
        raise CheckFailed(LACKS.format((error.name or str(error)).partition(".")[0])) from None
    except CheckBroken as error:
        raise CheckFailed(f"{exercise.name}: a check broke off on what was returned ({error})") from None
    except UserError as error:
        raise CheckFailed(str(error)) from None


def judge_here(
    exercise: course.Exercise, link: Timed, seed: int, forbidden: str, pictures: dict[str, str]
) -> ExerciseVerdict:
    """The verdict on what ``link`` calls in this process; ``forbidden`` is what reading has found that may not be used.

    Raises what importing the chapter's libraries raises, CheckBroken, and UserError.
    """
    solution = Memo(implementations.solution(exercise.chapter))
    diagnose, reference = careful(Diagnoser(exercise.chapter, solution)), Reference(solution)
    failures: dict[str, CheckFailed] = {}
    verdict = judged_everywhere(
        exercise,
        lambda device: judge_exercise(exercise, link, reference, seed, device, diagnose, forbidden, failures),
    )
    pictures.update({name: picture.of(failure) for name, failure in failures.items()})
    return verdict


@cache
def _warm_up() -> None:
    """Import what torch imports late, before a call has its 5 s: it takes 2 s, once in a kernel."""
    importlib.import_module("torch._dynamo")


def show(verdict: ExerciseVerdict, pictures: Mapping[str, str], exercise: course.Exercise) -> None:
    """Feedback as rich output, with its pictures, where IPython shows it, else as text; and where to read again."""
    text, html = feedback.exercise_text(verdict), shown(verdict, pictures, exercise)
    if verdict.status != "passed" and (section := sections.of(exercise)):
        text += f"\n  {sections.again(section)}"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": html, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


def shown(verdict: ExerciseVerdict, pictures: Mapping[str, str], exercise: course.Exercise, site: str = "") -> str:
    """Feedback as HTML, with the section to read again on the website ``site``; "" for the usual one."""
    html = feedback.exercise_html(verdict, pictures)
    if verdict.status != "passed" and (section := sections.of(exercise)):
        html += f"<p>{sections.again_html(section, site)}</p>"
    return html
