"""A small Sphinx extension: pages with code are run side by side, and kept until what they use changes.

MyST-NB keeps the outputs of a page (jupyter-cache) and knows them by the page's own cells. What a cell imports may
change as well: each page therefore has a fingerprint of its cells, of the project's modules that they import, of the
data that those name, and of the versions of the libraries. With another fingerprint, a page is run again.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError

from autograder.course.fingerprint import Files
from autograder.judge import cores


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Called by Sphinx: the pages whose fingerprint is not that of their outputs; the outputs are thrown away."""
    folder = Path(env.mystnb_config.execution_cache_path)  # type: ignore[attr-defined]
    cache, file = get_cache(folder), folder / "fingerprints.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    read = {name: notebook for name in env.found_docs if (notebook := _notebook(env, name))}
    project = Files()
    now = {name: project.fingerprint(_code(notebook)) for name, notebook in read.items()}
    stale = [name for name in now if now[name] != known.get(name)]
    for name in stale:
        if kept := _kept(cache, read[name]):
            cache.remove_cache(kept)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(now), encoding="utf-8")
    return stale


def run_pages(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Called by Sphinx before it reads these pages: those without outputs are run, one a core."""
    with ThreadPoolExecutor(cores.count()) as pool:
        for done in [pool.submit(_run, env, name) for name in names]:
            done.result()


def _run(env: BuildEnvironment, name: str) -> None:
    """Run a page unless its outputs are kept, and keep them where MyST-NB will find them when it reads the page.

    MyST-NB would run it as well, but it takes what a cell prints for lines, where a kernel may send half of one.
    """
    config = env.mystnb_config  # type: ignore[attr-defined]
    cache, path = get_cache(config.execution_cache_path), Path(env.doc2path(name))
    if (notebook := _notebook(env, name)) is None or _kept(cache, notebook):
        return
    start = time.monotonic()
    client = NotebookClient(notebook, timeout=config.execution_timeout, coalesce_streams=True)
    client.record_timing = False  # times in a cell make it another cell for the cache
    try:
        client.execute(cwd=str(path.parent))
    except (CellExecutionError, CellTimeoutError) as error:
        last = strip_ansi(str(error).strip().splitlines()[-1])
        raise SphinxError(f"{name}: a cell fails: {last}") from error
    ran = CacheBundleIn(notebook, str(path), data={"execution_seconds": time.monotonic() - start})
    cache.cache_notebook_bundle(ran, check_validity=False, overwrite=True)


def _kept(cache: JupyterCacheAbstract, notebook: NotebookNode) -> int | None:
    """The record of a page's outputs."""
    with suppress(KeyError):
        return int(cache.match_cache_notebook(notebook).pk)
    return None


def _notebook(env: BuildEnvironment, name: str) -> NotebookNode | None:
    """A page's cells; None for a page without code, and for one that is only shown."""
    path = Path(env.doc2path(name))
    config = env.mystnb_config  # type: ignore[attr-defined]
    if any(path.match(pattern) for pattern in config.execution_excludepatterns):
        return None
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, config, text)  # type: ignore[attr-defined]
    notebook = reader.read(text) if reader else None
    return notebook if notebook and any(_code(notebook)) else None


def _code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", run_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
