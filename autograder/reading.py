"""What the judge would find by reading an answer, found where the answer is written: in a notebook, or in a file."""

from __future__ import annotations

import inspect
import linecache
import sys
from pathlib import Path

from autograder.course import Exercise
from autograder.worker import source


def forbidden(answer: object, exercise: Exercise) -> str:
    """What an answer or its helpers use though the exercise may not, as it is spelled; "" where nothing is found."""
    cells = [source.prepare(number, text) for number, text in enumerate(sources(answer), 1)]
    return source.forbidden(cells, exercise.name, exercise.library)


def sources(answer: object) -> list[str]:
    """The file that an answer was imported from; else the cells that ran in this kernel, in the order they did.

    Of a name that was defined more than once the last definition counts, for the kernel as for the reader.
    """
    file = _file(answer)
    if file and Path(file).is_file():
        return ["".join(linecache.getlines(file))]
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    ran = shell.user_ns.get("In", []) if shell else []  # the learner's to write into: anything may be in it
    return [text for text in ran if isinstance(text, str)] if isinstance(ran, list) else []


def _file(answer: object) -> str:
    """The file of a function, or of the first method of a class; "" where there is none."""
    methods = vars(answer).values() if isinstance(answer, type) else ()
    functions = [inspect.unwrap(each) for each in (answer, *methods) if inspect.isfunction(each)]
    return functions[0].__code__.co_filename if functions else ""
