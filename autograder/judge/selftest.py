"""At which level can code be isolated here? Found by trying real escapes, never inferred from versions."""

from __future__ import annotations

import ast
import atexit
import contextlib
from functools import cache
from pathlib import Path

from autograder import paths
from autograder.judge.box import Box, BoxError
from autograder.judge.remote import Worker
from autograder.judge.stage import StageError
from autograder.judge.subject import CallTimeout, WorkerDied

PROBES = Path(__file__).with_name("probes.py")
HELPERS = {"refused", "first", "libc", "others"}


@cache
def probe_names() -> list[str]:
    """The attacks in ``probes.py``, and last ``work``, which must succeed."""
    tree = ast.parse(PROBES.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in HELPERS]


def holes(box: Box, device: str = "") -> list[str]:
    """What code in this box can do though it should not, in words: "read project files".

    What must work is tried on the box's own device, or on ``device``.
    """
    worker = Worker(box)
    found = []
    try:
        worker.ask("prepare", ["", [PROBES.read_text()], {}], 60)  # with a GPU, CUDA starts first
        if (failure := worker.ask("run", [0], 20)) is not None:
            raise BoxError(f"the self-test did not start: {failure}")
        for name in probe_names():
            arguments = (str(paths.ROOT), device or box.device) if name == "work" else (str(paths.ROOT),)
            answer = worker.ask("call", [name, arguments, {}, False], 20)
            if answer["failure"] is not None and name == "work":
                where = "" if box.device == "cpu" else f" on {box.device}"
                raise BoxError(f"numpy and torch do not work in the box{where}: {answer['failure']['message'][:200]}")
            if answer["value"] is not None or answer["failure"] is not None:
                found.append(name.replace("_", " "))
    except (CallTimeout, WorkerDied) as error:
        raise BoxError(f"the self-test did not end: {error.message}") from None
    finally:
        worker.close()
    return found


_ahead: dict[str, Box] = {}


def start_ahead(level: str = "boxed") -> None:
    """Start the box that `open_box` will ask for first, before the imports that take as long as the box itself."""
    with contextlib.suppress(BoxError, StageError):  # `open_box` will say it
        box = _ahead[level] = Box(level)
        atexit.register(box.close)


def _take(level: str, device: str) -> Box:
    ahead = _ahead.pop(level, None) if device == "cpu" else None
    return (ahead or Box(level, device)).wait()


def open_box(levels: tuple[str, ...] = ("boxed", "inner"), device: str = "cpu") -> tuple[Box | None, list[str]]:
    """The first level of ``levels`` that starts and lets nothing through; and why the others did not, a line each."""
    reasons = []
    for level in levels:
        box = None
        try:
            box = _take(level, device)
            found = holes(box)
        except BoxError as error:
            reasons.append(str(error))
            if box:
                box.close()
            continue
        if not found:
            return box, reasons
        reasons.append(f"{level}: learners' code could {', '.join(found)}")
        box.close()
    return None, reasons
