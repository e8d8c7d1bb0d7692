"""Run inside of Pyodide by judge.mjs: the verdict on an editor's text, whole, as JSON."""

import json
import shutil
import warnings
from dataclasses import asdict

from autograder.judge import bank
from autograder.page import inside
from autograder.timed import Printed

warnings.simplefilter("ignore")


def judge(exercise: str, text: str, seed: int) -> str:
    """The verdict, on the recording that the page would have fetched."""
    name = bank.file(exercise, seed).name
    shutil.copy(f"/bank/{name}", f"{inside.BANK}/{name}")
    return json.dumps(asdict(inside.judge(inside.find(exercise), text, seed, Printed(), {})))
