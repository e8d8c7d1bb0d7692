"""The judge: one box, one seed, any number of submissions; from a file to its verdict."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import importlib
import re
import secrets
import threading
import time
import warnings
from functools import cache
from pathlib import Path

from autograder import course, paths
from autograder.errors import UserError
from autograder.judge import implementations, selftest, submission
from autograder.judge.box import Box, BoxError
from autograder.judge.diagnosis import Diagnoser, careful
from autograder.judge.run import judge_exercise
from autograder.judge.sitting import Sitting
from autograder.judge.subject import Memo, Reference
from autograder.judge.submission import Submission
from autograder.judge.verdict import ExerciseVerdict, Verdict

NOTES = 20  # notes of one verdict
ATTEMPTS = 3


class JudgeError(UserError):
    """The environment cannot do what was asked: what, and what to do, in one line."""

    status = 3


class Judge:
    """Judges files; threads may share it. Use as a context manager.

    ``isolation`` is boxed, inner or none, found by the self-test at start; ``warning`` says why it is not boxed.
    ``seed`` makes the inputs of all checks.
    Raises JudgeError where learners' code cannot be isolated, unless ``allow_unisolated``.
    """

    def __init__(self, allow_unisolated: bool = False, seed: int | None = None, device: str = "cpu",
                 levels: tuple[str, ...] = ("boxed", "inner")) -> None:  # fmt: skip
        self.allow_unisolated = allow_unisolated
        self.seed = secrets.randbits(32) if seed is None else seed
        self.device = device
        self.levels = levels
        self.lock = threading.Lock()
        self.chapters: dict[str, tuple[Reference, Diagnoser]] = {}

    def __enter__(self) -> Judge:
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings(action="ignore"))  # a mutant that warns would give itself away
            meanwhile = threading.Thread(target=_import)  # two seconds that the box needs anyway
            meanwhile.start()
            try:
                self.box, self.holes = self._open()
            finally:
                meanwhile.join()
            self.quiet = stack.pop_all()
        self.isolation = self.box.isolation
        return self

    def __exit__(self, *exc: object) -> None:
        self.box.close()
        self.quiet.close()

    def verdict(self, path: Path, chapter: str | None = None, student: str | None = None) -> Verdict:
        """The verdict on one file; whatever stands in the file, there is one."""
        return self.judge(submission.read(path, chapter), student)

    def judge(self, handed_in: Submission, student: str | None = None) -> Verdict:
        """The verdict on a file that has been read, perhaps on another machine."""
        start = time.perf_counter()
        verdict = Verdict(handed_in.chapter, student, isolation=self.isolation, holes=list(self.holes))  # type: ignore[arg-type]
        verdict.device, verdict.seed, verdict.notebook_sha256 = self.device, self.seed, handed_in.sha256
        verdict.message = handed_in.problem
        if handed_in.chapter:
            verdict.checks_sha256 = self.checks_sha256(handed_in.chapter)
            self._judge_again_if_the_box_ends(handed_in, verdict)
        verdict.score = round(sum(exercise.score for exercise in verdict.exercises), 4)
        verdict.max_score = sum(exercise.max_score for exercise in verdict.exercises)
        verdict.seconds = round(time.perf_counter() - start, 4)
        return verdict

    def checks_sha256(self, chapter: str) -> str:
        """The fingerprint of all that decides a grade of this chapter."""
        return checks_sha256(chapter)

    def _judge_again_if_the_box_ends(self, handed_in: Submission, verdict: Verdict) -> None:
        """No submission pays for what another one did to the box; JudgeError when no box will stay."""
        for attempt in range(ATTEMPTS):
            try:
                verdict.exercises = []
                self._judge(handed_in, verdict)
                return
            except BoxError as error:
                reason = str(error)
                time.sleep(attempt)
        raise JudgeError(f"{handed_in.path}: {reason}, {ATTEMPTS} times; grade again when the computer has room")

    def _judge(self, handed_in: Submission, verdict: Verdict) -> None:
        """Fill in the exercises and notes of a verdict."""
        chapter = course.load(handed_in.chapter or "")
        if handed_in.problem:
            verdict.exercises = [
                ExerciseVerdict(e.name, "missing", 0.0, e.points, handed_in.problem) for e in chapter.exercises
            ]
            return
        reference, diagnoser = self._chapter(chapter.slug)
        with Sitting(self._living_box(), handed_in, chapter) as sitting:
            for exercise in chapter.exercises:
                untouched = _untouched(exercise, handed_in)
                if untouched:
                    verdict.exercises.append(untouched)
                    continue
                sitting.load()
                sitting.next_exercise()
                found = judge_exercise(exercise, sitting, reference, self.seed, self.device, careful(diagnoser),
                                       sitting.forbidden.get(exercise.name, ""))  # fmt: skip
                if found.status == "missing":
                    found.message = _why_missing(exercise.name, handed_in, sitting) or found.message
                verdict.exercises.append(found)
            verdict.notes = [*handed_in.notes, *sitting.all_notes()][:NOTES]

    def _chapter(self, slug: str) -> tuple[Reference, Diagnoser]:
        """Expected answers and mutants' answers, shared by all submissions of this judge."""
        with self.lock:
            if slug not in self.chapters:
                memo = Memo(implementations.solution(slug))
                self.chapters[slug] = Reference(memo), Diagnoser(slug, memo)
            return self.chapters[slug]

    def _open(self) -> tuple[Box, list[str]]:
        box, reasons = selftest.open_box(self.levels)
        self.warning = why = "; ".join(reasons)
        if box:
            return box, []
        if not self.allow_unisolated:
            raise JudgeError(
                f"learners' code cannot be isolated here ({why}); `python -m autograder doctor` says what is missing; "
                "or use --allow-unisolated for files that you trust"
            )
        try:
            return Box("none").wait(), [f"nothing isolates learners' code from this computer ({why})"]
        except BoxError as error:
            raise JudgeError(str(error)) from None

    def _living_box(self) -> Box:
        """The box; started anew if it has ended."""
        with self.lock:
            if self.box.process.poll() is not None:
                self.box.close()
                try:
                    self.box = Box(self.box.isolation).wait()
                except BoxError as error:
                    raise JudgeError(str(error)) from None
            return self.box


def _import() -> None:
    for module in ("torch", "autograder.course.markers", "autograder.course.notebook"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


@cache
def checks_sha256(chapter: str) -> str:
    """The fingerprint of all that decides a grade of a chapter: exercises, checks, drivers, and the judge."""
    files = [
        paths.SOLUTIONS / f"{chapter}.py",
        paths.MUTANTS / f"{chapter}.toml",
        *sorted(paths.CHECKS.rglob("*.py")),
        *sorted(paths.WORKER.rglob("*.py")),
        *sorted((paths.PACKAGE / "judge").glob("*.py")),
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _untouched(exercise: course.Exercise, handed_in: Submission) -> ExerciseVerdict | None:
    """The verdict on an exercise whose starter is as it was handed out; None where there is something to judge."""
    roles = {cell.role for cell in handed_in.cells if cell.exercise == exercise.name}
    if roles != {"untouched"} or exercise.name in handed_in.defined():
        return None
    message = f"{exercise.name} is not written yet"
    return ExerciseVerdict(exercise.name, "missing", 0.0, exercise.points, message)


def _why_missing(name: str, handed_in: Submission, sitting: Sitting) -> str:
    """Why there is no function of that name: its cell failed, or the name was changed; "" when neither is known."""
    for number, (_, source) in enumerate(sitting.cells):
        if number in sitting.problems and name in submission.names_in(source):
            return f"{name} is not defined, because its cell did not run: {sitting.problems[number]}"
    if -1 in sitting.problems:
        return sitting.problems[-1]
    if name in handed_in.defined():
        return ""
    inside = re.compile(rf"^[ \t]+(?:def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)
    if any(inside.search(source) for _, source in sitting.cells):
        return f"{name} is defined inside something else: move its first line, and what belongs to it, to the left"
    own = [n for cell in handed_in.cells if cell.exercise == name for n in submission.names_in(cell.source)]
    others = handed_in.defined() - {exercise.name for exercise in sitting.chapter.exercises}
    near = own[:1] or difflib.get_close_matches(name, others, 1, 0.75)
    hint = f"; {near[0]} looks like it: give it its name back" if near else ""
    return f"{name} is not defined{hint}"
