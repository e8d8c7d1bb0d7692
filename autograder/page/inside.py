"""What runs in the web page's own Python: the checks of one exercise on an editor's text, and code to try.

The page asks with text and is answered with JSON; whatever a learner writes, there is an answer.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import linecache
import math
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from autograder import course, notebook, paths
from autograder.alarm import Alarm, alarm
from autograder.errors import UserError
from autograder.judge import bank, implementations
from autograder.judge.missing import why_missing
from autograder.judge.run import CheckBroken
from autograder.judge.submission import Submission, SubmittedCell
from autograder.judge.verdict import ExerciseVerdict
from autograder.timed import CALL_SECONDS, Printed, Timed, nobody_answers
from autograder.worker import calls, source

BANK = str(paths.BANK)  # where the page puts recordings
CODE = "your code"  # what an editor's text is called
TRIED = "<cell tried>"
ABSENT = "{0} is not part of Python in this page, which has NumPy; the chapter's notebook has {0}"
SHARED = (builtins, math, np, np.linalg, np.random, sys)  # modules that a press finds as they were
RECURSION = sys.getrecursionlimit()
LINES, WIDTH = 200, 2000  # of what code to try prints: so much is shown


def check(exercise: str, text: str, seed: int, site: str = "") -> str:
    """The verdict on the text of an exercise's editor, with the recording of ``seed``, which the page has put there.

    JSON: {status, score, max_score, html, printed}; or {problem} where there can be no verdict.
    ``site`` is the address of the website that the page is on.
    """
    printed, pictures = Printed(), dict[str, str]()
    try:
        found = find(exercise)
        with _lent():
            verdict = judge(found, text, seed, printed, pictures)
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
    printed, namespace = Printed(), _namespace()
    with _lent(), _printing_to(printed):
        for number, part in enumerate([*implementations.setup(chapter), *before]):
            with contextlib.suppress(BaseException):  # an answer that is not written yet is no reason to run nothing
                exec(_compiled(part, f"<cell before {number}>"), namespace)
        printed.clear()
        error = _try(text, namespace)
    return json.dumps({"text": printed.first(LINES, WIDTH), "error": error})


@dataclass
class Desk:
    """An editor's text as a submission whose cells have run: the chapter's imports, then the text."""

    exercise: course.Exercise
    text: str
    problems: dict[int, str] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.exercise.name
        own = SubmittedCell(self.text, "answer", name)
        self.chapter = course.load(self.exercise.chapter)
        self.submission = Submission(Path(f"{name}.py"), chapter=self.chapter.slug, cells=(own,))
        self.cells = [*(("the chapter's imports", text) for text in implementations.setup(self.chapter.slug))]
        self.cells.append((CODE, self.text))
        self.read = [source.prepare(number, text) for number, (_, text) in enumerate(self.cells, 1)]

    def run(self, printed: Printed) -> None:
        """Run the cells; each may fail alone, and then its problem is noted."""
        self.namespace = _namespace()
        for number, cell in enumerate(self.read):
            place = self.cells[number][0]
            if cell.problem:
                self.problems[number] = f"{place}, {cell.problem}"
            elif cell.code and (problem := _run(cell.code, self.namespace, printed)):
                self.problems[number] = f"{place}{problem}"

    @property
    def forbidden(self) -> str:
        """What reading finds that the exercise may not use; "" for nothing."""
        return source.forbidden(self.read, self.exercise.name, self.exercise.library)


def judge(
    exercise: course.Exercise, text: str, seed: int, printed: Printed, pictures: dict[str, str]
) -> ExerciseVerdict:
    """The verdict on an editor's text; ``printed`` and ``pictures`` receive what they do in a notebook.

    UserError where there can be none: a recording that is not there or damaged, say.
    """
    if text.strip() == exercise.starter.strip():
        return ExerciseVerdict(exercise.name, "missing", 0.0, exercise.points, f"{exercise.name} is not written yet")
    desk = Desk(exercise, text)
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


def _namespace() -> dict[str, Any]:
    """A fresh ``__main__``: dataclasses and others look their module up there."""
    module = sys.modules["__main__"] = ModuleType("__main__")
    return vars(module)


def _run(code: CodeType, namespace: dict[str, Any], printed: Printed) -> str:
    """Run one cell's code; where it raised something, and what, "" for nothing."""
    try:
        with _printing_to(printed), alarm(CALL_SECONDS):
            exec(code, namespace)
    except BaseException as error:
        at = calls.describe(error)
        where = f', line {at.line} ("{at.source}")' if at.source else ""
        if isinstance(error, Alarm):
            return f"{where}: took longer than {CALL_SECONDS:g} s"
        return f"{where}: {_absent(error) or f'{at.type} ({at.message})'}"
    return ""


def _absent(error: BaseException) -> str:
    """What is said of a library that a page does not have; "" where none was asked for."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return ABSENT.format(error.name.partition(".")[0])
    return ""


def _try(text: str, namespace: dict[str, Any]) -> str:
    """Run code to try and print the value of its last line; the learner's part of a traceback, "" for none."""
    try:
        tree = ast.parse(text, TRIED)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        linecache.cache[TRIED] = (len(text), None, text.splitlines(keepends=True), TRIED)
        exec(compile(tree, TRIED, "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), TRIED, "eval"), namespace)
            if value is not None:
                print(repr(value))
    except BaseException as error:
        return _told(error)
    return ""


def _told(error: BaseException) -> str:
    """An exception as a learner needs it: their own lines, and what it says."""
    if absent := _absent(error):
        return absent
    told = traceback.TracebackException.from_exception(error, compact=True)
    lines = []
    for frame in (frame for frame in told.stack if frame.filename.startswith(calls.CELL)):
        inside = "" if frame.name == "<module>" else f", in {frame.name}"
        lines += [f"line {frame.lineno}{inside}", f"    {frame.line}"]
    lines = [*lines[:10], "...", *lines[-10:]] if len(lines) > 20 else lines  # a function that calls itself for ever
    says = "".join(told.format_exception_only()).rstrip().replace(f'File "{TRIED}", ', "")
    return "\n".join([*lines, says])


def _compiled(text: str, name: str) -> CodeType:
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")


@contextlib.contextmanager
def _printing_to(printed: Printed) -> Iterator[None]:
    """For code of a learner's: prints are kept, nobody answers input(), and what it sets for warnings ends with it."""
    with contextlib.ExitStack() as stack:
        for each in (contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), nobody_answers()):
            stack.enter_context(each)
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(np.errstate())
        yield


@contextlib.contextmanager
def _lent() -> Iterator[None]:
    """What a learner's code puts into the modules that all share, such as another ``np.tanh``, ends with its press."""
    before = [(namespace, dict(namespace)) for namespace in (sys.modules, *map(vars, SHARED))]
    try:
        yield
    finally:
        for namespace, was in before:
            namespace.update(was)
        sys.setrecursionlimit(RECURSION)


def _limited(limit: int) -> None:
    """In place of ``sys.setrecursionlimit``: a browser's stack ends early, and Python with it."""
    _set_limit(min(limit, RECURSION))


_set_limit = sys.setrecursionlimit
if sys.platform == "emscripten":
    sys.setrecursionlimit = _limited
