"""The table beside the report, for a spreadsheet: one line for each student and exercise."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from autograder.classroom.cells import harmless
from autograder.classroom.report.gather import ClassResults

COLUMNS = ["student", "exercise", "status", "points", "max_points", "failed_checks", "misconceptions", "believes"]
BOM = "\ufeff"  # else Excel takes the text for another encoding


def text(found: ClassResults, named: Callable[[str], str], private: bool) -> str:
    """CSV of every exercise of everybody who is in the report; points after review, before a penalty.

    A student is what ``named`` says, so that other tables can be joined; ``private``: no name that a learner chose.
    """
    rows: list[list[object]] = []
    for one in found.results:
        for each in one.verdict.exercises:
            failed = [check.name for check in each.checks if not check.passed]
            rows.append([
                named(one.student),
                each.name,
                each.status,
                round(one.points.earned.get(each.name, each.score), 4),
                each.max_score,
                " ".join(failed),
                " ".join(diagnosis.id for diagnosis in each.diagnosis),
                " / ".join(diagnosis.impersonal if private else diagnosis.believes for diagnosis in each.diagnosis),
            ])  # fmt: skip
    rows.sort(key=lambda row: str(row[0]))  # under other names, the old order would tell
    file = io.StringIO()
    csv.writer(file).writerows([COLUMNS, *([harmless(str(cell)) for cell in row] for row in rows)])
    return BOM + file.getvalue()
