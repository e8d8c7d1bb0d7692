"""Run the parts named (all by default) and print their tables: ``python -m autograder.tests.bench [PART...]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from autograder.tests import fuzz, kills
from autograder.tests.bench import alike, chapters, page, scale, speed, term, website

PARTS: dict[str, Callable[[], Iterable[Table]]] = {
    "speed": speed.tables,
    "scale": lambda: [scale.table()],
    "chapters": lambda: [chapters.table()],
    "term": lambda: [term.table()],
    "decoder": lambda: [fuzz.table()],
    "website": website.tables,
    "page": page.tables,
    "alike": alike.tables,
    "kills": lambda: [kills.table()],
}


def main() -> None:
    """Run them one after another: they would measure each other."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        sys.exit(f"bench: no part is called {min(unknown)}; there are: {', '.join(PARTS)}")
    for name in names:
        for table in PARTS[name]():
            Console(width=110 if not sys.stdout.isatty() else None).print(table)


if __name__ == "__main__":
    main()
