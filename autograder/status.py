"""``python -m autograder status``: how far a learner has come in every chapter, and what to do next.

Nothing is judged that need not be: an untouched notebook is read, not run, and a verdict is kept for as long as
neither the notebook nor what decides a grade has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from autograder import course, paths
from autograder.course import Exercise
from autograder.judge import submission
from autograder.judge.submission import Submission
from autograder.judge.verdict import ExerciseVerdict, Verdict

if TYPE_CHECKING:
    from autograder.judge.session import Judge

CACHE = paths.BUILD / "status"
UNWRITTEN = "unwritten"  # besides a verdict's statuses: the starter is as it was, or says so


@dataclass
class Step:
    """One exercise: how it stands, and where its answer is; ``minutes`` are those of its card."""

    name: str
    heading: str
    status: str
    score: float
    max_score: float
    minutes: int
    message: str = ""
    file: str = ""
    place: str = ""  # "cell 4" of a notebook, "line 12" of a .py file


@dataclass
class Part:
    """One chapter; ``problem`` says in one line why a file of it could not be read, ``mend`` what to type then."""

    chapter: str
    title: str
    file: str
    problem: str = ""
    mend: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def left(self) -> list[Step]:
        """The exercises that have not passed."""
        return [step for step in self.steps if step.status != "passed"]

    @property
    def score(self) -> float:
        return round(sum(step.score for step in self.steps), 4)

    @property
    def max_score(self) -> float:
        return sum(step.max_score for step in self.steps)

    @property
    def minutes_left(self) -> int:
        """What the cards say of the exercises that have not passed."""
        return sum(step.minutes for step in self.left)


class Verdicts:
    """Verdicts on files, from the cache where they hold; the judge starts when it is first needed."""

    def __init__(self, start: Callable[[], Judge], warn: Callable[[Judge], None] = lambda judge: None) -> None:
        self.start = start
        self.warn = warn  # of how well it isolates
        self.judge: Judge | None = None
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def of(self, handed_in: Submission) -> Verdict:
        """The verdict on a file that holds answers."""
        from autograder.judge.session import checks_sha256

        chapter = handed_in.chapter or ""
        name = hashlib.sha256(str(handed_in.path.resolve()).encode()).hexdigest()[:16]
        kept = CACHE / f"{chapter}-{name}.json"
        known = _kept(kept, handed_in.sha256, checks_sha256(chapter), course.load(chapter).exercises)
        if known:
            return known
        if self.judge is None:
            self.judge = self.stack.enter_context(self.start())
            self.warn(self.judge)
        verdict = self.judge.verdict(handed_in.path, chapter)
        if all(exercise.status != "timeout" for exercise in verdict.exercises):  # a busy computer may be to blame
            _keep(kept, verdict)
        return verdict


def look(verdicts: Verdicts, folder: Path = paths.EXERCISES, files: Sequence[Path] = ()) -> list[Part]:
    """How every chapter stands, by the notebooks in ``folder`` and by ``files``; the best answer to each counts."""
    named = [submission.read(file) for file in files]
    parts = [_part(verdicts, slug, folder, [each for each in named if each.chapter == slug])
             for slug in course.chapters()]  # fmt: skip
    lost = [Part("", each.path.name, _short(each.path), each.problem) for each in named if not each.chapter]
    return [*parts, *lost]


def _part(verdicts: Verdicts, slug: str, folder: Path, named: list[Submission]) -> Part:
    """One chapter, by its notebook and by the files that were named."""
    chapter = course.load(slug)
    path = folder / slug / f"{slug}.ipynb"
    part = Part(slug, chapter.title, _short(path))
    if not path.exists() and named:  # these stand in for it
        part.file = _short(named[0].path)
    elif not path.exists():
        unreleased = folder == paths.EXERCISES and not course.bundled()
        part.problem = "not released yet" if unreleased else "there is no such file"
        part.mend = f"python -m autograder release {slug}" if unreleased else ""
    found = [submission.read(path, slug)] if path.exists() else []
    for handed_in in [*found, *named]:
        if handed_in.problem:
            part.problem = handed_in.problem
    readable = [each for each in [*found, *named] if not each.problem]
    steps = [_steps(verdicts, each) for each in readable] or [[_unwritten(each) for each in chapter.exercises]]
    part.steps = [max(of_one, key=_rank) for of_one in zip(*steps, strict=True)]
    return part


def _rank(step: Step) -> tuple[bool, float, bool]:
    return step.status == "passed", step.score, step.status != UNWRITTEN


def _steps(verdicts: Verdicts, handed_in: Submission) -> list[Step]:
    """All exercises of a file's chapter; the file is judged only where it holds an answer."""
    exercises = course.load(handed_in.chapter or "").exercises
    written = handed_in.defined() & {exercise.name for exercise in exercises}
    changed = any(cell.role == "answer" for cell in handed_in.cells)  # renamed, or not even Python: the judge says so
    judged = {each.name: each for each in verdicts.of(handed_in).exercises} if written or changed else {}
    return [_step(exercise, judged.get(exercise.name), handed_in) for exercise in exercises]


def _step(exercise: Exercise, verdict: ExerciseVerdict | None, handed_in: Submission) -> Step:
    step = _unwritten(exercise)
    step.file, step.place = _short(handed_in.path), _place(handed_in, exercise.name)
    if verdict and not (verdict.status == "missing" and verdict.message.endswith("is not written yet")):
        step.status, step.score, step.message = verdict.status, verdict.score, verdict.message
    return step


def _unwritten(exercise: Exercise) -> Step:
    heading = exercise.statement.partition("\n")[0].lstrip("# ").replace("`", "")
    return Step(exercise.name, heading, UNWRITTEN, 0.0, exercise.points, exercise.minutes)


def _place(handed_in: Submission, name: str) -> str:
    """Where the answer is, or should be; code cells are counted from 1, as in the judge's notes."""
    code = [cell for cell in handed_in.cells if cell.role != "markdown"]
    for number, cell in enumerate(code, 1):
        if name == cell.exercise or name in submission.names_in(cell.source):
            if handed_in.path.suffix == ".ipynb":
                return f"cell {number}"
            before = re.split(rf"^(?:async +def|def|class)? *{name}\b", cell.source, maxsplit=1, flags=re.MULTILINE)[0]
            return f"line {before.count(chr(10)) + 1}"
    return ""


def _kept(path: Path, notebook: str, checks: str, exercises: Sequence[Exercise]) -> Verdict | None:
    """The verdict in the cache, where it is one on this very file under these very checks."""
    try:
        digest, text = path.read_text(encoding="utf-8").split("\n", 1)
        if digest != _digest(text):
            return None
        verdict = Verdict.from_json(text)
        names = [(each.name, each.max_score) for each in verdict.exercises]
        known = names == [(each.name, each.points) for each in exercises]
    except (OSError, ValueError):  # nothing is there, or it is broken: it is made anew
        return None
    return verdict if known and (verdict.notebook_sha256, verdict.checks_sha256) == (notebook, checks) else None


def _keep(path: Path, verdict: Verdict) -> None:
    """Write in one step; where nothing can be written, the file is judged again next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        text = verdict.to_json()
        part.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")
        part.replace(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _short(path: Path) -> str:
    """As it is typed from here."""
    full = path.absolute()
    return str(full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full)
