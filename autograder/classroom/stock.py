"""What ``nbgrader_config.py`` puts into stock ``nbgrader autograde``: the same judge, so the same grades.

nbgrader would run a submission's own cells, its check cells and its metadata, in this user's name.
Here a sound notebook is built from the release, the judge looks at the file that was handed in,
and nbgrader goes on from there: it saves grades and penalties as it always does.
Assignments that are not of this course are left to nbgrader's own way.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Bool

from autograder import course
from autograder.classroom import due, settings
from autograder.classroom.folder import ClassroomError
from autograder.classroom.rebuild import rebuild, write_verdict
from autograder.judge import submission
from autograder.judge.session import Judge, JudgeError

Converted = tuple[Any, Any]


class JudgeExporter(NotebookExporter):
    """Reads nothing of a submission by itself: a file that is not JSON, or of another schema, aborts nobody."""

    allow_unisolated = Bool(False, help="Judge even where submissions cannot be isolated from this computer").tag(
        config=True
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        assert self.parent is not None
        if self.parent.coursedir.assignment_id in course.chapters():
            self._look_into_course_yml()
            self.judge()

    def _look_into_course_yml(self) -> None:
        """A mistake in it ends everything before anything is judged."""
        assert self.parent is not None
        try:
            settings.read(Path(self.parent.coursedir.root))
        except ClassroomError as error:
            self.parent.log.error("%s", error)
            raise NbGraderException(str(error)) from error

    def judge(self) -> Any:
        """The one judge of this process; NbGraderException, one line, where it cannot work."""
        try:
            return _judge(self.allow_unisolated)
        except JudgeError as error:
            assert self.parent is not None
            self.parent.log.error("%s", error)
            raise NbGraderException(str(error)) from error

    def from_filename(self, filename: str, resources: dict[str, Any] | None = None, **rest: Any) -> Converted:
        """Begin with an empty notebook where `Rebuild` makes the real one, else as nbconvert does."""
        if (
            resources is not None
            and _ours(resources)
            and any(isinstance(step, Rebuild) for step in self._preprocessors)
        ):
            path = Path(filename)
            resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
            return self.from_notebook_node(new_notebook(), resources=resources, **rest)
        return super().from_filename(filename, resources=resources, **rest)


class Rebuild(NbGraderPreprocessor):
    """First of the sanitizers: the released notebook with the learner's own code in it, and nothing else of theirs."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Converted:
        """Put the rebuilt notebook in the place of ``nb``."""
        if not _ours(resources):
            return nb, resources
        chapter = resources["nbgrader"]["assignment"]
        found = submission.read(_handed_in(self, resources), chapter)
        if found.problem:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], found.problem)
        return rebuild(course.master(chapter), found), resources


class JudgeSubmission(Execute):
    """In the place of nbgrader's Execute: judges the file that was handed in, and writes scores and feedback."""

    def __call__(self, nb: NotebookNode, resources: ResourcesDict) -> Converted:
        """Judge even under ``--no-execute``: nbgrader gives full marks to a check cell without output."""
        return self.preprocess(nb, resources) if _ours(resources) else super().__call__(nb, resources)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict, km: Any = None) -> Converted:
        """Write the verdict into ``nb``."""
        if not _ours(resources):
            self.log.warning("%s is not of this course: it runs without isolation", resources["nbgrader"]["assignment"])
            return super().preprocess(nb, resources, km=km)
        names = resources["nbgrader"]
        verdict = self.parent.judge().verdict(_handed_in(self, resources), names["assignment"], names["student"])
        write_verdict(nb, verdict)
        return nb, resources


class DueDates(NbGraderPreprocessor):
    """Before nbgrader reckons how late a submission is: due date and extensions of ``course.yml``."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Converted:
        """Enter them in the gradebook; the notebook stays as it is."""
        if _ours(resources):
            names, folders = resources["nbgrader"], self.parent.parent.coursedir
            terms = settings.read(Path(folders.root))
            due.note(names["db_url"], folders.course_id, names["assignment"], terms)
        return nb, resources


def _ours(resources: dict[str, Any]) -> bool:
    names = resources["nbgrader"]
    return names["assignment"] == names["notebook"] and names["assignment"] in course.chapters()


def _handed_in(step: Execute | NbGraderPreprocessor, resources: dict[str, Any]) -> Path:
    """The file that the student handed in, whichever folder nbgrader is reading at the moment."""
    names, folders = resources["nbgrader"], step.parent.parent.coursedir
    folder = folders.format_path(folders.submitted_directory, names["student"], names["assignment"])
    return Path(folder, f"{names['notebook']}.ipynb")


_open = ExitStack()
atexit.register(_open.close)
_lock = threading.Lock()


@cache
def _judge(allow_unisolated: bool) -> Any:
    """Started when first needed, closed with the process."""
    with _lock:
        return _open.enter_context(Judge(allow_unisolated=allow_unisolated))
