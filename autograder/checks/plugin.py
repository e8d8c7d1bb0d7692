"""Pytest's options for the checks: ``pytest --submission=FILE`` judges a file of one's own, ``--seed N`` repeats a run.

Named in ``pyproject.toml`` (``-p autograder.checks.plugin``), so that the options are known before any test is read.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.judge.submission import Submission

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a second thread makes these small cases slower, and shared cores worse

SEED = pytest.StashKey[int]()
SUBMISSION = pytest.StashKey["Submission | None"]()
PROBLEMS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options."""
    group = parser.getgroup("unrolled", "Unrolled's checks")
    group.addoption("--submission", metavar="FILE", help="run the checks on the functions in FILE (.py or .ipynb)")
    group.addoption("--seed", type=_seed, help="draw the inputs of the checks from this seed (default: a fresh one)")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed; read the submission."""
    given = config.getoption("seed")
    workers = getattr(config, "workerinput", {})  # a process of pytest-xdist takes over its parent's seed
    config.stash[SEED] = workers.get("seed", secrets.randbelow(2**32) if given is None else given)
    config.stash[PROBLEMS] = []
    config.stash[SUBMISSION] = _submission(config.getoption("submission"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist for each of its processes."""
    node.workerinput["seed"] = node.config.stash[SEED]


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run."""
    return request.config.stash[SEED]


def pytest_report_header(config: pytest.Config) -> str:
    """The line that makes a failed run repeatable."""
    return f"seed: {config.stash[SEED]} (repeat with --seed {config.stash[SEED]})"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With a submission, nothing is collected besides the checks of its chapter."""
    submission = config.stash[SUBMISSION]
    if submission is None or collection_path.is_dir():
        return None
    wanted = Path(__file__).with_name(f"test_{submission.chapter}.py")
    return None if collection_path in (wanted, Path(__file__).with_name("__init__.py")) else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Cells of the submission that do not run, and what no GPU has seen."""
    for problem in config.stash[PROBLEMS]:
        terminalreporter.write_line(problem, yellow=True)
    from autograder.judge import devices

    skipped = [report for report in terminalreporter.stats.get("skipped", []) if devices.NO_GPU in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(devices.note(len(skipped)))


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 on")
    return int(text)


def _submission(file: str | None) -> Submission | None:
    if file is None:
        return None
    from autograder.judge import submission  # notebooks take a moment to import

    read = submission.read(Path(file))
    if read.problem:
        raise pytest.UsageError(read.problem)
    return read
