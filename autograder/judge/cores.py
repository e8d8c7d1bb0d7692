"""On which cores of the processor who judges runs, and the worker that it asks.

A thread of the judge and its worker take turns: while one computes, the other waits for it. On one core each turn is
a plain switch; on two, each turn wakes a core that has gone to sleep, which takes as long as the answer to a question.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor


def here() -> list[int]:
    """The cores that the calling thread may run on; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def count() -> int:
    """The number of cores that this process may use."""
    return len(here()) or os.cpu_count() or 1


def pool(jobs: int) -> ThreadPoolExecutor:
    """``jobs`` threads to judge in; where there is one for each core, each stays on its own.

    With fewer, another program may be keeping some of the cores busy: then the system chooses.
    """
    ours = here()
    each = iter(ours if len(ours) == jobs > 1 else [])
    return ThreadPoolExecutor(jobs, thread_name_prefix="judge", initializer=_stay, initargs=(each,))


def _stay(cores: Iterator[int]) -> None:
    with contextlib.suppress(OSError):  # a core that is gone meanwhile: the system chooses
        for core in cores:
            os.sched_setaffinity(0, {core})
            return
