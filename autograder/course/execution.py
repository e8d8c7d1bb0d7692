"""A small Sphinx extension: pages with code are run side by side, and kept until what they use changes.

MyST-NB keeps the outputs of a page (jupyter-cache) and knows them by the page's own cells. What a cell imports may
change as well: each page therefore has a fingerprint of its cells, of the project's modules that they import, of the
data that those name, and of the versions of the libraries. With another fingerprint, a page is run again.
"""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core.execute import ExecutionError, create_client
from myst_nb.core.read import NbReader, create_nb_reader
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError

from autograder.course.fingerprint import Files
from autograder.judge import cores


class _Silent(logging.LoggerAdapter[logging.Logger]):
    """For MyST-NB, which would warn of what is raised here."""

    def log(self, *_: Any, **__: Any) -> None:
        return


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Called by Sphinx: the pages whose fingerprint is not that of their outputs; the outputs are thrown away."""
    folder = Path(env.mystnb_config.execution_cache_path)  # type: ignore[attr-defined]
    cache, file = get_cache(folder), folder / "fingerprints.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    read = {name: notebook for name in env.found_docs if (notebook := _notebook(env, name))}
    project = Files()
    now = {name: project.fingerprint(_code(notebook)) for name, (notebook, _) in read.items()}
    stale = [name for name in now if now[name] != known.get(name)]
    for name in stale:
        with suppress(KeyError):
            cache.remove_cache(cache.match_cache_notebook(read[name][0]).pk)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(now), encoding="utf-8")
    return stale


def run_pages(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Called by Sphinx before it reads these pages: those without outputs are run, one a core."""
    with ThreadPoolExecutor(cores.count()) as pool:
        for done in [pool.submit(_run, env, name) for name in names]:
            done.result()


def _run(env: BuildEnvironment, name: str) -> None:
    """Let MyST-NB run a page and keep its outputs, as it does when it reads the page."""
    if (read := _notebook(env, name)) is None:
        return
    notebook, reader = read
    config = env.mystnb_config  # type: ignore[attr-defined]
    try:
        with create_client(notebook, env.doc2path(name), config, _Silent(logging.getLogger(__name__)), reader.read_fmt):
            pass
    except ExecutionError as error:
        last = strip_ansi(str(error.__cause__).strip().splitlines()[-1])
        raise SphinxError(f"{name}: a cell fails: {last}") from error


def _notebook(env: BuildEnvironment, name: str) -> tuple[NotebookNode, NbReader] | None:
    """A page's cells and what read them; None for a page without code, and for one that is only shown."""
    path = Path(env.doc2path(name))
    config = env.mystnb_config  # type: ignore[attr-defined]
    if any(path.match(pattern) for pattern in config.execution_excludepatterns):
        return None
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, config, text)  # type: ignore[attr-defined]
    notebook = reader.read(text) if reader else None
    return (notebook, reader) if reader and notebook and any(_code(notebook)) else None


def _code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", run_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
