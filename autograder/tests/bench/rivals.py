"""What others take for the same class: stock nbgrader, and otter-grader's own grader in this machine's processes.

Their check cells and tests are plain assertions, the least that an instructor would write: the solution under another
name, and one random input for each exercise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from autograder import course, paths
from autograder.tests.bench.classes import CHAPTER
from autograder.tests.bench.measure import FOLDER, run

OTTER = "otter-grader==7.0.0"
INPUTS = """
import numpy as np
rng = np.random.default_rng(0)
x, (h, c), (i, f, g, o) = rng.normal(size=(3, 5, 7)), rng.normal(size=(2, 3, 9)), rng.uniform(size=(4, 3, 9))
Wx, Wh, b = rng.normal(size=(7, 36)), rng.normal(size=(9, 36)), rng.normal(size=36)
hs, cs, dhs = rng.normal(size=(3, 3, 5, 9))
def same(one, other):
    return all(map(np.allclose, one, other)) if isinstance(other, tuple) else np.allclose(one, other)
"""
ARGUMENTS = {
    "lstm_gates": "x[:, 0], h, Wx, Wh, b",
    "lstm_step": "x[:, 0], h, c, Wx, Wh, b",
    "lstm_forward": "x, h, c, Wx, Wh, b",
    "cell_memory": "hs",
    "forget_bias": "b, 2.0",
    "lstm_step_backward": "h, c, x[:, 0], h, c, i, f, g, o, c, Wx, Wh",
    "lstm_backward": "dhs, x, h, c, hs, cs, Wx, Wh, b",
}
OTHERS = {
    "design_latch": "assert [each.shape for each in design_latch()] == [(2, 4), (1, 4), (4,)]",
    "LSTMCell": """
import torch
theirs, ours = torch.nn.LSTMCell(7, 9), LSTMCell(7, 9)
ours.load_state_dict(theirs.state_dict())
x, state = torch.randn(3, 7), (torch.randn(3, 9), torch.randn(3, 9))
assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(ours(x, state), theirs(x, state)))
""",
}
OTTER_TEST = """
from otter.test_files import test_case
OK_FORMAT = False
name, points = {name!r}, 1
@test_case(points=1)
def test(env):
    exec({code!r}, env)
"""
OTTER_RUN = """
import json, sys, time
from pathlib import Path
from otter.api import grade_submission
files = sorted(Path(sys.argv[1]).glob("*.ipynb"))
start = time.perf_counter()
scores = [grade_submission(str(file), "autograder.zip", quiet=True).total for file in files]
print(json.dumps([time.perf_counter() - start, sum(score == max(scores) for score in scores)]))
"""


def assertion(exercise: course.Exercise) -> str:
    """The check cell of an exercise."""
    if exercise.name in OTHERS:
        return OTHERS[exercise.name]
    right = exercise.source.replace(f"def {exercise.name}(", "def right(")
    called = ARGUMENTS[exercise.name]
    return f"{INPUTS}Array = np.ndarray\n{right}\nassert same({exercise.name}({called}), right({called}))"


def nbgrader(submitted: Path) -> tuple[float, float]:
    """Wall seconds of stock ``nbgrader autograde``, with its Execute, and of ``generate_feedback`` after it."""
    folder = FOLDER / "stock"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(submitted, folder / "submitted")
    source = folder / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(_with_assertions(paths.SOURCE / CHAPTER / f"{CHAPTER}.ipynb"), source)
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    seconds = []
    for command in (["generate_assignment", CHAPTER], ["autograde", CHAPTER], ["generate_feedback", CHAPTER]):
        start = time.perf_counter()
        run([sys.executable, "-m", "nbgrader", *command], folder)
        seconds.append(time.perf_counter() - start)
    return seconds[1], seconds[2]


def otter(submitted: Path) -> tuple[float, int] | None:
    """Wall seconds of otter-grader's `grade_submission` on each notebook, and how many got all points.

    None where otter-grader cannot be installed; its environment is made once and kept.
    """
    python = _otter_python()
    if python is None:
        return None
    folder = FOLDER / "otter"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    for exercise in course.load(CHAPTER).exercises:
        text = OTTER_TEST.format(name=exercise.name, code=assertion(exercise))
        (folder / "tests" / f"{exercise.name}.py").write_text(text)
    (folder / "notebooks").mkdir()
    for path in sorted(submitted.glob(f"*/{CHAPTER}/*.ipynb")):
        nbformat.write(_with_assertions(path, ""), folder / "notebooks" / f"{path.parts[-3]}.ipynb")
    (folder / "run.py").write_text(OTTER_RUN)
    run([str(python.with_name("otter")), "generate", "-t", "tests", "--no-environment"], folder, str(python))
    seconds, right = json.loads(run([str(python), "run.py", "notebooks"], folder, str(python)).splitlines()[-1])
    return seconds, right


def _with_assertions(path: Path, check: str | None = None) -> nbformat.NotebookNode:
    """A notebook whose check cells are plain assertions, or ``check``, and which does not look for this package."""
    notebook = nbformat.read(path, 4)
    cells = {f"check_{exercise.name}": exercise for exercise in course.load(CHAPTER).exercises}
    for cell in notebook.cells:
        if cell.id == "find_autograder":
            cell.source = "def check(answer): pass"
        elif cell.id in cells:
            cell.source = assertion(cells[cell.id]) if check is None else check
    return notebook


def _otter_python() -> Path | None:
    """The Python of an environment with otter-grader, which sees this one's torch; None where pip cannot make it."""
    folder = FOLDER / "otter-venv"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", OTTER]
        if subprocess.run(pip, capture_output=True).returncode:
            return None
        (folder / "installed").touch()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (folder / "lib" / version / "site-packages" / "course.pth").write_text(f"{os.path.abspath(ours)}\n")
    return python
