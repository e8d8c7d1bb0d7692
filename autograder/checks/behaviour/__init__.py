"""Exercises whose answer is a design: what is judged is what it does, so that any design may be right.

Each has a module here, named like the exercise, with functions for its checks, and with ``behaviour``: what an answer
does on fixed inputs, as arrays. Two designs with one mistake differ in their weights and agree in their behaviour.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def of(exercise: str) -> Callable[[Any], Any] | None:
    """``behaviour(value)`` of an exercise that has one: it takes any value, and returns arrays or None."""
    name = f"{__name__}.{exercise}"
    if not exercise.isidentifier() or not importlib.util.find_spec(name):
        return None
    found: Callable[[Any], Any] = importlib.import_module(name).behaviour
    return found
