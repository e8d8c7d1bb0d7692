"""nbgrader's settings, for this folder and for any other course folder.

Another folder becomes a course with an ``nbgrader_config.py`` of one line:
``load_subconfig("PATH_OF_THIS_PROJECT/nbgrader_config.py")``.
Its gradebook, submissions and releases then lie in that folder.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (traitlets provides it)

PROJECT = Path(__file__).resolve().parent
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))  # so that the dotted names below are found

# nbgrader calls the command `alembic` when it makes a gradebook: the one beside this Python comes first.
TOOLS = str(Path(sys.executable).parent)
if os.environ.get("PATH", "").split(os.pathsep)[0] != TOOLS:
    os.environ["PATH"] = os.pathsep.join((TOOLS, os.environ.get("PATH", "")))

# `python -m autograder release` stages the notebooks with solutions here; in this folder their release is `exercises/`.
c.CourseDirectory.source_directory = os.path.relpath(PROJECT / "_build" / "source")
c.CourseDirectory.release_directory = "exercises" if Path.cwd().resolve() == PROJECT else "release"

# `nbgrader autograde` judges with the same judge as `python -m autograder grade`; see autograder/classroom/stock.py.
c.Autograde.exporter_class = "autograder.classroom.stock.JudgeExporter"
c.Autograde.sanitize_preprocessors = [
    "autograder.classroom.stock.Rebuild",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.classroom.stock.JudgeSubmission",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.classroom.stock.DueDates",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What being late costs stands in the course folder's course.yml; see autograder/classroom/settings.py.
c.AssignLatePenalties.plugin_class = "autograder.classroom.late.CoursePlugin"
