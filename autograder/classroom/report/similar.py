"""Pairs of students whose answers, with names and layout removed, are closer than chance.

Short exercises come out alike by necessity. So what counts is what two share and hardly anybody else has:

1. An answer is a set of forms (see `forms`). Those of the starter, the solution, the accepted answers and the known
   mistakes are no evidence, and neither are those that a student uses in several exercises: they are a habit.
2. A form that ``m`` of ``n`` students use says -log2((m - 1) / (n - 1)) bits: how surprising it is that one more does.
   The likeness of two answers is the bits that they share times their weighted Jaccard index.
3. Of all pairs of the class, a share p is at least as alike in this exercise. If everybody works alone and chooses
   anew in each exercise, -2 log p summed over the exercises is chi-squared at most (Fisher 1932).
4. People do not choose anew in each exercise: they have styles. Where the sums of the whole class are too large, all
   are divided by how much (the inflation factor of genomic control, Devlin & Roeder 1999).
5. A pair is shown if fewer than `ALPHA` pairs like it are expected in a class of this size where nobody copied.

One exercise alone is therefore never enough. Where hardly anybody but two writes unusual code in an exercise, step 3
has nobody to hold them against; so whose answers are the very same in several exercises, and nobody else's, are told
apart, without odds. Nothing here knows who took what from whom, or from where.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from scipy import sparse, stats

from autograder.classroom.report.forms import RUN, forms

ALPHA = 0.001  # pairs that one class may show by chance
LEAST = RUN + 1  # forms of its own that an answer needs to be compared: one changed place makes `RUN` of them
TAIL = 0.005, 25  # of all pairs, or pairs: those beyond tell nothing of how alike the class is by itself
FEWEST = 8  # students: below, nothing can stand out
ALIKE = 3  # exercises that are the same: in made classes of people who work alone, there were never more than two
RING = 5  # students who may share them; what more have came from a page, or a lesson

Array = np.ndarray


@dataclass(frozen=True)
class Shared:
    """One exercise of a pair: the rare forms that both have, of all that either has, and the share p of pairs."""

    exercise: str
    common: int
    either: int
    p: float


@dataclass(frozen=True)
class Pair:
    """Two students, how many such pairs chance would give in this class, and the exercises that speak for it."""

    one: str
    other: str
    expected: float
    exercises: tuple[Shared, ...]


@dataclass(frozen=True)
class Same:
    """A few students, and the exercises in which their answers are the same but for names, and nobody else's."""

    students: tuple[str, ...]
    exercises: tuple[str, ...]


@dataclass
class Likeness:
    """All pairs beyond chance, the least likely first; what was compared, and what could not be read.

    ``same`` are those whose answers are the very same, where ``pairs`` does not have them already.
    """

    pairs: list[Pair] = field(default_factory=list)
    students: int = 0
    exercises: int = 0
    inflation: float = 1.0
    unread: int = 0
    same: list[Same] = field(default_factory=list)


def compare(answers: Mapping[str, Mapping[str, str]], known: Mapping[str, Set[int]]) -> Likeness:
    """Compare the answers of a class: source by exercise, by student.

    ``known`` holds the forms that are no evidence, by exercise. The time grows with the square of the class, in SciPy.
    """
    students = sorted(answers)
    names = sorted({name for own in answers.values() for name in own})
    read = {student: {name: forms(source) for name, source in answers[student].items()} for student in students}
    unread = sum(found is None for own in read.values() for found in own.values())
    done = Likeness([], len(students), len(names), unread=unread)
    if len(students) < FEWEST or not names:
        return done
    habits = {student: _habits(own.values()) for student, own in read.items()}
    sums = np.zeros((len(students), len(students)))
    both = np.zeros_like(sums)
    parts: dict[str, tuple[Array, list[frozenset[int]]]] = {}
    for name in names:
        own = [(read[student].get(name) or frozenset()) - known.get(name, frozenset()) - habits[student]
               for student in students]  # fmt: skip
        there = np.array([len(each) >= LEAST for each in own])
        p = _shares(own, there)
        parts[name] = p.astype(np.float32), own  # of a large class, half the memory
        sums -= 2 * np.log(p)
        both += np.outer(there, there)
    _beyond_chance(done, students, sums, both, parts)
    shown = {(pair.one, pair.other) for pair in done.pairs}
    done.same = [one for one in _same(read, known) if not shown.issuperset(itertools.combinations(one.students, 2))]
    return done


def _same(read: Mapping[str, Mapping[str, frozenset[int] | None]], known: Mapping[str, Set[int]]) -> list[Same]:
    """All of whose answers `ALIKE` are the same; ``read`` holds the forms of each, by exercise, by student."""
    users: dict[tuple[str, frozenset[int]], list[str]] = defaultdict(list)
    for student in sorted(read):
        for name, found in read[student].items():
            if found and len(found - known.get(name, frozenset())) >= LEAST:
                users[name, found].append(student)
    shared: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (name, _), students in users.items():
        if 1 < len(students) <= RING:
            shared[tuple(students)].append(name)
    return [Same(students, tuple(sorted(names))) for students, names in shared.items() if len(names) >= ALIKE]


def _habits(own: Iterable[frozenset[int] | None]) -> set[int]:
    """The forms that one student uses in more than one exercise."""
    counts = Counter(chain.from_iterable(found or () for found in own))
    return {form for form, count in counts.items() if count > 1}


def _shares(own: list[frozenset[int]], there: Array) -> Array:
    """Of one exercise, for each pair (students, students): the share p of all pairs that are as alike."""
    has = _matrix(own)
    n = int(there.sum())
    uses = np.asarray(has.sum(axis=0)).ravel()
    bits = -np.log2(np.clip((uses - 1) / max(n - 1, 1), 1 / max(n - 1, 1), 1.0))
    common = (has @ has.T).toarray()
    shared = (has @ sparse.diags(bits) @ has.T).toarray()
    weight = shared.diagonal()
    either = weight[:, None] + weight[None, :] - shared
    compared = np.outer(there, there)
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.where((common >= LEAST) & (either > 0), shared**2 / either, 0.0)
    ordered = np.sort(alike[np.triu(compared, 1)])
    above = np.maximum(1, len(ordered) - np.searchsorted(ordered, alike * (1 - 1e-9)))
    return np.where(compared & (alike > 0), above / max(len(ordered), 1), 1.0)


def _matrix(own: list[frozenset[int]]) -> sparse.csr_array:
    """Students by forms: 1 where a student's answer has the form."""
    place = {form: number for number, form in enumerate(sorted(set(chain.from_iterable(own))))}
    rows = np.repeat(np.arange(len(own)), [len(each) for each in own])
    columns = np.array([place[form] for each in own for form in each], dtype=int)
    return sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=(len(own), max(len(place), 1)))


def _beyond_chance(
    done: Likeness, students: list[str], sums: Array, both: Array, parts: dict[str, tuple[Array, list[frozenset[int]]]]
) -> None:
    """Add the pairs whose sum is larger than this class explains."""
    one, other = np.triu_indices(len(students), 1)
    freedom, total = np.maximum(2 * both[one, other], 2), sums[one, other]
    body = 1 - max(TAIL[0], TAIL[1] / len(one))
    if body > 0:
        done.inflation = max(1.0, float(np.quantile(total / stats.chi2.ppf(body, freedom), body)))
    expected = len(one) * stats.chi2.sf(total / done.inflation, freedom)
    for number in np.flatnonzero(expected < ALPHA):
        i, j = int(one[number]), int(other[number])
        found = [Shared(name, len(own[i] & own[j]), len(own[i] | own[j]), float(p[i, j]))
                 for name, (p, own) in parts.items() if p[i, j] < 1]  # fmt: skip
        found.sort(key=lambda shared: shared.p)
        done.pairs.append(Pair(students[i], students[j], float(expected[number]), tuple(found)))
    done.pairs.sort(key=lambda pair: (pair.expected, pair.one, pair.other))
