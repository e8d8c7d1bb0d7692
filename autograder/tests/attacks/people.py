"""Who runs the golden suite: whoever runs the tests, and, where that is root, an ordinary user besides."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder import paths

PYTHON = "/usr/bin/python3"
USER = 54321  # no entry in the list of users is needed
SECONDS = 900
KEPT_OUT = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", ".*_cache", "submitted")


@dataclass
class Person:
    """A Python, a copy of the project that this person can read, and the user; None: who runs this process."""

    python: str
    project: Path
    user: int | None = None

    def run(self, *arguments: str) -> tuple[list[dict[str, object]], str]:
        """The outcomes that `run` printed, and "" or what it said besides them."""
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        as_user = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        done = subprocess.run(
            [self.python, "-m", "autograder.tests.attacks.run", "--json", *arguments],
            cwd=self.project, env=environment, capture_output=True, text=True, timeout=SECONDS, **as_user,
        )  # fmt: skip
        said = done.stderr.strip() or (f"exit status {done.returncode}" if done.returncode > 1 else "")
        return [json.loads(line) for line in done.stdout.splitlines()], said


@contextlib.contextmanager
def oneself() -> Iterator[Person]:
    """Who runs this process, here."""
    yield Person(sys.executable, paths.ROOT)


@contextlib.contextmanager
def ordinary_user() -> Iterator[Person]:
    """An ordinary user, with a virtual environment of the system's own Python and a copy of the project.

    Only for root, and where `why_not` finds nothing.
    """
    with contextlib.ExitStack() as stack:
        build = tempfile.mkdtemp(prefix="ordinary-user-", dir=_shared_folder())
        stack.callback(shutil.rmtree, build, ignore_errors=True)
        os.chmod(build, 0o755)
        environment, project = Path(build, "venv"), Path(build, "project")
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", environment], check=True, capture_output=True)
        packages = environment / "lib" / _version() / "site-packages"
        shutil.copytree(sysconfig.get_path("purelib"), packages, copy_function=_link, dirs_exist_ok=True, symlinks=True)
        shutil.copytree(paths.ROOT, project, ignore=KEPT_OUT)
        subprocess.run(["chown", "--recursive", f"{USER}:{USER}", project], check=True)
        yield Person(str(environment / "bin" / "python"), project, USER)


def why_not() -> str:
    """Why there is no ordinary user to run as, besides the one who runs this; "" where there is."""
    if os.geteuid() != 0:
        return "the tests are run by an ordinary user already"
    if not Path(PYTHON).exists():
        return f"{PYTHON} is missing: an ordinary user needs a Python that is not root's own"
    code = "import sys; print(f'python{sys.version_info[0]}.{sys.version_info[1]}')"
    system = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True).stdout.strip()
    return "" if system == _version() else f"{PYTHON} is {system}, and the packages here are for {_version()}"


def _version() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}"


def _shared_folder() -> Path:
    """A folder that others can read: beside the packages, to which files can be linked, or where all may write."""
    paths.BUILD.mkdir(exist_ok=True)
    ancestors = [paths.BUILD.resolve(), *paths.BUILD.resolve().parents]
    return paths.BUILD if all(folder.stat().st_mode & 0o005 == 0o005 for folder in ancestors) else Path("/tmp")


def _link(source: str, target: str) -> None:
    """Copy without copying; where that cannot be, with."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
