"""The website, built once for all tests: a fixture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from autograder import paths


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its pages; built from nothing with warnings as errors, by whichever process comes first."""
    base = tmp_path_factory.getbasetemp()
    out = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    with FileLock(f"{out}.lock"):
        if not out.exists():
            command = Path(sys.executable).with_name("jupyter-book")
            build = [str(command), "build", "-W", "--keep-going", f"--path-output={out}", "."]
            done = subprocess.run(build, cwd=paths.ROOT, capture_output=True, text=True)
            (out / "log").write_text(f"{done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}", encoding="utf-8")
    log = (out / "log").read_text(encoding="utf-8")
    assert log.startswith("0\n"), log
    return out / "_build" / "html"
