"""Drivers of ch00_start: an exercise that takes a function is given one that is made of arrays here.

The functions are named by their formula, which is what the learner reads of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.worker.calls import Refused

Array = np.ndarray
FORMULAS: dict[str, Callable[[Array, Array], Any]] = {
    "(a * x).sum()": lambda a, x: (a * x).sum(),
    "(a * x**3).sum()": lambda a, x: (a * x**3).sum(),
    "np.tanh(a * x).sum()": lambda a, x: np.tanh(a * x).sum(),
    "np.sin((a * x).sum())": lambda a, x: np.sin((a * x).sum()),
    "(a * x).sum()**3": lambda a, x: (a * x).sum() ** 3,
}


class numerical_gradient:
    """Drives `numerical_gradient(f, x, eps)`."""

    @staticmethod
    def of(function: Callable[..., Any], f: str, a: Array, x: Array, eps: float | None = None) -> Any:
        """The gradient at x of the function with this formula; without eps, with the default step."""

        def height(at: Any) -> float:
            if np.shape(at) != x.shape:
                raise Refused(
                    f"f was called with an array of shape {np.shape(at)}; it takes one of x's shape, {x.shape}"
                )
            return float(FORMULAS[f](a, np.asarray(at)))

        return function(height, x) if eps is None else function(height, x, eps)
