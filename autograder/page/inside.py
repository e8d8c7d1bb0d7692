"""What runs in the web page's own Python: the checks of one exercise on an editor's text, and code to try.

The page asks with text and is answered with JSON; whatever a learner writes, there is an answer.
"""

from __future__ import annotations

import ast
import contextlib
import json
import linecache
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import course, notebook, paths
from autograder.alarm import alarm
from autograder.errors import UserError
from autograder.judge import bank, implementations
from autograder.judge.missing import why_missing
from autograder.judge.run import CheckBroken
from autograder.judge.verdict import ExerciseVerdict
from autograder.page import guest
from autograder.page.desk import Desk
from autograder.timed import CALL_SECONDS, Printed, Timed
from autograder.worker import source

BANK = str(paths.BANK)  # where the page puts recordings
LINES, WIDTH = 200, 2000  # of what code to try prints: so much is shown


def check(exercise: str, text: str, seed: int, site: str = "", before: Sequence[str] = ()) -> str:
    """The verdict on the text of an exercise's editor, with the recording of ``seed``, which the page has put there.

    ``site`` is the address of the website that the page is on, ``before`` the texts of the chapter's other editors.
    JSON: {status, score, max_score, html, printed}; or {problem} where there can be no verdict.
    """
    printed, pictures = Printed(), dict[str, str]()
    try:
        found = find(exercise)
        with guest.lent():
            verdict = judge(found, text, seed, printed, pictures, before)
    except bank.BankError as error:
        bank.file(exercise, seed, Path(BANK)).unlink(missing_ok=True)  # the page fetches it anew
        return json.dumps({"problem": str(error)})
    except UserError as error:
        kind = "a check broke off on what was returned: " if isinstance(error, CheckBroken) else ""
        return json.dumps({"problem": f"{kind}{error}"})
    answer = {"status": verdict.status, "score": verdict.score, "max_score": verdict.max_score}
    html = notebook.shown(verdict, pictures, found, site)
    return json.dumps({**answer, "html": html, "printed": printed.first() if printed.count else ""})


def run(chapter: str, text: str, before: Sequence[str] = ()) -> str:
    """Run code to try: the chapter's imports, ``before`` (answers, which may fail), and then ``text``.

    JSON: {text, error}: what was printed with the value of the last line, and the learner's part of a traceback.
    """
    printed, namespace = Printed(), guest.namespace()
    with guest.lent(), guest.printing_to(printed):
        for number, part in enumerate([*implementations.setup(chapter), *before]):
            # an answer that is not written yet, or never ends, is no reason to run nothing
            with contextlib.suppress(BaseException), alarm(CALL_SECONDS):
                exec(guest.compiled(part, f"<cell before {number}>"), namespace)
        printed.clear()
        error = _try(text, namespace)
    return json.dumps({"text": printed.first(LINES, WIDTH), "error": error})


def judge(
    exercise: course.Exercise, text: str, seed: int, printed: Printed, pictures: dict[str, str],
    before: Sequence[str] = (),
) -> ExerciseVerdict:  # fmt: skip
    """The verdict on an editor's text; ``printed`` and ``pictures`` receive what they do in a notebook.

    UserError where there can be none: a recording that is not there or damaged, say.
    """
    if text.strip() == exercise.starter.strip():
        return ExerciseVerdict(exercise.name, "missing", 0.0, exercise.points, f"{exercise.name} is not written yet")
    desk = Desk(exercise, text, before)
    desk.run(printed)
    link = Timed(desk.namespace, implementations.drivers(exercise.chapter), printed)
    with contextlib.redirect_stdout(Printed()), contextlib.redirect_stderr(Printed()):  # what is ours warns of itself
        verdict = notebook.judge_here(exercise, link, seed, desk.forbidden, pictures)
    if verdict.status == "missing":
        verdict.message = why_missing(exercise.name, desk) or verdict.message
    return verdict


def find(name: str) -> course.Exercise:
    """The exercise of that name; CourseError where there is none that a page can judge."""
    for slug in course.chapters():
        for exercise in course.load(slug).exercises:
            if exercise.name == name and exercise.library == "numpy":
                return exercise
    raise course.CourseError(f"{name}: no exercise that can be solved in a page")


def _try(text: str, namespace: dict[str, Any]) -> str:
    """Run code to try and print the value of its last line; the learner's part of a traceback, "" for none."""
    try:
        tree = ast.parse(source.prepare(0, text).text, guest.TRIED)  # lines of a notebook's magic left out
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        linecache.cache[guest.TRIED] = (len(text), None, text.splitlines(keepends=True), guest.TRIED)
        exec(compile(tree, guest.TRIED, "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), guest.TRIED, "eval"), namespace)
            if value is not None:
                print(repr(value))
    except BaseException as error:
        return guest.told(error)
    return ""
