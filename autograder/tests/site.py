"""The website, built once for all tests: a fixture; and a web server for a folder."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A web server that does not print what it serves."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a web server with this folder, on this machine alone."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
