"""The arguments of the checks: what is judged, and rng, device, reference.

Each check runs on the solution and on every accepted answer; with ``--submission`` on that file alone.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import course
from autograder.checks import HELPERS, CheckFailed
from autograder.checks.plugin import PROBLEMS, SEED, SUBMISSION
from autograder.judge import devices, implementations
from autograder.judge.subject import Link, LocalLink, Reference, Subject
from autograder.judge.submission import Submission
from autograder.worker import calls, source

PREFIX = "autograder.checks.test_"
LINK = pytest.StashKey[LocalLink]()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator of its own for each check, the same one that the judge makes from this seed."""
    return np.random.default_rng([request.config.stash[SEED], zlib.crc32(request.function.__name__.encode())])


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Reference:
    """The solutions of the chapter."""
    return implementations.reference(_chapter(request.module))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each implementation that a check judges, and for each device where torch exercises run."""
    names = [name for name in inspect.signature(metafunc.function).parameters if name not in HELPERS]
    links = _links(metafunc.config, _chapter(metafunc.module), names[0])
    subjects = [[Subject(name, link) for name in names] for link in links.values()]
    metafunc.parametrize(names, subjects, ids=list(links))
    if "device" in metafunc.fixturenames:
        without = pytest.mark.skipif(not devices.gpu(), reason=devices.NO_GPU)
        metafunc.parametrize("device", [devices.CPU, pytest.param(devices.GPU, marks=without)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Of one's own work, what is wrong counts, not the grader's lines that found it."""
    report = yield
    if item.config.stash[SUBMISSION] and call.excinfo and isinstance(call.excinfo.value, CheckFailed):
        report.longrepr = f"{inspect.getdoc(item.function)}\n    {call.excinfo.value.message}"  # type: ignore[attr-defined]
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A warning in an answer is no failure; exercises that a submission leaves out are not judged."""
    submission = config.stash[SUBMISSION]
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in ours:
        item.add_marker(pytest.mark.filterwarnings("ignore"))
    if submission:
        left_out = [item for item in ours if not _judged(item) <= submission.defined()]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _chapter(module: Any) -> str:
    return str(module.__name__).removeprefix(PREFIX)


def _judged(item: pytest.Item) -> set[str]:
    return set(inspect.signature(item.function).parameters) - HELPERS  # type: ignore[attr-defined]


def _links(config: pytest.Config, chapter: str, exercise: str) -> dict[str, Link]:
    """What stands in for the functions that a check judges, by the name of the item."""
    submission = config.stash[SUBMISSION]
    if submission:
        if LINK not in config.stash:
            config.stash[LINK] = _run(submission, chapter, config.stash[PROBLEMS])
        return {submission.path.name: config.stash[LINK]}
    variants = [variant for variant in implementations.accepted(chapter) if variant.exercise == exercise]
    return {"solution": implementations.solution(chapter), **{variant.style: variant.link for variant in variants}}


def _run(submission: Submission, chapter: str, problems: list[str]) -> LocalLink:
    """The submission's cells, run in this process: for one's own work, never for a stranger's."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell.source for cell in submission.cells if cell.role in ("answer", "helper")]
    for number, text in enumerate([*course.load(chapter).setup, *cells], 1):
        cell = source.prepare(number, text)
        problems += [f"cell {number}: {cell.problem}"] if cell.problem else []
        try:
            exec(cell.code or "", namespace)
        except Exception as error:
            problems.append(f"cell {number}: {calls.describe(error).type}: {error}")
    return LocalLink(namespace, implementations.drivers(chapter))
