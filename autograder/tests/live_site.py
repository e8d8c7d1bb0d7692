"""A small website for the tests of live cells: a start page, a page with exercises, and one without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from autograder import paths

CONF = f"""import sys
sys.path.insert(0, {str(paths.ROOT)!r})
extensions = ["myst_parser", "autograder.page.directives"]
myst_enable_extensions = ["dollarmath"]
html_theme = "sphinx_book_theme"
html_context = {{"default_mode": "auto"}}
latex_documents = [("index", "book.tex", "Live", "us", "manual")]
"""
PAGE = """```{live-exercise} rnn_step
Below it.

```

```{live-exercise} rnn_forward
```

```{live-code} ch02_recurrence
np.zeros(2)
```

```{live-hand-in} ch02_recurrence
```
"""


def build(
    folder: Path,
    text: str,
    builder: str = "html",
    options: tuple[str, ...] = (),
    environ: Mapping[str, str] = os.environ,
) -> subprocess.CompletedProcess[str]:
    """The website with this text on its page ``live``, in a folder named after the builder."""
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text("# Start\n\n```{toctree}\nlive\nplain\n```\n\n```{live-progress}\n```\n")
    (folder / "live.md").write_text(f"# Solve it here\n\n{text}\n")
    (folder / "plain.md").write_text("# Plain\n\nNothing is solved here.\n")
    place = [str(folder), str(folder / builder)]
    command = [sys.executable, "-m", "sphinx", "-W", "-b", builder, *options, *place]
    return subprocess.run(command, capture_output=True, text=True, env=dict(environ))
