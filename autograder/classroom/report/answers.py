"""What students wrote, by exercise, and what everybody could have written without another's help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from autograder import course, paths
from autograder.classroom.report.forms import forms
from autograder.judge import implementations
from autograder.judge.submission import Submission

OWN = "cells of their own"  # what is no answer to an exercise, taken together
WHOLE = 10**6  # characters: a file of ours may be long


def sources(submissions: Mapping[str, Submission]) -> dict[str, dict[str, str]]:
    """By student: the text of each answer, by exercise, and of all other cells with code, as `OWN`."""
    found: dict[str, dict[str, str]] = {}
    for student, submission in submissions.items():
        parts: dict[str, list[str]] = defaultdict(list)
        for cell in submission.cells:
            if cell.role in ("answer", "helper") and cell.source.strip():
                parts[cell.exercise or OWN].append(cell.source)
        if parts:
            found[student] = {name: "\n\n".join(texts) for name, texts in parts.items()}
    return found


@cache
def known(chapter: str) -> dict[str, frozenset[int]]:
    """The forms of the starter, the solution, the accepted answers and the known mistakes, by exercise."""
    loaded = course.load(chapter)
    accepted = _forms((paths.ACCEPTED / f"{chapter}.py").read_text(encoding="utf-8"))
    given = _forms("\n\n".join([*loaded.setup, *loaded.demonstrations])) | accepted
    found = {one.name: given | _forms(one.starter) | _forms(one.source) for one in loaded.exercises}
    for mutant in implementations.mutants(chapter):
        found[mutant.of] |= _forms(mutant.source)
    return {**found, OWN: frozenset().union(*found.values())}


def _forms(source: str) -> frozenset[int]:
    return forms(source, WHOLE) or frozenset()
