"""The bare cost of the checks: the same checks on the same submissions in one process, each submission by itself.

``python -m autograder.tests.bench.bare CHAPTER SUBMITTED`` prints CPU seconds per submission as JSON, of two things:
``plain``, where each check calls the learner's functions and the solutions as any Python function, inputs drawn and
right answers computed anew; and ``whole``, with all that a verdict needs: arguments that are the call's own,
fingerprints of them, a look at what runs, and explanations.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograder import checks, course, paths
from autograder.judge import implementations, submission
from autograder.judge.run import judge_exercise
from autograder.judge.subject import LocalLink, Reference
from autograder.tests.bench.measure import run
from autograder.worker import source

SEED = 1
Namespace = dict[str, Any]


def measured(chapter: str, submitted: Path) -> dict[str, float]:
    """CPU seconds per submission, "plain" and "whole", in a process of its own."""
    command = [sys.executable, "-m", "autograder.tests.bench.bare", chapter, str(submitted)]
    found: dict[str, float] = json.loads(run(command, paths.ROOT).splitlines()[-1])
    return found


class Plain:
    """A function of the namespace; of a class, the driver's functions with the class put in."""

    changed = ()  # nothing looks at what a call has written into

    def __init__(self, name: str, namespace: Namespace, drivers: Any) -> None:
        self._name, self._namespace, self._drivers = name, namespace, drivers

    def __call__(self, *args: Any) -> Any:
        return self._namespace[self._name](*args)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        drive = getattr(self._drivers[self._name], method)
        return lambda *args: drive(self._namespace[self._name], *args)


class Solutions:
    """The reference, called as plainly."""

    def __init__(self, chapter: str) -> None:
        self._rest = vars(course.solution(chapter)), implementations.drivers(chapter)

    def __getattr__(self, name: str) -> Plain:
        return Plain(name, *self._rest)


def cells_run(handed_in: submission.Submission, chapter: str) -> Namespace:
    """The names that a submission's cells define."""
    namespace: Namespace = {"__name__": "__main__"}
    texts = [*course.load(chapter).setup, *(text for _, text in handed_in.own_cells())]
    for number, text in enumerate(texts, 1):
        exec(source.prepare(number, text).code or "", namespace)
    return namespace


def plain(handed_in: submission.Submission, chapter: str) -> None:
    """Every check, called as pytest would."""
    rest = cells_run(handed_in, chapter), implementations.drivers(chapter)
    for check in checks.load(chapter):
        subjects = {name: Plain(name, *rest) for name in check.arguments if name not in checks.HELPERS}
        rng = np.random.default_rng([SEED, zlib.crc32(check.name.encode())])
        with contextlib.suppress(Exception):  # a mistake
            check.run(rng=rng, device="cpu", reference=Solutions(chapter), **subjects)


def whole(handed_in: submission.Submission, chapter: str) -> None:
    """Every verdict, as the judge reaches it, but in this process."""
    link = LocalLink(cells_run(handed_in, chapter), implementations.drivers(chapter))
    for exercise in course.load(chapter).exercises:
        judge_exercise(exercise, link, Reference(implementations.solution(chapter)), SEED)


def main() -> None:
    """Measure both; the first submissions are run once before, so that nothing is loaded meanwhile."""
    chapter, submitted = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")
    files = sorted(submitted.glob(f"*/{chapter}/*.ipynb"))
    handed_in = [submission.read(file, chapter) for file in files]
    found = {}
    for way in (plain, whole):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for one in handed_in[:4]:
                way(one, chapter)
            start = time.process_time()
            for one in handed_in:
                way(one, chapter)
            found[way.__name__] = (time.process_time() - start) / len(handed_in)
    print(json.dumps(found))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
