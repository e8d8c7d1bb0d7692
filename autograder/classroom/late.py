"""nbgrader's late submission plugin for this course: what being late costs stands in ``course.yml``."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Any, default

from autograder.classroom import settings
from autograder.classroom.folder import CourseFolder, Handed
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


class Lateness:
    """What nbgrader's ``AssignLatePenalties`` reckons, with whatever plugin the course folder has configured."""

    due: datetime | None = None  # as the gradebook has it

    def __init__(self, folder: CourseFolder) -> None:
        step = AssignLatePenalties(parent=folder.nbgrader, config=folder.config)
        if step.plugin_class is LateSubmissionPlugin:  # a course folder without our configuration
            step.plugin_class = CoursePlugin
        step.init_plugin()
        self.plugin = step.plugin_inst

    def seconds(self, timestamp: datetime | None, extension: timedelta | None) -> float:
        """Since due date and extension; 0 where one of the dates is not known."""
        if self.due is None or timestamp is None:
            return 0.0
        late: timedelta = timestamp - self.due - (extension or timedelta())
        return max(0.0, late.total_seconds())

    def agrees(
        self, handed: Handed, score: float, penalty: float, timestamp: datetime | None, extension: timedelta | None
    ) -> bool:
        """Whether ``penalty`` is what due date, extension and rule make of a submission with this score."""
        seconds = self.seconds(timestamp, extension) if handed.notebook.is_file() else 0.0
        return math.isclose(self.penalty(handed.student, score, seconds) or 0.0, penalty, abs_tol=1e-6)

    def penalty(self, student: str, score: float, seconds: float) -> float | None:
        """The plugin's, within 0 and the score; None where there is none."""
        found = self.plugin.late_submission_penalty(student, score, seconds) if seconds > 0 else None
        return None if found is None else float(min(max(found, 0.0), score))

    def sentence(self, seconds: float) -> str:
        """Why there is a penalty, where ``course.yml`` has the rule."""
        rule = self.plugin.rule if isinstance(self.plugin, CoursePlugin) else None
        return rule.sentence(seconds) if rule else ""
