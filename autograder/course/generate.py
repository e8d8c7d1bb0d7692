"""Release: from ``solutions/`` to ``exercises/``, through stock ``nbgrader generate_assignment``.

nbgrader copies every file beside the source into the release, so each notebook is staged alone in a folder.
It also deletes a release that fails; so it writes to a folder of its own, and only a finished notebook is moved.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, LoggingConfigurable
from traitlets.config.loader import PyFileConfigLoader

from autograder import course as _course
from autograder import paths
from autograder.course.chapter import Chapter, CourseError
from autograder.course.notebook import source_notebook, text_of

CONFIG = "nbgrader_config.py"


def release(chapters: Sequence[str] = (), course: Path | None = None) -> list[Path]:
    """Make the learners' notebooks of the chapters named, or of all; return their paths.

    Without ``course`` they go to ``exercises/``, and the assignment into the gradebook of the project's own folder.
    With ``course``, any folder, they go to ``<course>/release/`` and the assignment into that folder's gradebook.
    Due dates of the folder's ``course.yml`` are noted with it.
    CourseError when a marker is wrong, a solution would leak, or nbgrader refuses;
    ClassroomError when ``course.yml`` or the gradebook is wrong.
    """
    root = paths.ROOT if course is None else Path(course).resolve()
    target = paths.EXERCISES if course is None else root / "release"
    if not root.is_dir():
        raise CourseError(f"{root}: no such folder; make it first")
    config = configuration(root)
    folders = CourseDirectory(config=config, root=str(root))
    from autograder.classroom import database, due, settings  # which import this package
    from autograder.classroom.folder import db_url

    terms, url = settings.read(root), db_url(folders)
    database.prepare(url, folders.course_id)
    released = []
    for slug in chapters or _course.chapters():
        chapter = _course.load(slug)
        stage(chapter)
        text = render(chapter, config, url)
        released.append(_write(target / slug / f"{slug}.ipynb", text))
        due.note(url, folders.course_id, slug, terms)
    return released


def stage(chapter: Chapter) -> Path:
    """Write the notebook with solutions where stock nbgrader looks for it, below ``_build/source``; return its path."""
    return _write(paths.SOURCE / chapter.slug / f"{chapter.slug}.ipynb", text_of(source_notebook(chapter)))


def render(chapter: Chapter, config: Config | None = None, db_url: str | None = None) -> str:
    """The text of the released notebook; with ``db_url``, the gradebook there learns the assignment."""
    paths.BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=paths.BUILD) as work:
        source = _write(Path(work, "source", chapter.slug, f"{chapter.slug}.ipynb"), text_of(source_notebook(chapter)))
        settings = Config()
        settings.merge(config or {})
        if db_url is None:
            settings.SaveCells.enabled = False
        folders = CourseDirectory(
            config=settings,
            root=work,
            source_directory="source",
            release_directory="release",
            assignment_id=chapter.slug,
            db_url=db_url or "",
        )
        _generate(chapter.slug, folders, settings, no_database=db_url is None)
        text = Path(work, "release", chapter.slug, source.name).read_text(encoding="utf-8")
    _no_leak(chapter, text)
    return text


def configuration(root: Path) -> Config:
    """nbgrader's configuration of a course folder: the project's own, then what its ``nbgrader_config.py`` adds."""
    config = Config()
    for folder in dict.fromkeys((paths.ROOT, root)):
        if (folder / CONFIG).is_file():
            try:
                config.merge(PyFileConfigLoader(CONFIG, path=str(folder)).load_config())
            except Exception as error:
                raise CourseError(f"{folder / CONFIG}: {type(error).__name__}: {error}; correct the file") from error
    return config


class _Quiet(LoggingConfigurable):
    """nbgrader's parent: keeps what it logs, so that a refusal can be told in one line."""

    def __init__(self, config: Config) -> None:
        logger = logging.Logger("release")
        super().__init__(config=config, log=logger)
        self.errors: list[str] = []
        handler = logging.Handler(logging.ERROR)
        handler.emit = lambda record: self.errors.append(record.getMessage())  # type: ignore[method-assign]
        logger.addHandler(handler)


def _generate(slug: str, folders: CourseDirectory, config: Config, no_database: bool) -> None:
    parent = _Quiet(config)
    try:
        GenerateAssignment(coursedir=folders, parent=parent, no_database=no_database).start()
    except (NbGraderException, OSError) as error:
        lines = [line for message in (*parent.errors, str(error)) for line in message.strip().splitlines()]
        raised = [line for line in lines if re.match(r"[\w.]+: Cannot ", line)]  # the last line of a logged traceback
        reason = [type(error).__name__, *lines[-1:], *raised][-1]
        if "submissions associated" in reason:
            reason += "; release into a new course folder, or put the cells back as they were"
        raise CourseError(f"{slug}: nbgrader refuses to release it: {reason}") from error


def _no_leak(chapter: Chapter, text: str) -> None:
    """No line of a solution may stand in the release: not as a line of a cell, and a long one nowhere."""
    sources = [cell.source for cell in nbformat.reads(text, as_version=4).cells]
    lines = {line.strip() for source in sources for line in source.splitlines()}
    for exercise in chapter.exercises:
        for line in exercise.region:
            if line in lines or (len(line) > 12 and any(line in source for source in sources)):
                raise CourseError(
                    f"{chapter.slug}: a line of the solution of {exercise.name} would be released: {line}; "
                    "take it out of the hints, the statement or the starter"
                )


def _write(path: Path, text: str) -> Path:
    """Write in one step, so that nobody ever reads half a notebook; an unchanged file keeps its date."""
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return path
