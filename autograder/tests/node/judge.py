"""Run inside of Pyodide by judge.mjs: the verdict on an editor's text, whole, as JSON."""

import json
import shutil
import time
import warnings
from dataclasses import asdict

from autograder.judge import bank
from autograder.page import inside
from autograder.timed import Printed

warnings.simplefilter("ignore")


def judge(exercise: str, text: str, seed: int) -> str:
    """The verdict; of the second of two checks the seconds, as a reader waits for them."""
    name = bank.file(exercise, seed).name
    shutil.copy(f"/bank/{name}", f"{inside.BANK}/{name}")
    verdict = inside.judge(inside._exercise(exercise), text, seed, Printed(), {})
    start = time.monotonic()
    inside.check(exercise, text, seed)
    return json.dumps({**asdict(verdict), "seconds": time.monotonic() - start})
