"""The distribution of points: bins, and a picture of them that every browser and printer can draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

BINS = 10  # or a few less
WIDTHS = (0.5, 1, 2, 2.5, 3, 4, 5, 6, 8, 10, 20, 50, 100)  # of a bin, in points
WIDTH, HEIGHT = 360, 200  # of the drawing, in its own units: on a telephone, a unit is about a pixel
LEFT, TOP, BOTTOM = 26, 36, 36  # around the bars


@dataclass(frozen=True)
class Bin:
    """Students with at least ``low`` and fewer than ``high`` points; the last bin has its upper end, and more."""

    low: float
    high: float
    students: int


def bins(points: list[float], most: float) -> list[Bin]:
    """The points of a class in bins of equal width, from 0 to the most that can be had."""
    width = next((width for width in WIDTHS if width * BINS >= most), most / BINS)
    edges = width * np.arange(max(1, np.ceil(most / width)) + 1)
    counts, _ = np.histogram(np.clip(points, 0.0, edges[-1]), edges)
    return [Bin(float(edges[n]), float(edges[n + 1]), int(count)) for n, count in enumerate(counts)]


def svg(shown: list[Bin], median: float) -> Markup:
    """The bins as bars, with their counts, and the median as a line; colours are the page's."""
    high = max([1, *(one.students for one in shown)])
    step, tall = (WIDTH - LEFT - 6) / len(shown), HEIGHT - TOP - BOTTOM
    at = LEFT + (WIDTH - LEFT - 6) * min(1.0, median / (shown[-1].high or 1.0))
    parts, counts = [], []
    for number, one in enumerate(shown):
        x, height = LEFT + number * step, tall * one.students / high
        y = TOP + tall - height
        parts.append(f'<rect class="bar" x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{height:.1f}"/>')
        if one.students:
            aside = 9 if abs(x + step / 2 - at) < 9 else 0  # of the median's line
            counts.append(_text(x + step / 2 - aside, y - 4, f"{one.students}"))
        if number % 2 == 0:
            parts.append(_text(x, HEIGHT - BOTTOM + 14, f"{one.low:g}"))
    parts.append(_text(WIDTH - 8, HEIGHT - BOTTOM + 14, f"{shown[-1].high:g}"))
    parts.append(f'<line class="axis" x1="{LEFT}" y1="{TOP + tall}" x2="{WIDTH - 6}" y2="{TOP + tall}"/>')
    parts.append(f'<line class="median" x1="{at:.1f}" y1="14" x2="{at:.1f}" y2="{TOP + tall}"/>')
    parts.append(_text(min(max(at, 50), WIDTH - 50), 10, f"median {median:.4g}"))
    parts.append(_text(LEFT + (WIDTH - LEFT) / 2, HEIGHT - 5, "points"))
    parts.append(f'<text x="10" y="{TOP + tall / 2}" transform="rotate(-90 10 {TOP + tall / 2})">students</text>')
    return Markup("".join([*parts, *counts]))  # numbers and words of ours


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
