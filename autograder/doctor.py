"""``python -m autograder doctor``: what is here, what is missing, and the command that mends it."""

from __future__ import annotations

import ctypes.util
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rich.table import Table

from autograder.judge import parts, selftest

PACKAGES = ("numpy", "torch", "nbgrader", "jupyter-book", "jupytext", "matplotlib", "msgpack")
ISOLATION = ("landlockpy", "pyseccomp")


@dataclass
class Finding:
    """One thing looked at; ``mend`` is the command or the step that helps where it is not ``ok``."""

    what: str
    found: str
    ok: bool = True
    needed: bool = False
    mend: str = ""


def examine() -> list[Finding]:
    """Look at everything that grading needs."""
    return [*_software(), *_layers(), _level(), _gpu()]


def table(findings: list[Finding]) -> Table:
    """For the terminal."""
    made = Table("", "part", "found", "what to do", title="What grading needs, and what is here")
    for finding in findings:
        sign = "✓" if finding.ok else "✗" if finding.needed else "–"
        made.add_row(sign, finding.what, finding.found, "" if finding.ok else finding.mend)
    return made


def _software() -> Iterator[Finding]:
    known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding("Python", platform.python_version(), known, True, "use Python 3.11, 3.12 or 3.13")
    for package in (*PACKAGES, *ISOLATION):
        try:
            yield Finding(package, version(package), needed=True)
        except PackageNotFoundError:
            yield Finding(package, "missing", False, package in PACKAGES, "pip install -r requirements.txt")


def _layers() -> Iterator[Finding]:
    program, why = parts.bubblewrap()
    yield Finding("bubblewrap", program or "none that works", bool(program), False, why)
    library = ctypes.util.find_library("seccomp")
    yield Finding("libseccomp", library or "missing", bool(library), False, parts.install_command("libseccomp"))
    yield Finding("Landlock", *_landlock())


def _landlock() -> tuple[str, bool, bool, str]:
    try:
        import landlockpy

        abi = landlockpy.abi_version()
    except (ImportError, OSError):
        abi = 0
    return (f"ABI {abi}" if abi else "missing"), bool(abi), False, "use Linux 5.13 or newer (on Windows: WSL 2)"


def _level() -> Finding:
    opened, reasons = selftest.open_box()
    if opened:
        opened.close()
        level = opened.isolation
        return Finding(
            "isolation", f"{level}: {len(selftest.probe_names()) - 1} escapes tried, none worked", needed=True
        )
    return Finding(
        "isolation", f"none ({'; '.join(reasons)})", False, True, "mend the parts above; then run this again"
    )


def _gpu() -> Finding:
    """Asked in a process of its own: to ask is to start CUDA."""
    question = "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available() else 'none')"
    try:
        run = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, timeout=120)
        name = run.stdout.strip() or "none"
    except (OSError, subprocess.TimeoutExpired):
        name = "none"
    return Finding("GPU", name, name != "none", False, "not needed: everything runs on the CPU")
