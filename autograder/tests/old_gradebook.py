"""From a gradebook of today to those of older nbgraders: each revision of its tables undone, one after another.

What nbgrader's own ``alembic/versions`` do, backwards, since nbgrader cannot go back by itself.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

FIRST = "b6d005d67074"  # nbgrader 0.5, which brought revisions; before it there was no table of them
UNDO = {  # revision: how to be without it; the newest first
    "e43177bfe90b": """
        CREATE TABLE kept AS SELECT id, name, duedate FROM assignment;
        DROP TABLE assignment;
        CREATE TABLE assignment (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, duedate DATETIME,
                                 PRIMARY KEY (id), UNIQUE (name));
        INSERT INTO assignment SELECT id, name, duedate FROM kept;
        DROP TABLE kept;
        DROP TABLE course;""",
    "282d30a0218e": "ALTER TABLE student DROP COLUMN lms_user_id;",
    "167914646830": """
        CREATE TABLE grade_cell (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, max_score FLOAT NOT NULL,
                                 cell_type VARCHAR(8) NOT NULL, notebook_id VARCHAR(32), PRIMARY KEY (id));
        INSERT INTO grade_cell SELECT b.id, b.name, g.max_score, g.cell_type, b.notebook_id
                               FROM base_cell b JOIN grade_cells g ON b.id = g.id;
        CREATE TABLE solution_cell (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, notebook_id VARCHAR(32),
                                    PRIMARY KEY (id));
        INSERT INTO solution_cell SELECT b.id, b.name, b.notebook_id
                                  FROM base_cell b JOIN solution_cells s ON b.id = s.id;
        DROP TABLE base_cell;
        DROP TABLE grade_cells;
        DROP TABLE solution_cells;
        DROP TABLE task_cells;""",
    "724cde206c17": "ALTER TABLE grade DROP COLUMN extra_credit;",
    "50a4d84c131a": "ALTER TABLE notebook DROP COLUMN kernelspec;",
    FIRST: "DROP TABLE alembic_version;",
}


def make_old(path: Path, without: str) -> None:
    """Take back the revision ``without`` and all later ones from the gradebook at ``path``."""
    revisions = list(UNDO)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        for revision in revisions[: revisions.index(without) + 1]:
            connection.executescript(UNDO[revision])
            if revision != FIRST:
                before = revisions[revisions.index(revision) + 1]
                connection.execute("UPDATE alembic_version SET version_num = ?", (before,))
    connection.close()
