"""The course as data: markers are read or refused in one line, and releases are the same bytes every time."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions

from autograder import course, paths
from autograder.course import generate, markers, notebook
from autograder.course.chapter import CourseError

SOURCE = '''\
# %% [markdown]
# # A title

# %%
import numpy as np

# %% [markdown] statement="one"
# ## One
#
# What is one?

# %% [markdown] hints="one"
# 1. Which number follows zero?
# 2. It is written 1.
# 3. Say that the function gives it back.

# %% exercise="one" points=2 minutes=1 difficulty=1 section="ch02-turn"
def one():
    """The number one."""
    ### BEGIN SOLUTION
    number = 0 + 1
    return number
    ### END SOLUTION

# %% active="ipynb"
# print(one())
'''

MISTAKES = [
    ("points=2", 'points="four"', "points of one is 'four'; it has to be a number above 0"),
    ("points=2", "points=four", "parameter that cannot be read"),
    ("points=2", "points=-2", "points of one is -2"),
    ("points=2 ", "", "exercise without points; add it"),
    ("minutes=1", "minutes=1.5", "minutes of one is 1.5; it has to be a whole number"),
    ("difficulty=1", "difficulty=4", "difficulty of one is 4; it has to be 1, 2 or 3"),
    ("difficulty=1", "difficulty=1 level=2", "unknown parameter level; a exercise cell takes"),
    (' section="ch02-turn"', "", "exercise without section; add it"),
    ('section="ch02-turn"', 'section="ch02-trun"', "which is no section of the book; did you mean ch02-turn?"),
    ('section="ch02-turn"', 'section="nowhere"', "is 'nowhere', which is no section of the book; write the label"),
    ('section="ch02-turn"', "section=2", "section of one is 2"),
    ("difficulty=1", 'difficulty=1 library="jax"', "library of one is 'jax'"),
    ('hints="one"', "", "one has no hints; add a cell"),
    ('statement="one"', "", "one has no statement; add a cell"),
    ('statement="one"', 'statement="two"', "statement of an unknown exercise"),
    ("# ## One\n", "", "statement of one has no heading"),
    ("# 3. Say", "# Say", "hints of one are not three"),
    ("    ### BEGIN SOLUTION\n", "", "solution markers of one out of order"),
    ("    ### END SOLUTION\n", "", "one has no complete solution"),
    ("### BEGIN SOLUTION", "# BEGIN SOLUTION", "misspelt solution marker in one"),
    ("def one():", "def two():", "cell defines no function or class one"),
    ("def one():", "def one(:", "one is not valid Python"),
    ('exercise="one" points=2 minutes=1 difficulty=1 section="ch02-turn"', "", "solution markers outside an exercise"),
    ("# # A title\n", "# A text\n", "no title; begin the file"),
    ("# %% active", SOURCE[SOURCE.index("# %% exercise") :] + "# %% active", "second exercise cell of one"),
]


@pytest.fixture(params=course.chapters())
def chapter(request: pytest.FixtureRequest) -> course.Chapter:
    return course.load(request.param)


@pytest.mark.parametrize("right, wrong, message", MISTAKES, ids=[message for *_, message in MISTAKES])
def test_each_mistake_in_a_solution_file_is_one_line_that_names_its_place(right: str, wrong: str, message: str) -> None:
    """What is wrong, in which line of which file, and what to do."""
    assert right in SOURCE
    with pytest.raises(CourseError) as error:
        markers.parse(SOURCE.replace(right, wrong, 1), "ch99", "ch99.py")
    text = str(error.value)
    assert message in text and "\n" not in text and re.match(r"ch99\.py(:\d+)?: .+; .+", text), text


def test_a_file_without_exercises_or_cells_is_refused() -> None:
    """Neither an empty file nor a chapter of prose can be released."""
    for text in ("", "# %% [markdown]\n# # A title\n"):
        with pytest.raises(CourseError, match="no exercise in it"):
            markers.parse(text, "ch99")


def test_what_is_read_is_what_was_written() -> None:
    """Statement, hints, source and starter come out of the one file."""
    exercise = markers.parse(SOURCE, "ch99").exercise("one")
    assert (exercise.points, exercise.minutes, exercise.difficulty, exercise.library) == (2.0, 1, 1, "numpy")
    assert exercise.section == "ch02-turn"
    assert exercise.hints[1] == "It is written 1."
    assert exercise.statement.startswith("## One")
    assert exercise.region == ("number = 0 + 1", "return number")
    assert "SOLUTION" not in exercise.source and "return number" in exercise.source
    assert "return number" not in exercise.starter and "raise NotImplementedError()" in exercise.starter


def test_the_starter_is_the_one_that_nbgrader_makes(chapter: course.Chapter) -> None:
    """We clear solutions as nbgrader does, without importing it."""
    for cell in notebook.source_notebook(chapter).cells:
        if cell.id in [exercise.name for exercise in chapter.exercises]:
            ClearSolutions()._replace_solution_region(cell, "python")
            assert cell.source == chapter.exercise(cell.id).starter


def test_a_chapter_or_exercise_that_does_not_exist_is_named(chapter: course.Chapter) -> None:
    """The message lists the names that there are."""
    with pytest.raises(CourseError, match=f"no such chapter; there are: .*{chapter.slug}"):
        course.load("ch99_nothing")
    with pytest.raises(CourseError, match=r"no such exercise in .*; it has: "):
        chapter.exercise("nothing")


def test_committed_exercises_are_what_release_makes_byte_for_byte(chapter: course.Chapter) -> None:
    """Whoever edits exercises/ or forgets to release sees it here; the second rendering equals the first."""
    texts = {generate.render(chapter) for _ in range(2)}
    committed = paths.EXERCISES / chapter.slug / f"{chapter.slug}.ipynb"
    assert texts == {committed.read_text(encoding="utf-8")}, f"run  python -m autograder release {chapter.slug}"
    assert [path.name for path in committed.parent.iterdir()] == [committed.name]


def test_nothing_in_exercises_is_orphaned() -> None:
    """Each folder of exercises/ belongs to a chapter of solutions/."""
    assert sorted(path.name for path in paths.EXERCISES.iterdir()) == course.chapters()


def test_no_line_of_a_solution_is_released(chapter: course.Chapter) -> None:
    """Neither in the starters nor in the hints; and the guard that says so bites."""
    lines = {line.strip() for cell in course.master(chapter.slug).cells for line in cell.source.splitlines()}
    solutions = {line for exercise in chapter.exercises for line in exercise.region}
    assert solutions and not lines & solutions
    leaky = notebook.text_of(notebook.source_notebook(chapter))
    with pytest.raises(CourseError, match="would be released"):
        generate._no_leak(chapter, leaky)


def test_a_hint_that_quotes_the_solution_is_refused() -> None:
    """A release that would give the answer away is not made."""
    quoting = markers.parse(SOURCE.replace("Say that", "Say `number = 0 + 1`, that"), "ch99")
    with pytest.raises(CourseError, match=r"solution of one would be released: number = 0 [+] 1; take it out"):
        generate.render(quoting)


def test_each_exercise_has_card_hints_answer_and_check_under_stable_ids(chapter: course.Chapter) -> None:
    """Graders and submissions rely on these ids and on this metadata."""
    cells = {cell.id: cell for cell in course.master(chapter.slug).cells}
    assert "find_autograder" in cells and "setup_1" in cells
    order = list(cells)
    for exercise in chapter.exercises:
        name = exercise.name
        assert order.index(f"check_{name}") == order.index(name) + 1
        assert exercise.card in cells[f"statement_{name}"].source
        assert cells[f"hints_{name}"].source.count("<details>") == 3
        assert cells[name].source == exercise.starter
        answer, check = cells[name].metadata.nbgrader, cells[f"check_{name}"].metadata.nbgrader
        assert (answer.grade_id, answer.solution, answer.grade, answer.locked) == (name, True, False, False)
        assert (check.grade_id, check.solution, check.grade, check.locked) == (f"check_{name}", False, True, True)
        assert check.points == exercise.points and check.schema_version == answer.schema_version == 3
        assert cells[f"check_{name}"].source == f"check({name})"


def test_nothing_of_jupytext_is_left_in_a_release(chapter: course.Chapter) -> None:
    """Only nbgrader's metadata and a plain kernel name."""
    released = course.master(chapter.slug)
    assert set(released.metadata) == {"kernelspec", "language_info"}
    assert {key for cell in released.cells for key in cell.metadata} <= {"nbgrader", "deletable", "editable"}
    nbformat.validate(released)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own add_submission
def test_any_folder_can_be_a_course(tmp_path: Path, chapter: course.Chapter) -> None:
    """Its gradebook learns the assignment; a second release is allowed when submissions exist, other cells are not."""
    (path,) = course.release([chapter.slug], course=tmp_path)
    assert path.read_bytes() == (paths.EXERCISES / chapter.slug / path.name).read_bytes()
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        assert gradebook.find_assignment(chapter.slug).max_score == sum(e.points for e in chapter.exercises)
        gradebook.add_student("ann")
        gradebook.add_submission(chapter.slug, "ann")
    course.release([chapter.slug], course=tmp_path)
    cells = tuple(cell for cell in chapter.cells if cell.name != chapter.exercises[-1].name)
    fewer = course.Chapter(chapter.slug, chapter.title, cells, chapter.exercises)
    with pytest.raises(CourseError, match=r"nbgrader refuses to release it: .* release into a new course folder"):
        generate.render(fewer, generate.configuration(tmp_path), url)
    assert path.is_file(), "a refused release takes nothing away"


def test_a_course_folder_that_is_missing_or_misconfigured_is_named(tmp_path: Path) -> None:
    """One line each."""
    with pytest.raises(CourseError, match="no such folder; make it first"):
        course.release(course=tmp_path / "nowhere")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.db_url = nonsense\n")
    with pytest.raises(CourseError, match=r"nbgrader_config.py: NameError: .*; correct the file"):
        course.release(course=tmp_path)


def test_the_solution_page_shows_each_answer_without_its_markers(chapter: course.Chapter) -> None:
    """And neither hints nor checks."""
    page = notebook.solution_page(chapter)
    sources = [cell.source for cell in page.cells]
    assert all(exercise.source in sources for exercise in chapter.exercises)
    assert not any("SOLUTION" in source or "<details>" in source or "check(" in source for source in sources)
