"""Which misconceptions how many students hold, and where the website teaches what they lack."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from autograder.classroom.report.gather import ClassResults
from autograder.course import sections
from autograder.course.sections import Section
from autograder.judge.verdict import Diagnosis

TO_STUDENT = re.compile(r"^Your (?:results are those of code that|code) ")


@dataclass(frozen=True)
class Misconception:
    """What students believe of one exercise, as its ``sentence``, and who; ``known`` is a mistake with a name.

    ``ids`` are those of the diagnoses that say it. What is not ``known`` is a relation to the right answer.
    """

    exercise: str
    sentence: str
    known: bool
    ids: tuple[str, ...]
    students: tuple[str, ...]


def held(found: ClassResults, private: bool = False) -> list[Misconception]:
    """All of them, the most frequent first; a student counts once in each; ``private``: no name that one chose."""
    order = [exercise.name for exercise in found.chapter.exercises]
    groups: dict[tuple[str, str], list[tuple[str, Diagnosis]]] = defaultdict(list)
    for one in found.readable:
        for exercise in one.verdict.exercises:
            for each in exercise.diagnosis if exercise.name in order else ():
                groups[exercise.name, _belief(each)].append((one.student, each))
    made = [_misconception(exercise, said, private) for (exercise, _), said in groups.items()]
    return sorted(made, key=lambda each: (-len(each.students), not each.known, order.index(each.exercise), each.ids))


def _belief(diagnosis: Diagnosis) -> str:
    """Several mutants may stand for one belief; a relation is one, whichever part of a result its sentence names."""
    return diagnosis.believes if diagnosis.id.startswith("mutant:") else diagnosis.id


def _misconception(exercise: str, said: list[tuple[str, Diagnosis]], private: bool) -> Misconception:
    words = Counter(diagnosis.impersonal if private else diagnosis.believes for _, diagnosis in said)
    sentence = words.most_common(1)[0][0]
    sentence = TO_STUDENT.sub("Code that ", sentence)
    ids = tuple(sorted({diagnosis.id for _, diagnosis in said}))
    students = tuple(dict.fromkeys(student for student, _ in said))
    return Misconception(exercise, sentence, ids[0].startswith("mutant:"), ids, students)


@dataclass(frozen=True)
class Reteach:
    """A section of the website, its address, and the students who hold something that it would mend."""

    section: Section
    address: str
    students: tuple[str, ...]


def to_reteach(found: ClassResults, misconceptions: list[Misconception], site: str = "") -> dict[str, Reteach]:
    """By exercise, the section that teaches it; the one that most students need comes first."""
    by_page: dict[str, list[str]] = defaultdict(list)
    taught = {one.name: sections.of(one) for one in found.chapter.exercises}
    for each in misconceptions:
        if section := taught.get(each.exercise):
            by_page[section.page] += each.students
    made = {
        name: Reteach(section, sections.url(section, site), tuple(dict.fromkeys(by_page[section.page])))
        for name, section in taught.items()
        if section
    }
    return dict(sorted(made.items(), key=lambda entry: -len(entry[1].students)))
