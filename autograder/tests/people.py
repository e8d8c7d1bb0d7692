"""People on one computer: each has a home folder and a name, by which nbgrader's exchange tells them apart.

A test may not add accounts to the computer that it runs on.
So all people here are one account, and Debian's nss_wrapper tells each one's programs another name for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from autograder import course


@dataclass
class Person:
    """Somebody with a folder; what they run knows nothing of this test's own settings."""

    name: str
    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        self.settings = {**environment(self.name, self.home), **self.settings}

    def run(self, *command: str, folder: str = ".") -> str:
        """Run a Python program, ``nbgrader`` or another, in a folder of theirs; gives all that it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.home / folder, env=self.settings, timeout=300, check=False,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, f"{self.name}: {' '.join(command)}\n{done.stdout}"
        return done.stdout

    def answer(self, chapter: str, answers: dict[str, str]) -> None:
        """Write answers into the notebook that was fetched."""
        path = self.home / chapter / f"{chapter}.ipynb"
        found = nbformat.read(path, as_version=4)
        for cell in found.cells:
            cell.source = answers.get(cell.id, cell.source)
        nbformat.write(found, path)


def environment(name: str, home: Path) -> dict[str, str]:
    """The environment of a program that takes its account's name to be ``name``; writes the list of accounts."""
    accounts, groups = home.parent / f"{name}.passwd", home.parent / f"{name}.group"
    accounts.write_text(f"{name}:x:{os.getuid()}:{os.getgid()}:{name}:{home}:/bin/bash\n")
    groups.write_text(f"{name}:x:{os.getgid()}:\n")
    return {
        "HOME": str(home),
        "USER": name,
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "LD_PRELOAD": str(wrapper()),
        "NSS_WRAPPER_PASSWD": str(accounts),
        "NSS_WRAPPER_GROUP": str(groups),
    }


def wrapper() -> Path:
    """Where nss_wrapper is; in continuous integration it must be there, elsewhere a test is left out without it."""
    found = sorted(Path("/usr").glob("lib*/**/libnss_wrapper.so"))
    if not found:
        missing("no libnss_wrapper.so in /usr/lib; to install it: sudo apt-get install libnss-wrapper")
    return found[0]


def missing(why: str) -> None:
    """Fail in continuous integration, where everything must be there; leave the test out elsewhere, and say why."""
    pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def right(chapter: str) -> dict[str, str]:
    """An answer to each exercise of a chapter, all of them right."""
    return {exercise.name: exercise.source for exercise in course.load(chapter).exercises}
