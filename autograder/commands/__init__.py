"""The commands of ``python -m autograder``, by who uses them: `learner`, `teacher`, `maker`; and what they share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Device(StrEnum):
    """What ``--device`` takes."""

    cpu = "cpu"
    cuda = "cuda"


Chapters = Annotated[
    list[str] | None, typer.Argument(metavar="[CHAPTER]...", help="Such as ch02_recurrence; all when none is named.")
]
Unisolated = Annotated[
    bool, typer.Option("--allow-unisolated", help="Judge even where nothing isolates the code that is judged.")
]
Where = Annotated[Device, typer.Option("--device", help="Where torch exercises run; cuda: on the first GPU.")]
Submitted = Annotated[Path, typer.Option(help="Holds STUDENT/CHAPTER/CHAPTER.ipynb; results go beside it.")]
