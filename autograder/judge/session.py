"""The judge: one box, one seed, any number of submissions; from a file to its verdict."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import threading
import time
import warnings
from functools import cache, partial
from pathlib import Path

from autograder import checks, course, paths
from autograder.errors import UserError
from autograder.judge import devices, implementations, selftest, submission
from autograder.judge.box import Box, BoxError, WorkerKilled
from autograder.judge.diagnosis import Diagnoser, careful
from autograder.judge.known import Here, Known
from autograder.judge.missing import untouched, why_missing
from autograder.judge.run import judge_exercise
from autograder.judge.sitting import Sitting
from autograder.judge.stage import StageError
from autograder.judge.subject import Memo, Reference
from autograder.judge.submission import Submission
from autograder.judge.verdict import ExerciseVerdict, Verdict

NOTES = 20  # notes of one verdict
MODULES = (
    "torch",
    "torch.fx.experimental.symbolic_shapes",  # the first gradient imports it
    "autograder.course.markers",
    "autograder.course.notebook",
)
ATTEMPTS = 3


class JudgeError(UserError):
    """The environment cannot do what was asked: what, and what to do, in one line."""

    status = 3


class Judge:
    """Judges files; threads may share it. Use as a context manager.

    ``isolation`` is boxed, inner or none, found by the self-test at start; ``warning`` says why it is not boxed.
    ``seed`` makes the inputs of all checks.
    While the box starts, the checks of ``chapter``, if it is known, are gone through with the solutions.
    On the ``device`` cuda, torch exercises run in a box of their own, one submission at a time; the others as ever.
    Raises JudgeError where learners' code cannot be isolated, unless ``allow_unisolated``; DeviceError without a GPU.
    """

    def __init__(self, allow_unisolated: bool = False, seed: int | None = None, device: str = "cpu",
                 levels: tuple[str, ...] = ("boxed", "inner"), chapter: str = "") -> None:  # fmt: skip
        self.allow_unisolated = allow_unisolated
        self.seed = implementations.fresh_seed() if seed is None else seed
        self.device = device
        self.levels = levels
        self.chapter = chapter
        self.lock = threading.Lock()
        self.chapters: dict[str, tuple[Reference, Diagnoser, Known]] = {}
        self.boxes: dict[str, Box] = {}  # by device
        self.warning = ""
        self.closed = False

    def __enter__(self) -> Judge:
        devices.require(self.device)
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings(action="ignore"))  # a mutant that warns would give itself away
            meanwhile = threading.Thread(target=self._prepare)  # two seconds that the box needs anyway
            meanwhile.start()
            try:
                self.boxes[devices.CPU], self.holes = self._open()
                stack.callback(self._close)
                if self.device != devices.CPU:
                    self.boxes[self.device], self.holes = self._open(self.box.isolation)
            finally:
                meanwhile.join()
            self.quiet = stack.pop_all()
        self.isolation = self.boxes[self.device].isolation
        return self

    @property
    def box(self) -> Box:
        """The CPU's box, as it is now: one that has ended is replaced."""
        return self.boxes[devices.CPU]

    def __exit__(self, *exc: object) -> None:
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
        fingerprint = checks_sha256(chapter)
        return fingerprint if self.device == devices.CPU else f"{fingerprint} {self.device}"

    def _judge_again_if_the_box_ends(self, handed_in: Submission, verdict: Verdict) -> None:
        """No submission pays for what another one did to the box; JudgeError when no box will stay.

        Nor for a worker that somebody has killed, such as a system without memory; but once only: it may have been
        the code itself, and then the second end counts.
        """
        forgiving = True
        for attempt in range(ATTEMPTS):
            try:
                verdict.exercises = []
                self._judge(handed_in, verdict, forgiving)
                return
            except BoxError as error:
                forgiving = forgiving and not isinstance(error, WorkerKilled)
                reason = str(error)
                time.sleep(attempt)
        raise JudgeError(f"{handed_in.path}: {reason}, {ATTEMPTS} times; grade again when the computer has room")

    def _judge(self, handed_in: Submission, verdict: Verdict, forgiving: bool) -> None:
        """Fill in the exercises and notes of a verdict."""
        chapter = course.load(handed_in.chapter or "")
        if handed_in.problem:
            verdict.exercises = [
                ExerciseVerdict(e.name, "missing", 0.0, e.points, handed_in.problem) for e in chapter.exercises
            ]
            return
        notes = list(handed_in.notes)
        found: dict[str, ExerciseVerdict] = {}
        for device, exercises in _by_device(chapter, self.device).items():
            box = self._living_box(device)
            with (
                box.turn if device != devices.CPU else contextlib.nullcontext(),
                Sitting(box, handed_in, chapter, forgiving) as sitting,
            ):
                for exercise in sorted(exercises, key=lambda exercise: exercise.name in checks.LAST):
                    found[exercise.name] = untouched(exercise, handed_in) or self._found(exercise, sitting, device)
                notes += sitting.all_notes()
        verdict.device = max(_by_device(chapter, self.device))  # "cpu" where no exercise needs another
        verdict.exercises = [found[exercise.name] for exercise in chapter.exercises]
        verdict.notes = list(dict.fromkeys(notes))[:NOTES]

    def _found(self, exercise: course.Exercise, sitting: Sitting, device: str) -> ExerciseVerdict:
        """The verdict on one exercise; the worker runs the cells before the first."""
        reference, diagnoser, known = self._chapter(exercise.chapter)
        sitting.load()
        sitting.next_exercise()
        found = judge_exercise(exercise, sitting, reference, self.seed, device, careful(diagnoser),
                               sitting.forbidden.get(exercise.name, ""), walk=partial(known.walk, sitting))  # fmt: skip
        if found.status == "missing":
            found.message = why_missing(exercise.name, sitting) or found.message
        return found

    def _chapter(self, slug: str) -> tuple[Reference, Diagnoser, Known]:
        """Expected answers, mutants' answers and what has passed, shared by all submissions of this judge."""
        with self.lock:
            if slug not in self.chapters:
                memo = Memo(implementations.solution(slug))
                self.chapters[slug] = Reference(memo), Diagnoser(slug, memo), Known()
            return self.chapters[slug]

    def _prepare(self) -> None:
        """What the first submission would wait for: imports, right answers; what goes wrong goes wrong there again."""
        for module in MODULES:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        with contextlib.suppress(Exception):
            if self.chapter:
                submission.master_sources(self.chapter)
                reference, diagnoser, known = self._chapter(self.chapter)
                here = Here(implementations.solution(self.chapter))
                for exercise in course.load(self.chapter).exercises:
                    judge_exercise(exercise, here, reference, self.seed, walk=partial(known.walk, here))
                diagnoser.prepare()

    def _open(self, ahead: str = "") -> tuple[Box, list[str]]:
        """A box, and what holes it has; ``ahead`` is the level of the CPU's box, where this one is to have a GPU."""
        device = self.device if ahead else devices.CPU
        levels = self.levels[self.levels.index(ahead) :] if ahead in self.levels else self.levels
        try:
            box, reasons = selftest.open_box(levels if ahead != "none" else (), device)
        except StageError as error:
            raise JudgeError(str(error)) from None
        known = [self.warning] if ahead and self.warning else []
        self.warning = why = "; ".join([*known, *(f"with a GPU: {reason}" if ahead else reason for reason in reasons)])
        if box:
            return box, []
        if not self.allow_unisolated:
            raise JudgeError(
                f"learners' code cannot be isolated here ({why}); `python -m autograder doctor` says what is missing; "
                "or use --allow-unisolated for files that you trust"
            )
        try:
            return Box("none", device).wait(), [f"nothing isolates learners' code from this computer ({why})"]
        except (BoxError, StageError) as error:
            raise JudgeError(str(error)) from None

    def _living_box(self, device: str) -> Box:
        """The box of a device; started anew if it has ended."""
        with self.lock:
            if self.closed:
                raise JudgeError("the judge is closed")
            box = self.boxes[device]
            if box.process.poll() is not None:
                box.close()
                try:
                    box = self.boxes[device] = Box(box.isolation, device).wait()
                except (BoxError, StageError) as error:
                    raise JudgeError(str(error)) from None
            return box

    def _close(self) -> None:
        with self.lock:
            self.closed = True  # whoever is still judging must not start the box anew
            for box in self.boxes.values():
                box.close()


def recorded(chapter: str) -> list[Path]:
    """In a bundle: what stands for the solutions of a chapter."""
    names = [exercise.name for exercise in course.load(chapter).exercises]
    files = [path for name in names for path in sorted(paths.BANK.glob(f"{name}.*.zip"))]
    return [paths.BANK / f"{chapter}.json", *files]


@cache
def checks_sha256(chapter: str) -> str:
    """The fingerprint of all that decides a grade of a chapter: exercises, checks, drivers, and the judge.

    Checks, inputs and drivers of another chapter bear its name, and no other chapter uses them.
    """
    others = {name for slug in course.chapters() if slug != chapter for name in (f"{slug}.py", f"test_{slug}.py")}
    shared = [*sorted(paths.CHECKS.rglob("*.py")), *sorted(paths.WORKER.rglob("*.py"))]
    ours = [paths.SOLUTIONS / f"{chapter}.py", paths.MUTANTS / f"{chapter}.toml"]
    files = [
        *(recorded(chapter) if course.bundled() else ours),
        *(path for path in shared if path.name not in others),
        *sorted((paths.PACKAGE / "judge").glob("*.py")),
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _by_device(chapter: course.Chapter, device: str) -> dict[str, list[course.Exercise]]:
    """The exercises of a chapter by where a judge of ``device`` runs them, the CPU's first."""
    places: dict[str, list[course.Exercise]] = {devices.CPU: []}
    for exercise in chapter.exercises:
        places.setdefault(devices.place(exercise, device), []).append(exercise)
    return places
