"""The same files from ``nbgrader export``: its plugins, one for each format.

``nbgrader export --exporter=autograder.classroom.export.plugin.Canvas --Canvas.roster=canvas.csv --to=grades.csv``
"""

from __future__ import annotations

import logging
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from autograder.classroom.export.run import Wanted, export
from autograder.classroom.folder import ClassroomError, CourseFolder


class _Plugin(ExportPlugin):
    """What they share; ``--to``, ``--assignment`` and ``--student`` are nbgrader's own."""

    format = "csv"
    roster = Unicode("", help="the class list, or the platform's own table of grades").tag(config=True)
    missing = Unicode("", help="empty or zero: what who handed in nothing gets").tag(config=True)
    item = Unicode("", help="what the platform calls its column").tag(config=True)
    anonymise = Bool(False, help="pseudonyms in place of all that tells who somebody is").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; what the instructor can mend is one line, and ends the program with its status."""
        course = self.parent.coursedir
        wanted = Wanted(
            self.format,
            [str(one) for one in self.assignment],
            [str(one) for one in self.student],
            Path(self.roster) if self.roster else None,
            Path(self.to) if self.to else None,
            self.missing,
            self.item,
            self.anonymise,
        )
        try:
            done = export(wanted, CourseFolder(Path(course.root, course.submitted_directory)), gradebook)
        except ClassroomError as error:
            self.log.error("%s", error)
            raise SystemExit(error.status) from error
        for line in done.lines:
            self.log.log(logging.INFO if done.complete else logging.WARNING, "%s", line)
        self.log.info("Exported to %s", done.path)


class Canvas(_Plugin):
    """For Canvas's Gradebook."""

    format = "canvas"


class Moodle(_Plugin):
    """For Moodle's grade import, or its grading worksheet."""

    format = "moodle"


class Brightspace(_Plugin):
    """For Brightspace's grade import."""

    format = "brightspace"


class Gradescope(_Plugin):
    """A folder with a ``results.json`` for each student; ``--to`` names it."""

    format = "gradescope"


class Csv(_Plugin):
    """nbgrader's own columns, and ours."""
