"""Opening nbgrader's gradebook, in SQLite or PostgreSQL, and what a database's complaint means."""

from __future__ import annotations

import logging

from nbgrader.api import Course, Gradebook, InvalidEntry
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom.folder import ClassroomError

PATIENCE = 5.0  # seconds that a locked SQLite file is waited for
CONNECT = 10  # seconds for a server to answer
CAUSES = [  # a part of what the database says, what to do
    ("no such column", "run  nbgrader db upgrade"),
    ("locked", "end the program that holds it, e.g. a running nbgrader"),
    ("disk is full", "make room there"),
    ("No space", "make room there"),
    ("No module named", "begin its db_url with sqlite:/// or postgresql://, or install that driver in .venv"),
    ("connect", "look whether its server runs and lets you in"),
]


def opened(db_url: str, course_id: str = "") -> Gradebook:
    """The gradebook at ``db_url``; one that is not there yet is made. Whatever SQLAlchemy, or a missing driver, raises.

    A locked SQLite file is waited for, and so is a server that does not answer, but not for ever.
    """
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a lost connection is told in one line, here
    url = make_url(db_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"connect_timeout": str(CONNECT), **url.query})
    book = Gradebook(url.render_as_string(hide_password=False), course_id)
    if url.get_backend_name() == "sqlite":
        book.db.execute(text(f"PRAGMA busy_timeout = {int(1000 * PATIENCE)}"))
    elif book.db.get(Course, course_id) is None:
        book.db.add(Course(id=course_id))  # nbgrader leaves out the course without a name, which SQLite lets pass
        book.db.commit()
    return book


def prepare(db_url: str, course_id: str = "") -> None:
    """Make the gradebook at ``db_url`` ready for stock nbgrader's commands; ClassroomError where that cannot be."""
    try:
        opened(db_url, course_id).close()
    except (SQLAlchemyError, InvalidEntry, OSError, ImportError) as error:
        raise problem(db_url, error) from error


def problem(db_url: str, error: Exception, then: str = "grade") -> ClassroomError:
    """What went wrong with the gradebook, where, and what to do, in one line."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
    do = next((do for part, do in CAUSES if part in reason), "look whether it can be opened and written")
    try:
        where = make_url(db_url).render_as_string(hide_password=True)
    except Exception:  # no URL at all: that is what the error says
        where = ""
    return ClassroomError(f"the gradebook {where} cannot be used ({reason}); {do}, and {then} again")
