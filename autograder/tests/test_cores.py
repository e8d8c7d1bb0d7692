"""Which cores the judge's threads and their workers run on."""

from __future__ import annotations

import contextlib
import os
import threading

import psutil
import pytest

from autograder.judge import cores
from autograder.judge.box import Box
from autograder.judge.remote import Worker


@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
def test_a_thread_for_each_core_stays_on_it(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads as cores share them out; with fewer or more, the system chooses."""
    stayed: list[set[int]] = []
    monkeypatch.setattr(cores, "here", lambda: [3, 4, 6])
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, on: stayed.append(on), raising=False)
    together = threading.Barrier(jobs)  # so that each thread of the pool is made
    with cores.pool(jobs) as pool:
        for waiting in [pool.submit(together.wait, 10) for _ in range(jobs)]:
            waiting.result()
    assert sorted(map(sorted, stayed)) == ([[3], [4], [6]] if jobs == 3 else [])


def test_a_worker_runs_where_its_thread_does() -> None:
    """The worker takes over the cores of the thread that asks for it, and the box and the main thread keep theirs."""
    box, everywhere = Box("inner"), os.sched_getaffinity(0)
    found: list[set[int]] = []

    def ask() -> None:
        os.sched_setaffinity(0, {max(everywhere)})
        worker = Worker(box)
        try:
            worker.ask("prepare", ["", [], {}], 10)  # it has settled by now
            (child,) = psutil.Process(box.process.pid).children()
            found.append(set(child.cpu_affinity()))
        finally:
            worker.close()

    try:
        box.wait()
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert found == [{max(everywhere)}]
        assert os.sched_getaffinity(0) == set(psutil.Process(box.process.pid).cpu_affinity()) == everywhere
    finally:
        box.close()


def test_a_worker_whose_core_is_gone_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers, and the box goes on serving: nobody else answers in its place."""
    monkeypatch.setattr(cores, "here", lambda: [1000])
    with contextlib.closing(Box("inner").wait()) as box:
        for _ in range(2):
            worker = Worker(box)
            worker.ask("prepare", ["", ["def f(): return 1"], {}], 10)
            worker.ask("run", [0], 10)
            assert worker.ask("call", ["f", (), {}, False], 10)["value"] == 1
            worker.close()


def test_a_thread_whose_core_is_gone_judges_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it may not stay on its core, the system chooses one."""
    monkeypatch.setattr(cores, "here", lambda: [1000, 1001])
    with cores.pool(2) as pool:
        assert list(pool.map(abs, [-1, -2, -3])) == [1, 2, 3]
