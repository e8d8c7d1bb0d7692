"""Everything that can stand in for a learner: the solution, the starter, right answers in other styles, wrong ones.

All run in this process, for they are ours: `prove`, our tests and the diagnosis call them.
"""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import re
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from autograder import course, paths
from autograder.course import CourseError, Exercise
from autograder.judge import bank
from autograder.judge.subject import LocalLink, Memo, Reference
from autograder.worker import drivers as _drivers

KEYS = {"id", "of", "believes", "edits", "code", "crashes"}
TORCH = re.compile(r"^(?:import |from )?torch\b.*$", re.MULTILINE)  # a line of a chapter's imports that needs torch


@dataclass(frozen=True)
class Variant:
    """A right answer to ``exercise`` in another style."""

    exercise: str
    style: str
    link: LocalLink


@dataclass(frozen=True)
class Mutant:
    """A wrong answer to exercise ``of``; ``believes`` goes on after "Your results are those of code that".

    ``crashes``: an exception is how this mistake shows.
    """

    chapter: str
    id: str
    of: str
    believes: str
    source: str
    crashes: bool = False

    @cached_property
    def link(self) -> LocalLink:
        """Made when first needed: it executes the chapter's imports and the mutant."""
        return link(self.chapter, self.source, f"<cell mutant {self.id} of {self.of}>")


def drivers(chapter: str) -> Mapping[str, Any]:
    """The drivers of a chapter, by exercise: of its classes, and of functions that take more than arrays."""
    return _drivers.load(chapter)


@cache
def solution(chapter: str) -> Any:
    """The reference solutions; without torch, those of the NumPy exercises. In a bundle, their recorded answers."""
    if course.bundled():
        return bank.solution(chapter, starter(chapter))
    if importlib.util.find_spec("torch"):
        return LocalLink(vars(course.solution(chapter)), drivers(chapter))
    sources = [exercise.source for exercise in _exercises(chapter)]
    return link(chapter, "\n\n".join(sources), f"<cell solutions of {chapter}>")


@cache
def reference(chapter: str) -> Reference:
    """The reference solutions as a check sees them; each call is computed once."""
    return Reference(Memo(solution(chapter)))


@cache
def starter(chapter: str) -> LocalLink:
    """What a learner has before writing anything; without torch, of the NumPy exercises."""
    source = "\n\n".join(exercise.starter for exercise in _exercises(chapter))
    return link(chapter, source, f"<cell starter of {chapter}>")


@cache
def accepted(chapter: str) -> list[Variant]:
    """The functions and classes of ``accepted/<chapter>.py`` that are named ``<exercise>__<style>``."""
    module = vars(importlib.import_module(f"autograder.accepted.{chapter}"))
    variants = []
    for exercise, style, answer in ((*name.partition("__")[::2], value) for name, value in module.items()):
        if exercise and style and not style.endswith("__"):
            course.load(chapter).exercise(exercise)  # CourseError for a name that is no exercise's
            variants.append(Variant(exercise, style, LocalLink({**module, exercise: answer}, drivers(chapter))))
    return variants


def prepare(exercise: Exercise, seed: int) -> None:
    """In a bundle, have the recording ready that stands for the solution and its inputs."""
    if course.bundled():
        bank.use(exercise, seed)


def fresh_seed() -> int:
    """A seed to judge with: in a bundle one of those that are recorded."""
    return bank.fresh_seed() if course.bundled() else secrets.randbits(32)


@cache
def mutants(chapter: str) -> list[Any]:
    """The entries of ``mutants/<chapter>.toml``, in a bundle the recorded ones; CourseError for one that is broken."""
    if course.bundled():
        return bank.mistakes(chapter)
    path = paths.MUTANTS / f"{chapter}.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path.name}: {error}") from None
    made = [_mutant(chapter, entry) for entry in entries]
    names = [(mutant.of, mutant.id) for mutant in made]
    if double := {name for name in names if names.count(name) > 1}:
        raise CourseError(f"{path.name}: two mutants of {' and '.join(min(double))}; give each its own id")
    return made


def link(chapter: str, source: str, file: str) -> LocalLink:
    """Execute a chapter's imports and then ``source``; ``file`` is the name that tracebacks show its lines under."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for text, name in [*((text, f"<setup of {chapter}>") for text in setup(chapter)), (source, file)]:
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), namespace)
    return LocalLink(namespace, drivers(chapter))


def setup(chapter: str) -> list[str]:
    """The imports that every answer may rely on; without torch, those that need none."""
    sources = course.load(chapter).setup
    return list(sources) if importlib.util.find_spec("torch") else [TORCH.sub("", text) for text in sources]


def _exercises(chapter: str) -> list[Exercise]:
    """The exercises of a chapter that can be run here: without torch, those of NumPy."""
    torch = importlib.util.find_spec("torch")
    return [exercise for exercise in course.load(chapter).exercises if torch or exercise.library == "numpy"]


def _mutant(chapter: str, entry: dict[str, Any]) -> Mutant:
    where = f"mutants/{chapter}.toml, {entry.get('of', '?')}/{entry.get('id', '?')}"
    if missing := {"id", "of", "believes"} - entry.keys():
        raise CourseError(f"{where}: {' and '.join(sorted(missing))} missing")
    if unknown := entry.keys() - KEYS:
        raise CourseError(f"{where}: {' and '.join(sorted(unknown))} not known; keys are {', '.join(sorted(KEYS))}")
    if ("edits" in entry) == ("code" in entry):
        raise CourseError(f"{where}: needs either `edits` or `code`")
    source = course.load(chapter).exercise(entry["of"]).source
    source = entry["code"] if "code" in entry else _edited(source, entry["edits"], where)
    return Mutant(chapter, entry["id"], entry["of"], entry["believes"], source, entry.get("crashes", False))


def _edited(source: str, edits: Sequence[dict[str, str]], where: str) -> str:
    for edit in edits:
        if (count := source.count(edit["replace"])) != 1:
            raise CourseError(f"{where}: `{edit['replace']}` stands {count} times in the solution; it must be once")
        source = source.replace(edit["replace"], edit["with"])
    return source
