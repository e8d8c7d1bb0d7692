"""What must not be in the hands of students: lines of solutions and of mutants."""

from __future__ import annotations

from functools import cache

from autograder import course, paths
from autograder.judge import implementations


@cache
def secret_lines(*slugs: str) -> dict[str, str]:
    """The lines of code that solutions and mutants have and that students get nowhere, with where they are from."""
    chapters = [course.load(slug) for slug in slugs]
    open_to_all = [path.read_text() for folder in (paths.CHECKS, paths.WORKER) for path in folder.rglob("*.py")]
    starters = [text for c in chapters for text in (*c.setup, *c.demonstrations, *(e.starter for e in c.exercises))]
    given = "\n".join([*starters, *open_to_all])  # checks run networks forward, and are public
    told = {line.strip(): f"the solution of {e.name}" for c in chapters for e in c.exercises for line in e.region}
    for slug in slugs:
        for mutant in implementations.mutants(slug):
            told |= {line.strip(): f"mutant {mutant.id} of {mutant.of}" for line in mutant.source.splitlines()}
    return {line: where for line, where in told.items() if len(line) > 12 and line not in given}
