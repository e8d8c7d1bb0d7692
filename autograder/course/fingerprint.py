"""What code of a page reads of the project, as one hash: when it is another one, the page must be run again."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder import paths

WHOLE = "autograder"  # it loads checks, mutants and drivers by name: whoever imports any of it may use all of it
LIBRARIES = paths.ROOT / "requirements.txt"


class Files:
    """The project's files as they are now, each read once; make a new one when they may have changed."""

    def __init__(self) -> None:
        whole = (path for folder in (paths.ROOT / WHOLE, paths.SOLUTIONS) for path in folder.rglob("*"))
        self._whole = {path for path in whole if path.suffix in (".py", ".toml", ".j2")}
        book = (path for path in (paths.ROOT / "book").rglob("*") if path.is_file())
        self._data = [path for path in book if path.suffix not in (".md", ".py")]
        self._used: dict[Path, set[Path]] = {}

    def fingerprint(self, cells: Iterable[str]) -> str:
        """Of code cells, of all files of the project that running them reads, and of the versions of the libraries."""
        texts = list(cells)
        found = hashlib.sha256(repr((texts, sys.version)).encode())
        for path in sorted({LIBRARIES, *self.used(texts)}):
            found.update(path.read_bytes())
        return found.hexdigest()

    def used(self, texts: Iterable[str]) -> set[Path]:
        """The project's modules that these texts import, and what those import; and the data that any of them names."""
        todo = set().union(*map(self._named, texts))
        found: set[Path] = set()
        while todo:
            path = todo.pop()
            found.add(path)
            todo |= self._used_by(path) - found
        return found

    def _used_by(self, path: Path) -> set[Path]:
        if path not in self._used:
            self._used[path] = self._named(path.read_text(encoding="utf-8")) if path.suffix == ".py" else set()
        return self._used[path]

    def _named(self, text: str) -> set[Path]:
        found = {path for path in self._data if path.name in text}
        for name in _imported(text):
            parts = name.split(".")
            if parts[0] == WHOLE:
                found |= self._whole
            path = paths.ROOT.joinpath(*parts).with_suffix(".py")
            if path.is_file():
                found.add(path)
        return found


def _imported(text: str) -> Iterator[str]:
    """Dotted names; of ``from a import b`` both a and a.b, which may be a module, too."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # magics: such a cell imports no module of ours
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)
