"""Puts into the website what its live cells need: the first script for every page that has one, and all that it loads.

What is loaded later lies in a folder named by its content: a browser that has kept it keeps what fits together.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from autograder.errors import UserError
from autograder.page import bundle, files, runtime

RUNTIME = "pyodide-0.27.7"
log = logging.getLogger(__name__)


def write(app: Sphinx) -> None:
    """Called by Sphinx when it begins: scripts first, as it writes their checksums into the pages.

    Where npm is missing, the pages say that this website was built without what runs Python.
    """
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    live = static / "live"
    live.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundle.SCRIPT / "live.css", live / "live.css")
    try:
        modules = bundle.modules()
        if modules is None:
            log.info(f"{bundle.NO_NPM}; this website is built without that")
            shutil.copyfile(bundle.SCRIPT / "absent.js", live / "live.js")
            return
        name = _later(live, modules / "pyodide", _address(app.config.live_runtime_url))
        bundle.write("live.js", live / "live.js", "iife", {"BUILD": name})
        if not app.config.live_runtime_url:
            runtime.write(static / RUNTIME, modules / "pyodide")
    except UserError as error:
        raise ExtensionError(str(error)) from None


def _later(live: Path, pyodide: Path, address: str) -> str:
    """What is loaded at the first press, in a folder whose name is returned; other such folders are removed."""
    with tempfile.TemporaryDirectory(dir=live, prefix="new-") as made:
        new = Path(made) / "folder"
        new.mkdir()
        files.write(new, pyodide)
        bundle.write("panel.js", new / "panel.js", "esm")
        core = {name: _sha256(pyodide / name) for name in runtime.CORE}
        bundle.write("worker.js", new / "worker.js", "esm", {"RUNTIME": address, "CORE": core})
        (new / "LICENCES.txt").write_text(bundle.licences(), encoding="utf-8")
        name = _digest(new)
        for other in live.iterdir():
            if other.is_dir() and other.name not in (name, Path(made).name):
                shutil.rmtree(other)
        if not (live / name).is_dir():
            new.rename(live / name)
    return name


def _digest(folder: Path) -> str:
    """Sixteen hexadecimal digits that change when a file in the folder does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {_sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _address(url: str) -> str:
    """Where the worker finds Pyodide, seen from its own file; UserError for what is no address of a folder."""
    if not url:
        return f"../../{RUNTIME}/"
    if urlsplit(url).scheme not in ("https", "http") or not url.endswith("/"):
        raise UserError(
            f"live_runtime_url in _config.yml: {url!r} is no address of a folder, such as https://HOST/PATH/"
        )
    return url
