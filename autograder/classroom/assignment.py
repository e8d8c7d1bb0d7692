"""A chapter as an assignment of nbgrader's gradebook: making it known, and what each submission needs of it."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import SaveCells

from autograder.classroom.folder import ClassroomError


def make_known(book: Gradebook, db_url: str, chapter: str, master: NotebookNode) -> None:
    """Let nbgrader's own ``SaveCells`` enter the released notebook where the gradebook has none, or another one.

    ClassroomError when the other one has submissions.
    """
    try:
        if _described(book.find_notebook(chapter, chapter)) == _cells_of(master):
            return
    except MissingEntry:
        book.update_or_create_assignment(chapter)
    try:
        SaveCells().preprocess(master, {"nbgrader": {"notebook": chapter, "assignment": chapter, "db_url": db_url}})
    except RuntimeError as error:
        raise ClassroomError(
            f"{chapter}: its gradebook holds submissions to other exercises than the released ones; "
            f"grade in a new course folder, or remove them:  nbgrader db assignment remove {chapter} --force"
        ) from error
    book.db.rollback()  # see what SaveCells wrote over its own connection


@dataclass(frozen=True)
class Cells:
    """Of one notebook of the assignment: which of its cells have a grade, which a comment, and what they are called."""

    notebook_id: str
    graded: list[str]
    commented: list[str]
    names: dict[str, str]

    @classmethod
    def of(cls, notebook: Notebook) -> Cells:
        """The cells of a notebook as the gradebook has them."""
        graded = [*notebook.grade_cells, *notebook.task_cells]
        commented = [*notebook.solution_cells, *notebook.task_cells]
        names = {cell.id: cell.name for cell in [*graded, *commented]}
        return cls(notebook.id, [cell.id for cell in graded], [cell.id for cell in commented], names)

    def add_blank(self, submission: SubmittedAssignment) -> None:
        """What nbgrader's ``add_submission`` makes for each notebook."""
        blank = SubmittedNotebook(notebook_id=self.notebook_id, assignment=submission)
        for cell in self.graded:
            Grade(cell_id=cell, notebook=blank)
        for cell in self.commented:
            Comment(cell_id=cell, notebook=blank)


def _described(notebook: Notebook) -> dict[str, tuple[str | None, float | None]]:
    """Of each cell that nbgrader watches: its checksum and its points, as the gradebook has them."""
    points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    return {cell.name: (cell.checksum, points.get(cell.name)) for cell in notebook.source_cells}


def _cells_of(master: NotebookNode) -> dict[str, tuple[str | None, float | None]]:
    """The same of a released notebook."""
    found: dict[str, tuple[str | None, float | None]] = {}
    for cell in master.cells:
        if utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell) or utils.is_task(cell):
            marks = cell.metadata.nbgrader
            points = float(marks.points) if utils.is_grade(cell) else None
            found[marks.grade_id] = (marks.get("checksum"), points)
    return found
