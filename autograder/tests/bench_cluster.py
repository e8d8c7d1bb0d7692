"""``python -m autograder.tests.bench_cluster``: what a Dask cluster costs, beside grading on this machine alone.

Both grade the same 50 notebooks, each in a fresh process, as an instructor calls it.
"""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from autograder import paths
from autograder.classroom.journal import line
from autograder.classroom.journal import read as read_journal
from autograder.classroom.sample import write_class
from autograder.judge.submission import read
from autograder.tests.cluster_folder import Machines, machines

CHAPTER = "ch02_recurrence"
CLASS = 50
TYPICAL = ("ada_right", "bela_loops", "chen_concatenates", "dora_helpers", "hugo_forgets", "iris_transposes")


def main() -> None:
    """Grade the class both ways and print the table."""
    with tempfile.TemporaryDirectory() as name, machines(Path(name)) as started:
        folder = Path(name)
        here, there = write_50(folder / "here"), write_50(folder / "there")
        started.scheduler()
        workers = [started.worker() for _ in range(os.cpu_count() or 1)]
        alone, _ = graded(here)
        there_seconds, busy = graded(there, "--scheduler", started.address)
        _, start = graded(there, "--scheduler", started.address)  # everything is known: it starts, and looks
        table = Table("what", "measured", title=f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}")
        table.add_row(f"{CLASS} notebooks on this machine alone", f"{alone:.1f} s")
        table.add_row(f"the same by {len(workers)} Dask workers of one core each", f"{there_seconds:.1f} s")
        cpu = (busy - start) / CLASS
        table.add_row("CPU of the process that runs grade, for each more submission", f"{cpu * 1000:.0f} ms")
        table.add_row("sent for each submission", f"{sent(there) / CLASS / 1000:.1f} kB")
        table.add_row("received for each submission", f"{received(there) / CLASS / 1000:.1f} kB")
        table.add_row("memory of a worker and its box while they judge", f"{memory(started, there) / 1e6:.0f} MB")
        Console().print(table)


def write_50(folder: Path) -> Path:
    """A course folder whose students handed in typical work; its folder of submissions."""
    write_class(folder, CHAPTER)
    submitted = folder / "submitted"
    for student in [one.name for one in submitted.iterdir() if one.name not in TYPICAL]:
        shutil.rmtree(submitted / student)
    for number in range(CLASS - len(TYPICAL)):
        shutil.copytree(submitted / TYPICAL[number % len(TYPICAL)], submitted / f"student_{number}")
    return submitted


def command(submitted: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", CHAPTER, "--submitted", str(submitted), *options]


def graded(submitted: Path, *options: str) -> tuple[float, float]:
    """Seconds, and seconds of CPU of the process and what it waited for."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command(submitted, *options), cwd=paths.ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def sent(submitted: Path) -> int:
    """Bytes of all submissions as they travel."""
    notebooks = sorted(submitted.glob(f"*/{CHAPTER}/{CHAPTER}.ipynb"))
    return sum(len(pickle.dumps(read(path, CHAPTER), protocol=5)) for path in notebooks)


def received(submitted: Path) -> int:
    """Bytes of all verdicts as they travel."""
    verdicts = read_journal(submitted.parent / "verdicts" / f"{CHAPTER}.jsonl")
    return sum(len(line(verdict)) for verdict in verdicts)


def memory(started: Machines, submitted: Path) -> int:
    """The most memory that the first worker and all below it have at a time, pages that they share counted once."""
    worker = psutil.Process(started.running[1].pid)
    again = [*command(submitted, "--scheduler", started.address), "--regrade", "all"]
    run = subprocess.Popen(again, cwd=paths.ROOT, stdout=subprocess.DEVNULL)
    most = 0
    while run.poll() is None:
        most = max(most, sum(_pss(process) for process in [worker, *worker.children(recursive=True)]))
        time.sleep(0.1)
    return most


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
