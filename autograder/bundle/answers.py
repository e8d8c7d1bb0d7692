"""The answer bank as files: chapters without their solutions, and a recording for each exercise and seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import course, paths
from autograder.bundle import record
from autograder.course import Chapter, Exercise, stored
from autograder.errors import UserError
from autograder.judge import bank, implementations, names
from autograder.judge.session import checks_sha256

SEEDS = (1, 2, 3)
MADE = paths.BUILD / "bank"  # recordings, by what they were made from: made once, as long as nothing changes


def files(chapters: Sequence[str]) -> dict[str, bytes]:
    """The files of the bank by their names, the same for the same course, byte for byte."""
    index = {"seeds": list(SEEDS), "chapters": list(chapters)}
    found = {stored.INDEX: stored.text_of(index).encode()}
    for slug in chapters:
        chapter = course.load(slug)
        found[f"{slug}.json"] = stored.text_of(_known_of(chapter)).encode()
        for exercise in chapter.exercises:
            for seed in SEEDS:
                found[bank.file(exercise.name, seed).name] = recording(exercise, seed)
    return found


def recording(exercise: Exercise, seed: int) -> bytes:
    """The recording of an exercise and a seed; made anew where solutions, checks, mutants or the judge have changed."""
    path = bank.file(exercise.name, seed, MADE / _made_from(exercise.chapter))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        data = record.record(exercise, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)
        return data
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; make room for it, or remove it") from None


def _known_of(chapter: Chapter) -> dict[str, Any]:
    """What is known of a chapter besides the recordings: its text, what results are called, and what mistakes are."""
    solution, known = implementations.solution(chapter.slug), implementations.mutants(chapter.slug)
    results = {exercise.name: names.results(solution, exercise.name) for exercise in chapter.exercises}
    mistakes = {e.name: {m.id: m.believes for m in known if m.of == e.name} for e in chapter.exercises}
    return {"chapter": stored.without_solutions(chapter), "results": results, "mistakes": mistakes}


def _made_from(chapter: str) -> str:
    """The fingerprint of all that a recording depends on."""
    ours = hashlib.sha256(Path(record.__file__).read_bytes()).hexdigest()
    return hashlib.sha256(f"{checks_sha256(chapter)} {ours}".encode()).hexdigest()[:16]
