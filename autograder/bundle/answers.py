"""The answer bank as files: chapters without their solutions, and a recording for each exercise and seed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import course, paths
from autograder.bundle import record
from autograder.course import Chapter, Exercise, sections, stored
from autograder.judge import bank, implementations, names
from autograder.judge.session import checks_sha256

SEEDS = (1, 2, 3)
MADE = paths.BUILD / "bank"  # recordings, by what they were made from: made once, as long as nothing changes


def files(chapters: Sequence[str], site: str = "") -> dict[str, bytes]:
    """The files of the bank by their names, the same for the same course, byte for byte.

    ``site`` is the address of the website that learners are led to; "" for the usual one.
    """
    found = texts(chapters, site)
    for exercise in (exercise for slug in chapters for exercise in course.load(slug).exercises):
        for seed in SEEDS:
            found[bank.file(exercise.name, seed).name] = recording(exercise, seed)
    return found


def texts(chapters: Sequence[str], site: str = "") -> dict[str, bytes]:
    """Those of them that are no recordings: what the bank holds, and each chapter without its solutions."""
    index = {"seeds": list(SEEDS), "chapters": list(chapters), "site": site or sections.published()}
    index["sections"] = {
        exercise.section: [section.title, section.page]
        for slug in chapters
        for exercise in course.load(slug).exercises
        if (section := sections.of(exercise))
    }
    found = {stored.INDEX: stored.text_of(index).encode()}
    return found | {f"{slug}.json": stored.text_of(_known_of(course.load(slug))).encode() for slug in chapters}


def recording(exercise: Exercise, seed: int) -> bytes:
    """The recording of an exercise and a seed; made anew where solutions, checks, mutants or the judge have changed."""
    path = bank.file(exercise.name, seed, MADE / exercise.chapter / _made_from(exercise.chapter))
    with contextlib.suppress(OSError):
        return path.read_bytes()
    data = record.record(exercise, seed)
    with contextlib.suppress(OSError):  # where there is no room to keep it, it is made anew next time
        _keep(path, data)
    return data


def _keep(path: Path, data: bytes) -> None:
    """Write in one step; what was made from an earlier state of the chapter goes."""
    for older in path.parent.parent.glob("*"):
        if older != path.parent:
            shutil.rmtree(older, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


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
