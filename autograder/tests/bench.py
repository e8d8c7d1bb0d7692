"""``make bench``: the figures to reach, as ratios measured side by side in one run.

The same 50 notebooks, whose last exercise is a torch class, are graded by stock nbgrader and by
``python -m autograder grade``, each as its user would call it: a fresh process, start of the box included.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Table

from autograder import course, paths
from autograder.classroom import journal
from autograder.classroom.sample import write_class
from autograder.classroom.sample.notebooks import notebook_text

CHAPTER = "ch02_recurrence"
CLASS = 50
FOLDER = paths.BUILD / "bench"
TYPICAL = ("ada_right", "bela_loops", "chen_concatenates", "dora_helpers", "hugo_forgets", "iris_transposes")
ROUNDS = 3
CHECK_ROUNDS = 20
FEW_AND_MANY = (5, 25)  # submissions of two runs, whose difference is what a submission costs
NUMPY_INPUTS = """
rng = np.random.default_rng(0)
x, h, Wx, Wh, b = rng.normal(size=(3, 5, 7)), *map(rng.normal, [0] * 4, [1] * 4, [(3, 9), (7, 9), (9, 9), 9])
"""
ASSERTIONS = {
    "find_autograder": "def check(answer): pass",
    "check_rnn_step": NUMPY_INPUTS
    + "assert np.allclose(rnn_step(x[:, 0], h, Wx, Wh, b), np.tanh(x[:, 0] @ Wx + h @ Wh + b))",
    "check_rnn_forward": NUMPY_INPUTS
    + """
hs = rnn_forward(x, h, Wx, Wh, b)
for t in range(5):
    h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    assert np.allclose(hs[:, t], h)
""",
    "check_RNNCell": """
theirs, ours = torch.nn.RNNCell(7, 9), RNNCell(7, 9)
ours.load_state_dict(theirs.state_dict())
x, h = torch.randn(3, 7), torch.randn(3, 9, requires_grad=True)
assert torch.allclose(ours(x, h), theirs(x, h), atol=1e-5)
ours(x, h).sum().backward()
assert h.grad is not None
""",
}


def main() -> None:
    """Run all benchmarks and print the table."""
    table = Table("what", "measured", "to reach", title=f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}")
    seconds, cpu, isolation = ours()
    theirs = stock()
    bare = bare_checks()
    table.add_row(f"stock nbgrader autograde, {CLASS} notebooks", f"{theirs:.1f} s")
    table.add_row(f"autograder grade, the same, {isolation} (median of {ROUNDS})", f"{seconds:.1f} s")
    table.add_row("  into the gradebook, with feedback pages: ratio", f"{theirs / seconds:.1f} times", "20 times")
    table.add_row("  CPU of a submission, all processes", f"{cpu / CLASS * 1000:.0f} ms")
    table.add_row("  the bare checks of one submission, in one process", f"{bare * 1000:.0f} ms")
    for chapter in course.chapters():
        table.add_row(f"CPU of a solved {chapter}, all processes", f"{chapter_cpu(chapter) * 1000:.0f} ms", "400 ms")
    for chapter in course.chapters():
        times = latencies(chapter)
        slowest = max(times, key=lambda name: times[name])
        what = f"check(f) in a kernel after its first call, slowest of {chapter}: {slowest}"
        table.add_row(what, f"{times[slowest] * 1000:.0f} ms", "500 ms")
    Console().print(table)


def classroom(name: str) -> Path:
    """A course folder with 50 typical notebooks: right ones in four styles, and two with a mistake each."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_class(FOLDER / "samples", CHAPTER)
    for number in range(CLASS):
        source = FOLDER / "samples" / "submitted" / TYPICAL[number % len(TYPICAL)] / CHAPTER
        shutil.copytree(source, folder / "submitted" / f"student{number:02}" / CHAPTER)
    course.release([CHAPTER], folder)
    return folder


def ours() -> tuple[float, float, str]:
    """Wall seconds (median) and CPU seconds of grading the class, everything included; and how it was isolated."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        submitted = classroom("ours") / "submitted"
        before, start = os.times(), time.perf_counter()
        run([sys.executable, "-m", "autograder", "grade", CHAPTER, "--submitted", str(submitted)], paths.ROOT)
        walls.append(time.perf_counter() - start)
        after = os.times()
        cpus.append(sum(after[2:4]) - sum(before[2:4]))
    isolation = {verdict.isolation for verdict in journal.read(submitted.parent / "verdicts" / f"{CHAPTER}.jsonl")}
    return statistics.median(walls), statistics.median(cpus), " and ".join(sorted(isolation))


def stock() -> float:
    """Wall seconds of nbgrader's own Execute on the class.

    Its check cells are plain assertions, the least that an instructor would write: none of our checks runs there.
    """
    folder = classroom("stock")
    notebook = nbformat.read(paths.SOURCE / CHAPTER / f"{CHAPTER}.ipynb", 4)
    for cell in notebook.cells:
        cell.source = ASSERTIONS.get(cell.id, cell.source)
    source = folder / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    (folder / "gradebook.db").unlink()
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    run([sys.executable, "-m", "nbgrader", "generate_assignment", CHAPTER, "--force"], folder)
    start = time.perf_counter()
    run([sys.executable, "-m", "nbgrader", "autograde", CHAPTER], folder)
    return time.perf_counter() - start


def chapter_cpu(chapter: str) -> float:
    """CPU seconds of grading one more solved notebook of a chapter: what a larger class costs more than a smaller."""
    costs = []
    for size in FEW_AND_MANY:
        folder = FOLDER / f"{chapter}_{size}"
        shutil.rmtree(folder, ignore_errors=True)
        for number in range(size):
            path = folder / "submitted" / f"student{number:02}" / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(notebook_text(chapter, {}), encoding="utf-8")
        before = os.times()
        run(
            [sys.executable, "-m", "autograder", "grade", chapter, "--submitted", str(folder / "submitted")], paths.ROOT
        )
        costs.append(sum(os.times()[2:4]) - sum(before[2:4]))
    return (costs[1] - costs[0]) / (FEW_AND_MANY[1] - FEW_AND_MANY[0])


def bare_checks() -> float:
    """Seconds of one right submission's checks in this process, without isolation: the least that grading can cost."""
    from autograder.judge import implementations
    from autograder.prove import judge

    link = implementations.solution(CHAPTER)
    times = []
    for _ in range(CHECK_ROUNDS):
        start = time.perf_counter()
        for exercise in course.load(CHAPTER).exercises:
            judge(exercise, link, 1)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def latencies(chapter: str) -> dict[str, float]:
    """Seconds that ``check(f)`` takes in a notebook's kernel, the slowest of several calls after the first."""
    notebook = course.master(chapter)
    answers = {exercise.name: exercise.source for exercise in course.load(chapter).exercises}
    cells = [cell for cell in notebook.cells if cell.id == "find_autograder" or cell.id.startswith("setup_")]
    for name, source in answers.items():
        timing = (
            f"import time\ncheck({name})\ntimes = []\nfor _ in range(10):\n    start = time.perf_counter()\n"
            f"    check({name})\n    times.append(time.perf_counter() - start)\nprint('seconds', max(times))"
        )
        cells += [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell(timing)]
    notebook.cells = cells
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(paths.EXERCISES / chapter)}}).execute()
    printed = [
        float(output.text.split()[-1])
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "stream" and output.text.startswith("seconds")
    ]
    return dict(zip(answers, printed, strict=True))


def run(command: list[str], folder: Path) -> None:
    """A command that must succeed; its output is shown where it does not."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(
            f"bench: {' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


if __name__ == "__main__":
    main()
