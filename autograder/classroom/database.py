"""Opening nbgrader's gradebook, in SQLite or PostgreSQL, and what a database's complaint means."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

from nbgrader import dbutil
from nbgrader.api import Base, Course, Gradebook, InvalidEntry
from sqlalchemy import URL, Connection, NullPool, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom.folder import ClassroomError

PATIENCE = 5.0  # seconds that a locked SQLite file is waited for
CONNECT = 10  # seconds for a server to answer
VERSION = "SELECT version_num FROM alembic_version"  # the revision of nbgrader's tables
CAUSES = [  # a part of what the database says, what to do
    ("locked", "end the program that holds it, e.g. a running nbgrader"),
    ("disk is full", "make room there"),
    ("No space", "make room there"),
    ("No module named", "begin its db_url with sqlite:/// or postgresql://, or install that driver in .venv"),
    ("connect", "look whether its server runs and lets you in"),
]


def opened(db_url: str, course_id: str = "") -> Gradebook:
    """The gradebook at ``db_url``; one that is not there yet is made. Whatever SQLAlchemy, or a missing driver, raises.

    ClassroomError where it is of another nbgrader; then nothing in it is changed.
    A locked SQLite file is waited for, and so is a server that does not answer, but not for ever.
    """
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a lost connection is told in one line, here
    url = make_url(db_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"connect_timeout": str(CONNECT), **url.query})
    _look_at(url)
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


def _look_at(url: URL) -> None:
    """Before nbgrader opens a database, and adds the tables that it misses: is it a gradebook of this nbgrader?"""
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return  # to look would make it
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            wrong = _of_another_release(connection, url)
    finally:
        engine.dispose()
    if wrong:
        raise ClassroomError(f"the gradebook {url.render_as_string(hide_password=True)} {wrong}")


def _of_another_release(connection: Connection, url: URL) -> str:
    """What is wrong with the tables, and what to do; nothing where they are right, or where there are none yet."""
    found = inspect(connection)
    tables = set(found.get_table_names())
    if tables and not tables & {"assignment", "submitted_assignment"}:
        few = ", ".join(sorted(tables)[:3])
        return f"is none: it holds tables of something else ({few}); name another in nbgrader_config.py"
    revision = connection.execute(text(VERSION)).scalar() if "alembic_version" in tables else None
    if revision is not None and not any(Path(dbutil.ALEMBIC_DIR, "versions").glob(f"{revision}_*.py")):
        return f"was made by a newer nbgrader (revision {revision}); install that one in .venv, and try again"
    absent = [table for table in Base.metadata.tables if table not in tables]
    columns = [
        f"{name}.{column}"
        for name, table in Base.metadata.tables.items()
        if name in tables
        for column in {one.name for one in table.columns} - {one["name"] for one in found.get_columns(name)}
    ]
    if not tables or not (absent or columns):
        return ""
    if revision != _newest():
        db = shlex.quote(f"--db={url.render_as_string()}") if url.get_backend_name() == "sqlite" else ""
        where = "run" if db else "run in the course folder"
        return f"was made by an older nbgrader; {where}  {f'nbgrader db upgrade {db}'.strip()}  and try again"
    if columns:  # absent tables are made when it is opened
        return f"is damaged: it has no {', '.join(sorted(columns)[:3])}; put a copy of it from before in its place"
    return ""


def _newest() -> str | None:
    from alembic.config import Config  # takes a moment to import
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", dbutil.ALEMBIC_DIR)
    found: str | None = ScriptDirectory.from_config(config).get_current_head()
    return found


def problem(db_url: str, error: Exception, then: str = "grade") -> ClassroomError:
    """What went wrong with the gradebook, where, and what to do, in one line."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
    do = next((do for part, do in CAUSES if part in reason), "look whether it can be opened and written")
    try:
        where = make_url(db_url).render_as_string(hide_password=True)
    except Exception:  # no URL at all: that is what the error says
        where = ""
    return ClassroomError(f"the gradebook {where} cannot be used ({reason}); {do}, and {then} again")
