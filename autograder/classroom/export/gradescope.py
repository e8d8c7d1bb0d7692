"""Gradescope: a ``results.json`` for each student, as its autograders write them.

The format is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format"): the score above,
which counts in place of the sum, one test for each exercise, and texts that are shown as they are ("text"), never as
HTML. Students see them once the grades are published. Gradescope takes such a file from a program that it runs for
each submission, and has no page to upload many: ``students.csv`` says whose each file is, for such a program to find.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.classroom import journal
from autograder.classroom.cells import harmless
from autograder.classroom.export.grades import Chapter, Mark, Person
from autograder.classroom.export.table import points
from autograder.classroom.folder import ClassroomError, CourseFolder
from autograder.classroom.rebuild import clean, stamp
from autograder.feedback import SIGNS, WORDS, exercise_text
from autograder.judge.verdict import ExerciseVerdict, Verdict

FILE = "results.json"
LIST = "students.csv"
VISIBLE = "after_published"
LONGEST = 10_000  # characters of one exercise's text


def files(
    folder: CourseFolder,
    chapters: Sequence[Chapter],
    people: Sequence[Person],
    zero: bool,
    called: Mapping[str, str],
) -> dict[str, str]:
    """The text of each file, by its place in the folder; under pseudonyms (``called``) in no student's own words.

    ClassroomError where a student's id is no name for a folder.
    """
    found: dict[str, str] = {}
    listed = [["chapter", "student", "email", "lms_user_id", "score", "file"]]
    for chapter in chapters:
        verdicts = _verdicts(folder, chapter)
        for one in sorted(people, key=lambda one: called.get(one.id, one.id)):
            mark, name = chapter.marks.get(one.id), called.get(one.id, one.id)
            if not (mark.graded if mark else zero):
                continue
            if "/" in name or name.startswith(".") or not name.isprintable():
                raise ClassroomError(f"{name!a} in the gradebook is no name for a folder; rename this student", 2)
            place = f"{chapter.name}/{name}/{FILE}"
            made = results(chapter, mark, verdicts.get(one.id), bool(called))
            found[place] = json.dumps(made, indent=1) + "\n"
            known = ["", ""] if called else [one.email, one.lms_user_id]
            listed.append([chapter.name, name, *known, points(made["score"]), place])
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([list(map(harmless, row)) for row in listed])
    return found | {LIST: stream.getvalue()}


def remove_others(path: Path, chapters: Sequence[Chapter], texts: Mapping[str, str]) -> None:
    """Remove what an earlier export of these chapters left in ``path`` for whom this one has no file.

    Such a file would be uploaded as a grade, or show which of two pseudonyms are the same student's.
    """
    for old in [file for chapter in chapters for file in (path / chapter.name).glob(f"*/{FILE}")]:
        if old.relative_to(path).as_posix() not in texts:
            old.unlink()
            with contextlib.suppress(OSError):  # what else somebody put there stays
                old.parent.rmdir()


def results(chapter: Chapter, mark: Mark | None, verdict: Verdict | None, anonymous: bool) -> dict[str, Any]:
    """One student's file; without a verdict, e.g. after stock ``nbgrader autograde``, there are points and no words."""
    made: dict[str, Any] = {
        "score": round(mark.score, 2) if mark else 0.0,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": VISIBLE,
        "stdout_visibility": "hidden",
    }
    if mark is None:
        return made | {"output": "Nothing was handed in.", "tests": []}
    said = [] if anonymous or verdict is None or not verdict.message else [clean(verdict.message, LONGEST)]
    if mark.penalty:
        said.append(f"Handed in late: {points(mark.penalty)} points less.")
    made["output"] = "\n".join([f"{points(mark.score)} of {points(chapter.max_score)} points.", *said])
    if verdict and not anonymous:  # to the millisecond, it would say whose the file is
        made["execution_time"] = round(verdict.seconds, 3)
    judged = {one.name: one for one in verdict.exercises} if verdict else {}
    return made | {"tests": [_test(chapter, name, mark, judged.get(name), anonymous) for name in chapter.exercises]}


def _test(chapter: Chapter, name: str, mark: Mark, judged: ExerciseVerdict | None, anonymous: bool) -> dict[str, Any]:
    most = chapter.exercises[name]
    earned = round(mark.points.get(name, 0.0), 2)
    passed = judged.status == "passed" if judged and name not in mark.reviewed else earned >= most
    words = _own_words(judged) if anonymous and judged else exercise_text(judged) if judged else ""
    said = [words] if words else []
    if name in mark.reviewed:
        said.insert(0, f"Points put in by your teacher: {points(earned)} of {points(most)}.")
    if not anonymous and mark.comments.get(name):
        said.insert(0, f"Comment: {mark.comments[name]}")
    return {
        "name": name,
        "score": earned,
        "max_score": most,
        "status": "passed" if passed else "failed",
        "output": clean("\n".join(said), LONGEST),
        "visibility": VISIBLE,
    }


def _own_words(judged: ExerciseVerdict) -> str:
    """What we say of an exercise: messages and examples may quote the learner, and are left out."""
    lines = [f"{SIGNS[judged.status == 'passed']} {judged.name}: {WORDS[judged.status]}"]
    if judged.status not in ("missing", "forbidden"):
        lines += [f"  {SIGNS[check.passed]} {check.sentence}" for check in judged.checks]
    return "\n".join([*lines, *(f"  {found.impersonal}" for found in judged.diagnosis)])


def _verdicts(folder: CourseFolder, chapter: Chapter) -> dict[str, Verdict]:
    """Of each student the verdict that their graded notebook shows: the journal has earlier ones as well."""
    found: dict[str, Verdict] = {}
    shown = {student: dict(_shown(folder.autograded(student, chapter.name), chapter.name)) for student in chapter.marks}
    for verdict in journal.read(folder.journals / f"{chapter.name}.jsonl"):
        if verdict.student in shown and shown[verdict.student] in ({}, stamp(verdict)):
            found[verdict.student] = verdict
    return found


def _shown(folder: Path, chapter: str) -> Iterator[tuple[str, str]]:
    try:
        yield from json.loads((folder / f"{chapter}.ipynb").read_bytes())["metadata"]["autograder"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
