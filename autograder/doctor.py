"""``python -m autograder doctor``: what is here, what is missing, why, and the command that mends it."""

from __future__ import annotations

import ctypes.util
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rich.table import Table

from autograder import course
from autograder.errors import UserError
from autograder.judge import bank, causes, devices, parts, selftest
from autograder.judge.causes import System

PACKAGES = ("numpy", "torch", "nbgrader", "jupyter-book", "jupytext", "matplotlib", "msgpack")
LEARNERS = ("numpy", "matplotlib", "jupyterlab", "msgpack")  # what is needed in a bundle
ISOLATION = ("landlockpy", "pyseccomp")


@dataclass
class Finding:
    """One thing looked at; where it is not ``ok``, ``why``, and ``mend``: the command or the step that helps."""

    what: str
    found: str
    ok: bool = True
    needed: bool = False
    mend: str = ""
    why: str = ""


def examine(system: System | None = None) -> list[Finding]:
    """Look at everything that grading needs."""
    system = system or System()
    return [*_software(), *_bank(), _system(system), *_layers(system), *_levels(), _gpu()]


def table(findings: Sequence[Finding]) -> Table:
    """For the terminal."""
    made = Table(
        "",
        "part",
        "found",
        title=f"What {'checking' if course.bundled() else 'grading'} needs, and what is here",
        title_justify="left",
    )
    for finding in findings:
        sign = "✓" if finding.ok else "✗" if finding.needed else "–"
        made.add_row(sign, finding.what, finding.found)
    return made


def advice(findings: Sequence[Finding]) -> Iterator[str]:
    """What is missing, why, and below it the command that mends it, on a line of its own to be copied."""
    for finding in findings:
        if not finding.ok and (finding.why or finding.mend):
            yield f"{finding.what}: {finding.why or finding.found}"
            yield f"    {finding.mend}"


def _software() -> Iterator[Finding]:
    known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding("Python", platform.python_version(), known, True, "use Python 3.11, 3.12 or 3.13")
    needed, more = (LEARNERS, ("torch",)) if course.bundled() else (PACKAGES, ())
    for package in (*needed, *more, *ISOLATION):
        why = "torch is not installed; the exercises in PyTorch alone need it" if package in more else ""
        try:
            yield Finding(package, version(package), needed=True)
        except PackageNotFoundError:
            yield Finding(package, "missing", False, package in needed, "pip install -r requirements.txt", why)


def _bank() -> Iterator[Finding]:
    """In a bundle: are the recorded answers there, and whole?"""
    if not course.bundled():
        return
    try:
        exercises = [exercise for chapter in course.chapters() for exercise in course.load(chapter).exercises]
        for exercise in exercises:
            for seed in bank.seeds():
                bank.load(exercise, seed)
    except UserError as error:
        yield Finding("recorded answers", "damaged", False, True, "get the course again", str(error))
    else:
        yield Finding("recorded answers", f"{len(exercises)} exercises, {len(bank.seeds())} sets of inputs each")


def _system(system: System) -> Finding:
    cause = causes.platform(system)
    return _finding("system", causes.name(system), cause, needed=True)


def _layers(system: System) -> Iterator[Finding]:
    yield _bubblewrap(system)
    yield _finding("seccomp", "in the kernel", causes.seccomp(system), "missing")
    library = ctypes.util.find_library("seccomp")
    yield Finding("libseccomp", library or "missing", bool(library), False, parts.install_command("libseccomp"))
    answer = causes.ask_landlock()
    yield _finding("Landlock", f"ABI {answer}: {_held(answer)}", causes.landlock(system, answer), "missing")


def _bubblewrap(system: System) -> Finding:
    program, why = parts.bubblewrap()
    if program:
        return Finding("bubblewrap", program)
    if not parts.bubblewrap_programs():
        return Finding("bubblewrap", "missing", False, False, parts.install_command("bubblewrap"))
    cause = causes.namespaces(system) or causes.Cause(why, "ask whoever looks after this system to allow it")
    return _finding("bubblewrap", "", cause, f"none that works ({why})")


def _held(abi: int) -> str:
    """What Landlock itself holds at this ABI; seccomp covers the rest."""
    steps = {1: "files", 4: "TCP", 5: "devices", 6: "signals and sockets"}
    return ", ".join(what for least, what in steps.items() if abi >= least)


def _levels() -> Iterator[Finding]:
    """The level that a class is graded at, found by trying real escapes; and what it lacks."""
    opened, reasons = selftest.open_box()
    if not opened:
        found = f"none: {'; '.join(reasons)}"
        yield Finding("isolation", found, False, True, "mend the parts above; then run this again")
        return
    opened.close()
    tried = f"{opened.isolation}: {len(selftest.probe_names()) - 1} escapes tried, none worked"
    yield Finding("isolation", tried, needed=True)
    if reasons:
        why = (
            f"{'; '.join(reasons)}; without the boxed level, learners' code sees the same file tree, without any rights"
        )
        yield Finding("isolation at its best", "not here", False, False, "mend bubblewrap, see above", why)


def _finding(what: str, found: str, cause: causes.Cause | None, otherwise: str = "", needed: bool = False) -> Finding:
    """What was found where there is no cause for complaint; else ``otherwise``, with the cause."""
    if cause is None:
        return Finding(what, found, needed=needed)
    return Finding(what, otherwise or found, False, needed, cause.mend, cause.why)


def _gpu() -> Finding:
    """Asked in a process of its own: to ask is to start CUDA."""
    question = "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available() else '')"
    try:
        run = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, timeout=120)
        name = run.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        name = ""
    if not name:
        return Finding("GPU", "none", False, False, "not needed: everything runs on the CPU", devices.why_no_gpu())
    opened, reasons = selftest.open_box(device=devices.GPU)
    if opened is None:
        return Finding("GPU", name, False, False, "grade on the CPU, without --device cuda", "; ".join(reasons))
    opened.close()
    return Finding("GPU", f"{name}; its box: {opened.isolation}")
