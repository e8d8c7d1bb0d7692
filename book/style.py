"""One look for every figure of the book, legible on a light and on a dark page."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours can be told apart with every common kind of colour blindness.
BLUE, ORANGE, GREEN, GRAY = "#0072b2", "#d55e00", "#009e73", "#767676"

torch.set_num_threads(1)  # on small cases two threads are slower than one, and last digits would change

plt.rcParams.update(
    {
        "figure.dpi": 150,  # as wide as a page, and still readable on a telephone
        "figure.facecolor": "white",  # a white card on a dark page, so that no line is lost
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#dddddd",
        "font.size": 11,  # points; smaller is hard to read where a telephone shrinks the figure
        "legend.frameon": False,
    }
)


def figure(width: float = 4.8, height: float = 3.0) -> tuple[Figure, Axes]:
    """A figure of that size in inches, with one pair of axes in the book's look."""
    return plt.subplots(figsize=(width, height))
