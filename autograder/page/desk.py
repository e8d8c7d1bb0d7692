"""An editor's text as a submission whose cells have run: what the judge's own words on a missing answer are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from autograder import course
from autograder.alarm import Alarm, alarm
from autograder.judge import implementations
from autograder.judge.submission import Submission, SubmittedCell
from autograder.page import guest
from autograder.timed import CALL_SECONDS, Printed
from autograder.worker import calls, source

CODE = "the editor"  # what its text is called


@dataclass
class Desk:
    """An editor's text as a submission whose cells have run: the chapter's imports, what ``before`` holds, the text.

    ``before`` are the reader's other answers of the chapter, which this one may call, as in the notebook.
    """

    exercise: course.Exercise
    text: str
    before: Sequence[str] = ()
    problems: dict[int, str] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.exercise.name
        own = SubmittedCell(self.text, "answer", name)
        self.chapter = course.load(self.exercise.chapter)
        self.submission = Submission(Path(f"{name}.py"), chapter=self.chapter.slug, cells=(own,))
        imports = [("the chapter's imports", text) for text in implementations.setup(self.chapter.slug)]
        self.cells = [*imports, *(("another answer", text) for text in self.before), (CODE, self.text)]
        self.read = [source.prepare(number, text) for number, (_, text) in enumerate(self.cells, 1)]

    def run(self, printed: Printed) -> None:
        """Run the cells; each may fail alone, and then its problem is noted.

        The judge leaves out what only calls or shows something; here it runs, as in the notebook.
        """
        self.namespace = guest.namespace()
        for number, cell in enumerate(self.read):
            place, own = self.cells[number][0], number == len(self.read) - 1
            if cell.problem:
                self.problems[number] = f"{place}, {cell.problem}"
            elif cell.code:
                code = compile(cell.text, cell.name, "exec") if own else cell.code
                if problem := _run(code, self.namespace, printed if own else Printed()):
                    self.problems[number] = f"{place}{problem}"
        if len(self.read) - 1 in self.problems and self.exercise.name in self.namespace:
            printed.write(f"{self.problems[len(self.read) - 1]}\n")

    @property
    def forbidden(self) -> str:
        """What reading finds that the exercise may not use; "" for nothing."""
        return source.forbidden(self.read, self.exercise.name, self.exercise.library)


def _run(code: CodeType, namespace: dict[str, Any], printed: Printed) -> str:
    """Run one cell's code; where it raised something, and what, "" for nothing."""
    try:
        with guest.printing_to(printed), alarm(CALL_SECONDS):
            exec(code, namespace)
    except BaseException as error:
        at = calls.describe(error)
        where = f', line {at.line} ("{at.source}")' if at.source else ""
        if isinstance(error, Alarm):
            return f"{where}: took longer than {CALL_SECONDS:g} s"
        return f"{where}: {guest.absent(error) or f'{at.type} ({at.message})'}"
    return ""
