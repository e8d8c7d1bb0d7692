"""What a chapter of the course is made of, once its solution file has been read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.errors import UserError

Kind = Literal["text", "setup", "statement", "hints", "exercise", "demonstration"]
Library = Literal["numpy", "torch"]


class CourseError(UserError):
    """Something in the course's own files is wrong; the message is one line: what, where, what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell of a solution file; ``name`` is the exercise that it belongs to, ``alt`` describes its picture."""

    kind: Kind
    source: str
    line: int
    name: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Exercise:
    """One graded exercise.

    ``source`` is the cell with its solution and without the markers.
    ``starter`` is what the learner gets: each solution region replaced by nbgrader's stub.
    ``region`` holds the lines of the solution, stripped: none of them may be released.
    ``section`` is the label of the section of the website that teaches it: see `autograder.course.sections`.
    """

    name: str
    chapter: str
    points: float
    minutes: int
    difficulty: int
    library: Library
    statement: str
    hints: tuple[str, str, str]
    source: str
    starter: str
    region: tuple[str, ...]
    section: str = ""

    @property
    def card(self) -> str:
        """The line of Markdown under the exercise's heading: effort, difficulty and points."""
        points = f"{self.points:g} point" + ("" if self.points == 1 else "s")
        library = LIBRARIES[self.library]
        return f"*About {self.minutes} minutes · difficulty {self.difficulty} of 3 · {points} · {library}*"


@dataclass(frozen=True)
class Chapter:
    """One solution file: its cells in order, and its exercises in the order of the notebook."""

    slug: str
    title: str
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]

    @property
    def setup(self) -> tuple[str, ...]:
        """Sources of the plain code cells: the imports that every answer may rely on."""
        return tuple(cell.source for cell in self.cells if cell.kind == "setup")

    @property
    def demonstrations(self) -> tuple[str, ...]:
        """Sources of the cells that are run for their own sake and never graded."""
        return tuple(cell.source for cell in self.cells if cell.kind == "demonstration")

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name; CourseError when the chapter has none."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        names = ", ".join(exercise.name for exercise in self.exercises)
        raise CourseError(f"{name}: no such exercise in {self.slug}; it has: {names}")


LIBRARIES: dict[Library, str] = {"numpy": "NumPy", "torch": "PyTorch"}
