"""Run inside of Pyodide by page.mjs: what a page can be asked, and the verdict whole. Each answers with JSON."""

import json
import shutil
import warnings
from dataclasses import asdict

from autograder.judge import bank
from autograder.page import inside
from autograder.page.inside import run  # noqa: F401  asked by its name
from autograder.timed import Printed

warnings.simplefilter("ignore")


def judge(exercise: str, text: str, seed: int) -> str:
    """The verdict on an editor's text."""
    _fetch(exercise, seed)
    return json.dumps(asdict(inside.judge(inside.find(exercise), text, seed, Printed(), {})))


def check(exercise: str, text: str, seed: int, site: str = "", before: tuple[str, ...] = ()) -> str:
    """What a press on Check is answered with."""
    _fetch(exercise, seed)
    return inside.check(exercise, text, seed, site, before)


def check_damaged(exercise: str, text: str, seed: int) -> str:
    """The same where the recording came damaged, and then again where it came whole."""
    path = _fetch(exercise, seed)
    with open(path, "r+b") as file:
        file.truncate(1000)
    return json.dumps([json.loads(inside.check(exercise, text, seed)), json.loads(check(exercise, text, seed))])


def _fetch(exercise: str, seed: int) -> str:
    """The recording, put where the page puts it."""
    name = bank.file(exercise, seed).name
    return str(shutil.copy(f"/bank/{name}", f"{inside.BANK}/{name}"))
