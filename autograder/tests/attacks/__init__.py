"""The golden suite: attacks on the grader, what each tries and what must come of it.

Each ``*.toml`` beside this file is a theme. An attack is an answer to one exercise, or a whole file that a function in
``makers.py`` writes. `run` hands them in, each with right answers to two other exercises, and looks what came of it.
Attacks that follow each other in a file are judged side by side: keep those together that wait for a deadline.

Code finds what it aims at through words between two @: those of `world.World.aims`, such as ``@gradebook@``.
An attack that got what it wanted says so through `got` (see ``tools.py``, which runs in a cell before it): an exception
whose text holds what it got. One that was refused returns the right answer, so that full marks say it was refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

from autograder import course
from autograder.course import Exercise
from autograder.judge.verdict import Status

FOLDER = Path(__file__).parent
SEEN = {  # what an attack may do, by its name in `breaks`
    "got_through": "the code said that it got what it wanted",
    "canary_read": "a secret stands in the verdict",
    "canary_written": "a file was changed, made or removed",
    "connected": "somebody connected, or sent something",
    "process_left": "a process is left",
    "judge_signalled": "the judge got a signal",
    "warm_lost": "the warm process ended",
    "sibling_lost": "another submission's process does not answer",
    "no_verdict": "there is no verdict, and grading stops",
    "grade_changed": "the verdict is not the deserved one",
    "next_harmed": "a right submission after it has not full marks",
}
OTHERS = 2  # right answers that are handed in with an attack


@dataclass(frozen=True)
class Attack:
    """One attack: ``tries`` and ``must`` are for people, the rest is for `run`.

    The exercise ``of`` must have one of ``status``, a share of its points from ``share[0]`` to ``share[1]``, and a
    message in which the pattern ``says`` is found. ``breaks`` names what the attack does where nothing isolates it
    (one of ``SEEN``); "" where that is not tried. ``spares`` is False where the other exercises suffer too.
    """

    name: str
    theme: str
    tries: str
    must: str
    status: tuple[Status, ...]
    of: str = "rnn_step"
    code: str = ""
    before: str = ""
    share: tuple[float, float] = (0.0, 0.0)
    says: str = ""
    made: str = ""
    breaks: str = ""
    spares: bool = True

    @property
    def exercise(self) -> Exercise:
        """The exercise that is attacked."""
        return exercises()[self.of]

    def others(self) -> list[Exercise]:
        """The exercises of the same chapter that are answered rightly beside the attack."""
        chapter = course.load(self.exercise.chapter).exercises
        return [exercise for exercise in chapter if exercise.name != self.of][:OTHERS]


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise of the course, by its name."""
    return {exercise.name: exercise for slug in course.chapters() for exercise in course.load(slug).exercises}


@cache
def themes() -> dict[str, tuple[Attack, ...]]:
    """The attacks of each theme; ValueError, with file and name, where one is not as it has to be."""
    found = {path.stem: read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
    _named_once([attack for theme in found.values() for attack in theme])
    return found


def read(theme: str, text: str) -> tuple[Attack, ...]:
    """The attacks of one file; ValueError where one is not as it has to be."""
    data = tomllib.loads(text)
    if set(data) != {"attack"}:
        raise ValueError(f"{theme}.toml: [[attack]] tables are expected, and nothing else")
    attacks = tuple(_attack(theme, entry) for entry in data["attack"])
    _named_once(attacks)
    return attacks


def _named_once(attacks: Sequence[Attack]) -> None:
    names = [attack.name for attack in attacks]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]} stands there twice: each attack needs a name of its own")


def _attack(theme: str, entry: Mapping[str, Any]) -> Attack:
    where = f"{theme}.toml, {entry.get('name', 'an attack without a name')}"
    known = {field.name for field in fields(Attack)} - {"theme"}
    if unknown := sorted(set(entry) - known):
        raise ValueError(f"{where}: {unknown[0]} is no key; there are {', '.join(sorted(known))}")
    if lacking := [key for key in ("name", "tries", "must", "status") if not entry.get(key)]:
        raise ValueError(f"{where}: {lacking[0]} is missing")
    status, share = entry["status"], entry.get("share", 0.0)
    attack = Attack(**{
        **entry,
        "theme": theme,
        "status": tuple(status) if isinstance(status, list) else (status,),
        "share": tuple(share) if isinstance(share, list) else (share, share),
    })  # fmt: skip
    if wrong := set(attack.status) - set(get_args(Status)):
        raise ValueError(f"{where}: {min(wrong)} is no status")
    if bool(attack.code) == bool(attack.made):
        raise ValueError(f"{where}: either code or made is needed")
    if attack.breaks and attack.breaks not in SEEN:
        raise ValueError(f"{where}: {attack.breaks} is nothing that can be seen; there are {', '.join(SEEN)}")
    if attack.of not in exercises():
        raise ValueError(f"{where}: {attack.of} is no exercise")
    return attack
