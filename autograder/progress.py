"""A learner's progress for the terminal, wide or narrow, and as JSON; the last lines are what to type next."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from autograder import course
from autograder.feedback import WORDS as VERDICTS
from autograder.status import UNWRITTEN, Part, Step

WORDS = {**VERDICTS, "missing": "not defined", UNWRITTEN: "not written yet"}
SIGNS = {"passed": "✓", "failed": "✗", "error": "!", "timeout": "…", "forbidden": "#", "missing": "?", UNWRITTEN: "·"}
STYLES = {"passed": "green", UNWRITTEN: "dim"}
INDENT = (0, 0, 0, 2)
MESSAGE = 200  # characters of what is wrong with the next exercise


def shown(parts: Sequence[Part]) -> Group:
    """Every chapter, all of them together, and what to do next."""
    steps = [step for part in parts for step in part.steps]
    lines = [line for part in parts for line in [*_chapter(part), Text()]]
    minutes = sum(part.minutes_left for part in parts)
    passed = sum(step.status == "passed" for step in steps)
    points = _points(sum(part.score for part in parts), sum(part.max_score for part in parts))
    left = f", about {_time(minutes)} left" if minutes else ""
    return Group(
        *lines, Text(f"{passed} of {len(steps)} exercises passed, {points}{left}", "bold"), Text(), *_next(parts)
    )


def as_json(parts: Sequence[Part]) -> str:
    """The same for machines: one line."""
    chapters: list[dict[str, Any]] = []
    for part in parts:
        steps = [{**asdict(step), "word": WORDS[step.status]} for step in part.steps]
        sums = {"score": part.score, "max_score": part.max_score, "minutes_left": part.minutes_left}
        chapters.append({**asdict(part), **sums, "steps": steps})
    part_and_step = upcoming(parts)
    then: dict[str, Any] | None = None
    if part_and_step:
        part, step = part_and_step
        then = {"chapter": part.chapter, "exercise": step.name if step else None, "commands": commands(part, step)}
    return json.dumps({"chapters": chapters, "next": then}, ensure_ascii=False)


def upcoming(parts: Sequence[Part]) -> tuple[Part, Step | None] | None:
    """The first exercise, in the order of the course, that has not passed; no exercise where a file is in the way."""
    for part in parts:
        if part.problem:
            return part, None
        if part.left:
            return part, part.left[0]
    return None


def commands(part: Part, step: Step | None) -> list[str]:
    """What to type: to mend a chapter, or to work on an exercise and to check it."""
    if step is None:
        return [_typed(*part.mend.split())] if part.mend else []
    file = step.file or part.file
    opened = [_typed("jupyter", "lab", file)] if file.endswith(".ipynb") else []
    return [*opened, _typed("python", "-m", "autograder", "check", file)]


def _chapter(part: Part) -> Iterator[RenderableType]:
    """The heading, a sign for each exercise in order, and the exercises by how they stand."""
    yield Text.assemble((part.chapter or part.file, "bold"), f"  {part.title}" if part.chapter else "")
    if part.problem:
        yield Padding(Text(f"! {_printable(part.problem)}", "yellow"), INDENT, expand=False)
    if not part.steps:
        return
    bar = [(SIGNS[step.status], STYLES.get(step.status, "yellow")) for step in part.steps]
    left = f", about {_time(part.minutes_left)} left" if part.minutes_left else ""
    yield Padding(Text.assemble(*bar, "  ", _points(part.score, part.max_score), left), INDENT, expand=False)
    for status in dict.fromkeys(step.status for step in part.steps):
        names = ", ".join(_with_points(step) for step in part.steps if step.status == status)
        style = STYLES.get(status, "yellow")
        yield Padding(Text.assemble((f"{SIGNS[status]} {WORDS[status]}: ", style), names), INDENT, expand=False)


def _next(parts: Sequence[Part]) -> Iterator[RenderableType]:
    found = upcoming(parts)
    if found is None:
        if course.bundled():
            yield Text("All is done.")
        else:
            yield Text("All is done. Compare with the solutions on the website:")
            yield from _command("make serve")
        return
    part, step = found
    if step is None:
        yield Text.assemble(("Next: ", "bold"), f"{part.chapter or part.file} cannot be read")
        if not part.mend:
            yield Text("Mend or move this file; then run this command again:")
        for command in commands(part, None) or [_typed("python", "-m", "autograder", "status")]:
            yield from _command(command)
        return
    yield Text.assemble(("Next: ", "bold"), (step.name, "bold"), f", about {_time(step.minutes)}")
    if step.message:
        yield Padding(Text(_printable(step.message)[:MESSAGE]), INDENT, expand=False)
    place = step.place or "a cell of its own"
    at = f'{place}, below "{step.heading}"' if step.place.startswith("cell") else f"{step.file or part.file}, {place}"
    yield Text(f"Write it in {at}:")
    *opened, check = commands(part, step)
    for command in opened:
        yield from _command(command)
    yield Text("Then check it:")
    yield from _command(check)


def _command(text: str) -> Iterator[RenderableType]:
    """On a line of its own that no console breaks: it can be copied whole."""
    yield Text(f"  {text}", "cyan", no_wrap=True, overflow="ignore")


def _typed(tool: str, *arguments: str) -> str:
    """A command as it is typed here: with the programs beside the Python that runs, as seen from this folder."""
    program = Path(sys.executable).with_name(tool)
    if program.exists() and program.is_relative_to(Path.cwd()):
        tool = str(program.relative_to(Path.cwd()))
    return shlex.join([tool, *arguments])


def _with_points(step: Step) -> str:
    partly = step.score and step.status != "passed"
    return f"{step.name} ({_number(step.score)} of {_number(step.max_score)})" if partly else step.name


def _points(score: float, of: float) -> str:
    return f"{_number(score)} of {_number(of)} points"


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _time(minutes: int) -> str:
    if minutes < 90:
        return f"{minutes} minutes" if minutes != 1 else "1 minute"
    return f"{_number(minutes / 60)} hours"


def _printable(text: str) -> str:
    """A learner's own text may be in it: no escape sequence reaches the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
