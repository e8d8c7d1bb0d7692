"""Grading on a Dask cluster: real processes, one of which is killed; the same grades, and nothing twice."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, Future
from rich.console import Console

from autograder import paths
from autograder.classroom import boxes, cluster
from autograder.classroom.cluster import Cluster
from autograder.classroom.grade import grade
from autograder.classroom.journal import read as read_journal
from autograder.classroom.sample import students, write_class
from autograder.judge.session import Judge, JudgeError
from autograder.judge.submission import read
from autograder.judge.verdict import Verdict
from autograder.tests.cluster_folder import Machines, machines
from autograder.tests.course_folder import gradebook, scores, submitted
from autograder.tests.fake_judge import CHAPTER, FULL, RIGHT, hand_in

__all__ = ["gradebook", "submitted"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries
QUIET = Console(quiet=True)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Machines]:
    (tmp_path / "dask").mkdir()
    with machines(tmp_path / "dask") as started:
        yield started


def kept(submitted: Path) -> list[Verdict]:
    return read_journal(submitted.parent / "verdicts" / f"{CHAPTER}.jsonl")


def when(reached: Callable[[], bool], do: Callable[[], None]) -> threading.Thread:
    """Do something, in a thread of its own, as soon as something is reached."""

    def wait() -> None:
        while not reached():
            time.sleep(0.02)
        do()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def comparable(verdict: Verdict) -> dict[str, Any]:
    """All of a verdict but its times."""
    found = {**asdict(verdict), "seconds": 0}
    for exercise in found["exercises"]:
        for check in exercise["checks"]:
            check["seconds"] = 0
    return found


def test_a_worker_killed_in_the_middle_costs_nothing(dask: Machines, tmp_path: Path) -> None:
    """Its submissions go to one that joined later: each grade is the deserved one, and no verdict is there twice;
    a judge on this machine with the same seed finds the same, word by word."""
    write_class(tmp_path / "class", CHAPTER)
    submitted = tmp_path / "class" / "submitted"
    hand_in(submitted, "no_file", None)
    hand_in(submitted, "link", None).symlink_to("/etc/passwd")
    dask.scheduler()
    first, lost = dask.worker(), []

    def add_one_and_kill_the_other() -> None:
        dask.worker()
        with Client(dask.address, set_as_default=False) as client:
            while len(work := client.processing()) < 2 or sum(map(len, work.values())) < 3:  # one's share is two
                time.sleep(0.05)
            lost.extend(work[next(address for address, pid in client.run(os.getpid).items() if pid == first.pid)])
            dask.kill(first)

    killer = when(lambda: len(kept(submitted)) >= 2, add_one_and_kill_the_other)
    result = grade(CHAPTER, submitted, console=QUIET, scheduler=dask.address)
    killer.join(10)
    assert lost and first.poll() is not None, "nothing was lost"
    assert (result.problems, result.judged) == ([], 26)
    deserved = {student.name: student.score for student in students(CHAPTER)} | {"no_file": 0.0, "link": 0.0}
    assert scores(submitted) == pytest.approx(deserved, abs=1e-3)
    verdicts = kept(submitted)
    assert sorted(str(verdict.student) for verdict in verdicts) == sorted(deserved)
    assert {verdict.isolation for verdict in verdicts} <= {"boxed", "inner"}
    (seed,) = {verdict.seed for verdict in verdicts}
    with Judge(seed=seed) as judge:
        for verdict in verdicts:
            if verdict.student in ("hugo_forgets", "quinn_syntax_error", "sami_not_json", "no_file", "link"):
                path = submitted / verdict.student / CHAPTER / f"{CHAPTER}.ipynb"
                assert comparable(judge.verdict(path, CHAPTER, verdict.student)) == comparable(verdict)


MANY = 60  # submissions: enough for a run to be under way still when something is lost after the second


def test_a_run_that_is_stopped_or_loses_every_worker_goes_on_later(
    dask: Machines, submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C and after the last worker's end there is one line, and what was judged is not judged again."""
    for number in range(MANY):
        hand_in(submitted, f"student_{number}", RIGHT)
    dask.scheduler()
    worker = dask.worker()
    command = [sys.executable, "-m", "autograder", "grade", CHAPTER, "--submitted", str(submitted)]
    command += ["--scheduler", dask.address]
    stopped = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    when(lambda: len(kept(submitted)) >= 2, lambda: stopped.send_signal(signal.SIGINT))
    printed = stopped.communicate(timeout=120)[0]
    assert f"of {MANY} are kept; the same command goes on from there" in printed and "Traceback" not in printed
    first = len(kept(submitted))
    assert 2 <= first < MANY

    monkeypatch.setattr(cluster, "PATIENCE", 2.0)
    when(lambda: len(kept(submitted)) > first, lambda: dask.kill(worker))
    with pytest.raises(JudgeError, match="all workers are gone; what was judged is kept"):
        grade(CHAPTER, submitted, console=QUIET, scheduler=dask.address)
    second = len(kept(submitted))
    assert first < second < MANY

    dask.worker()
    result = grade(CHAPTER, submitted, console=QUIET, scheduler=dask.address)
    assert (result.status, result.judged) == (0, MANY - second)
    assert len({verdict.student for verdict in kept(submitted)}) == len(kept(submitted)) == MANY
    assert scores(submitted) == {f"student_{number}": FULL for number in range(MANY)}


def test_a_lost_scheduler_ends_the_run_in_one_line(dask: Machines, submitted: Path) -> None:
    """What was judged is kept, and grading goes on from there without a cluster, too."""
    for number in range(MANY):
        hand_in(submitted, f"student_{number}", RIGHT)
    scheduler = dask.scheduler()
    dask.worker()
    command = [sys.executable, "-c", IMPATIENT, "grade", CHAPTER, "--submitted", str(submitted)]
    command += ["--scheduler", dask.address]
    when(lambda: len(kept(submitted)) >= 2, lambda: dask.kill(scheduler))
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    line = f"autograder: {dask.address}: the scheduler is gone; {cluster.KEPT}\n"
    assert (done.returncode, done.stderr) == (3, line)
    first = len(kept(submitted))
    assert 2 <= first < MANY
    result = grade(CHAPTER, submitted, console=QUIET)
    assert (result.status, result.judged, len(kept(submitted))) == (0, MANY - first, MANY)


IMPATIENT = """
from autograder import __main__
from autograder.classroom import boxes, cluster
cluster.CONNECT = 2.0
__main__.main()
"""


def opened(address: str) -> str:
    """What opening a cluster says against it."""
    with pytest.raises(JudgeError) as error, Cluster(address, CHAPTER):
        pass
    return str(error.value)


def test_a_cluster_that_cannot_judge_is_refused_in_one_line(
    dask: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address, no scheduler, no worker, this project not there: each line says which, and what to do."""
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    monkeypatch.setattr(cluster, "CONNECT", 2.0)
    assert "not an address" in opened("paper://mail")
    assert "no Dask scheduler answers" in opened(dask.address)
    elsewhere = dask.scheduler(cwd=tmp_path)
    assert "it does not see this project" in opened(dask.address)
    dask.kill(elsewhere)
    dask.scheduler()
    assert "this scheduler has no worker" in opened(dask.address)
    dask.worker(cwd=tmp_path)
    assert "it cannot run this project" in opened(dask.address)


def test_other_checks_or_libraries_are_refused(dask: Machines, submitted: Path) -> None:
    """At the scheduler, at a worker when the run begins, and at one that joins later."""
    dask.scheduler()
    dask.worker()
    path = hand_in(submitted, "ann", RIGHT)
    with Cluster(dask.address, CHAPTER) as found:
        checks, libraries = (replace(found.terms, **{n: "other"}) for n in ("checks_sha256", "libraries"))
        for terms, says in ((checks, f"its checks of {CHAPTER} are others"), (libraries, "it has Python 3.")):
            with pytest.raises(JudgeError, match=rf"worker tcp://.*: {says}.* start it again"):
                found.client.submit(boxes.judge, terms, read(path, CHAPTER), "ann").result()
            found.terms = terms
            with pytest.raises(JudgeError, match=says):
                found._workers()
        found.terms = checks
        with pytest.raises(JudgeError, match=f"scheduler tcp://.*: its checks of {CHAPTER} are others"):
            found._ask_scheduler()


def test_a_worker_that_cannot_isolate_refuses(dask: Machines, submitted: Path, tmp_path: Path) -> None:
    """Unless it is allowed; then each verdict says that nothing isolated it, and why."""
    preload = tmp_path / "no_layers.py"
    preload.write_text(
        "from autograder.judge import selftest\nselftest.open_box = lambda *_: (None, ['no layer works'])\n"
    )
    dask.scheduler()
    dask.worker("--preload", str(preload))
    path = hand_in(submitted, "ann", RIGHT)
    says = opened(dask.address)
    assert "worker tcp://" in says and "cannot be isolated here (no layer works)" in says
    with Cluster(dask.address, CHAPTER, allow_unisolated=True) as found:
        assert found.isolation == "none on 1 of 1 Dask worker with 1 core"
        verdict = found.verdict(path, CHAPTER, "ann")
    assert (verdict.isolation, verdict.holes, verdict.score) == ("none", found.holes, FULL)
    assert "no layer works" in verdict.holes[0]


def laptop(address: str) -> list[list[str]]:
    """The three commands of the book's page, with this Python and this address in them."""
    section = re.split(r"^## ", (paths.ROOT / "book" / "cluster.md").read_text(), flags=re.MULTILINE)[1]
    port = address.rpartition(":")[2]
    lines = re.findall(r"```bash\n(.*)\n```", section)
    return [line.replace("8786", port).replace(".venv/bin/python", sys.executable).split() for line in lines]


def test_the_books_commands_for_a_laptop_work(dask: Machines, submitted: Path) -> None:
    """Scheduler, worker and grader, as they stand on the page."""
    hand_in(submitted, "ann", RIGHT)
    scheduler, worker, grader = laptop(dask.address)
    dask.start(scheduler, "Scheduler at")
    dask.start(worker, "Registered to")
    command = [*grader, "--submitted", str(submitted)]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    assert "of 1 Dask worker with" in done.stdout and "1 judged" in done.stdout
    assert scores(submitted) == {"ann": FULL}


def test_what_travels(dask: Machines, submitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a worker the learner's own cells and no path; back from it bytes of JSON, whatever the code returned."""
    path = hand_in(submitted, "ann", RIGHT)
    dask.scheduler()
    dask.worker()
    sent, received = [], []
    with Cluster(dask.address, CHAPTER) as found:
        submit = found.client.submit

        def recorded(*what: Any, **settings: Any) -> Future:
            sent.append(what)
            future = submit(*what, **settings)
            received.append(future.result())
            return future

        monkeypatch.setattr(found.client, "submit", recorded)
        assert found.verdict(path, CHAPTER, "ann").score == FULL
    travelled = pickle.dumps(sent)  # where a path is in pieces
    assert RIGHT["rnn_step"].encode() in travelled and tmp_path.name.encode() not in travelled
    assert [type(data) for data in received] == [bytes] and Verdict.from_json(received[0].decode()).student == "ann"


def test_a_box_is_closed_when_its_run_is_over() -> None:
    """And not while it judges; a run that could not say that it is over ends with the next one's first submission."""
    terms = boxes.Terms(CHAPTER, Judge().checks_sha256(CHAPTER), boxes.libraries(), 7, "cpu", False)
    found = boxes.Boxes()
    with found.judge(terms):
        found.close_idle()
        assert list(found.judges) == [terms]
    with found.judge(replace(terms, seed=8)):
        assert [one.seed for one in found.judges] == [8]
    found.close_idle()
    assert not found.judges
