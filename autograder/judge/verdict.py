"""The verdict: what the judge found, as a small tree with one JSON form.

The gradebook, the feedback page, the exports and the reports are all derived from it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

VERSION = 1

Status = Literal["passed", "failed", "error", "missing", "timeout", "forbidden"]
Isolation = Literal["boxed", "inner", "none"]
NOT_RUN = "not run"  # how the message of a check begins that did not run: an earlier one ended the exercise
IMPERSONAL = {  # by id: what a diagnosis says in place of a sentence that quotes the learner
    "relation:argument_modified": "Your code writes into an argument: what a function is given belongs to the caller."
}


@dataclass
class Diagnosis:
    """A named misconception, or a relation to the right answer, that holds on every input tried."""

    id: str
    believes: str
    evidence: str

    @property
    def impersonal(self) -> str:
        """What is believed, without a name that the learner chose and that may tell whose work it is."""
        return IMPERSONAL.get(self.id, self.believes)


@dataclass
class Example:
    """The smallest failing input: what was called, expected and returned (plain text, short)."""

    call: str
    expected: str
    returned: str


@dataclass
class CheckVerdict:
    """One check of one exercise."""

    name: str
    sentence: str
    passed: bool
    weight: float
    message: str = ""
    seconds: float = 0.0
    example: Example | None = None

    @property
    def ran(self) -> bool:
        """Did it run, so that something can be said of the answer?"""
        return not self.message.startswith(NOT_RUN)


@dataclass
class ExerciseVerdict:
    """All checks of one exercise; ``score`` is max_score x passed weight / all weight."""

    name: str
    status: Status
    score: float
    max_score: float
    message: str = ""
    checks: list[CheckVerdict] = field(default_factory=list)
    diagnosis: list[Diagnosis] = field(default_factory=list)


@dataclass
class Verdict:
    """One submission of one chapter; ``score`` and ``max_score`` are in points, ``seconds`` is wall time."""

    chapter: str | None
    student: str | None
    score: float = 0.0
    max_score: float = 0.0
    seconds: float = 0.0
    isolation: Isolation = "none"
    holes: list[str] = field(default_factory=list)
    device: str = "cpu"
    seed: int = 0
    notebook_sha256: str = ""
    checks_sha256: str = ""
    message: str = ""
    notes: list[str] = field(default_factory=list)
    exercises: list[ExerciseVerdict] = field(default_factory=list)
    version: int = VERSION

    def exercise(self, name: str) -> ExerciseVerdict:
        """The verdict on one exercise; KeyError when the verdict has none of that name."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise KeyError(name)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Read what `to_json` wrote; ValueError when it is something else or of another version."""
        try:
            data = json.loads(text)
            if data["version"] != VERSION:
                raise ValueError(f"verdict of version {data['version']}, this is version {VERSION}")
            data["exercises"] = [_exercise(entry) for entry in data["exercises"]]
            return cls(**data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a verdict: {error!r}") from error


def _exercise(data: dict[str, Any]) -> ExerciseVerdict:
    checks = []
    for entry in data["checks"]:
        example = entry.pop("example", None)
        checks.append(CheckVerdict(**entry, example=Example(**example) if example else None))
    return ExerciseVerdict(**{**data, "checks": checks, "diagnosis": [Diagnosis(**d) for d in data["diagnosis"]]})
