"""nbgrader's late submission plugin for this course: what being late costs stands in ``course.yml``."""

from __future__ import annotations

from pathlib import Path

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Any, default

from autograder.classroom import settings
from autograder.classroom.settings import Late


class CoursePlugin(LateSubmissionPlugin):
    """Takes off what ``late`` in ``course.yml`` says; without it, what nbgrader's ``penalty_method`` says.

    nbgrader tells it the student, the score and the seconds since the due date and the student's extension;
    both dates are in the gradebook already. So it needs not know the chapter.
    """

    rule = Any(help="The rule; None where course.yml has none.")

    @default("rule")
    def _read_rule(self) -> Late | None:
        return settings.read(self._course_folder()).late

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to take off ``score``; None where nothing is said of being late."""
        if self.rule is not None:
            penalty: float = self.rule.penalty(score, total_seconds_late)
            return penalty
        found: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
        return found

    def _course_folder(self) -> Path:
        """The root of the nearest program or converter that has a course folder; else where nbgrader was started."""
        above = self.parent
        while above is not None and not getattr(above, "coursedir", None):
            above = above.parent
        return Path(above.coursedir.root if above else ".")
