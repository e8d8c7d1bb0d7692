"""Programs from npm that tests need: what a lock file beside them says, installed once below ``_build``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from autograder import paths
from autograder.tests.people import missing


def installed(source: Path) -> Path:
    """The folder ``node_modules`` of what the lock file in ``source`` names; a skip (in CI: a failure) without npm."""
    folder, npm = paths.BUILD / "npm" / source.name, shutil.which("npm")
    if not npm:
        missing(f"no npm here, which installs what tests/{source.name} needs; to install it: sudo apt-get install npm")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        wanted = (source / "package-lock.json").read_bytes()
        mark = folder / "installed"
        if not (mark.is_file() and mark.read_bytes() == wanted and (folder / "node_modules").is_dir()):
            for name in ("package.json", "package-lock.json"):
                shutil.copy(source / name, folder)
            install = [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"npm ci: {done.stdout}{done.stderr}"
            mark.write_bytes(wanted)
    return folder / "node_modules"
