"""Expected beside returned, as a picture for a notebook: cells shaded by value, or shapes drawn to scale.

HTML and SVG that need no style sheet, no script and no library, in the colours of the page they stand on.
What differs has a border and a sign: nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from autograder.checks import CheckFailed
from autograder.checks.compare import ABSOLUTE, RELATIVE

Array = np.ndarray
MOST = 12  # rows and columns that are shown
NUMBERS = 6  # columns, at most, into which numbers are printed
ABOVE, BELOW = "0,114,178", "213,94,0"  # blue and vermilion: apart for every kind of colour vision
GAPS = "repeating-linear-gradient(45deg,transparent 0 3px,rgba(128,128,128,.6) 3px 5px)"
SIDE = 120.0  # pixels of the longest side of a shape
NAMES = {1: ("entry",), 2: ("row", "column"), 3: ("example", "step", "unit")}
PLAIN = "background:transparent;color:inherit"
SMALL = f"font-size:.8em;font-weight:normal;text-align:center;padding:0 .3em;border:0;{PLAIN}"
TABLE = "border-collapse:separate;border-spacing:2px;margin:0;color:inherit"
FRAME = "display:flex;flex-wrap:wrap;gap:.5em 2em;align-items:flex-start;overflow-x:auto;color:inherit"
LEGEND = "blue is above 0, orange below, stronger further out; ≠ and a thick border: entries that differ"


def of(failure: CheckFailed) -> str:
    """A fragment of HTML; "" where there are no two arrays, or nothing that a line of text does not show as well."""
    expected, returned = failure.expected, failure.returned
    if not all(isinstance(each, Array) and each.dtype.kind in "fiub" and each.size for each in (expected, returned)):
        return ""
    ndim = expected.ndim
    axes = failure.axes if len(failure.axes) == ndim else NAMES.get(ndim, ())
    if expected.shape != returned.shape:
        return _shapes(expected.shape, returned.shape, axes) if max(ndim, returned.ndim) <= 3 else ""
    if ndim not in (2, 3) or (len(expected) == 1 == expected.shape[-2] and expected.shape[-1] <= NUMBERS):
        return ""
    return _matrices(expected, returned, axes, failure.what)


def _matrices(expected: Array, returned: Array, axes: Sequence[str], what: str) -> str:
    """Two matrices beside each other; of three axes, the matrix at the first place where the two differ."""
    differs = ~np.isclose(returned, expected, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
    places = np.argwhere(differs)
    if not len(places):
        return ""
    if "step" in axes:  # the earliest step, which is the one that the check's message names
        places = places[np.argsort(places[:, list(axes).index("step")], kind="stable")]
    first, caption = tuple(places[0]), what
    count = f"{differs.sum()} of {differs.size} entries differ"
    if expected.ndim == 3:
        caption = f"{what}, {axes[0]} {first[0]} of {len(expected)}".removeprefix(", ")
        expected, returned, differs = expected[first[0]], returned[first[0]], differs[first[0]]
    rows, columns = (_window(size, place) for size, place in zip(expected.shape, first[-2:], strict=True))
    caption = ", ".join([caption] * bool(caption) + _cropped(expected.shape, (rows, columns), axes[-2:]))
    crops = [each[rows, columns] for each in (expected, returned)]
    finite = np.abs(np.concatenate([each[np.isfinite(each)].astype(float) for each in crops]))
    scale = float(finite.max(initial=0)) or 1.0
    starts, marks = (rows.start, columns.start), differs[rows, columns]
    tables = [
        _table(label, each, marks, scale, starts, axes[-2:])
        for label, each in zip(("expected", "returned"), crops, strict=True)
    ]
    at = ", ".join(f"{axis} {place}" for axis, place in zip(axes, first, strict=True))
    text = f"{caption}: {count}, the first at {at}".removeprefix(": ")
    return _framed(f"Expected beside returned: {text}", "".join(tables), f"{text}; {LEGEND}; strongest: ±{scale:.3g}")


def _window(size: int, place: int) -> slice:
    """At most `MOST` indices with this one among them."""
    start = max(0, min(int(place) - MOST // 2, size - MOST))
    return slice(start, min(size, start + MOST))


def _cropped(shape: Sequence[int], windows: Sequence[slice], axes: Sequence[str]) -> list[str]:
    return [
        f"{axis}s {window.start} to {window.stop - 1} of {size}"
        for size, window, axis in zip(shape, windows, axes, strict=True)
        if window.stop - window.start < size
    ]


def _table(label: str, values: Array, marks: Array, scale: float, starts: Sequence[int], axes: Sequence[str]) -> str:
    """One matrix: rows and columns numbered, cells shaded, the differing ones with a border."""
    wide = values.shape[1] <= NUMBERS
    head = "".join(f'<th style="{SMALL}">{starts[1] + column}</th>' for column in range(values.shape[1]))
    corner = escape(f"{axes[0]} \\ {axes[1]}")
    lines = [f'<tr style="{PLAIN}"><th style="{SMALL}">{corner}</th>{head}</tr>']
    for row, (entries, marked) in enumerate(zip(values, marks, strict=True)):
        sign = "≠" if label == "returned" else ""
        cells = "".join(
            _cell(float(value), scale, bool(mark), sign * bool(mark), wide)
            for value, mark in zip(entries, marked, strict=True)
        )
        lines.append(f'<tr style="{PLAIN}"><th style="{SMALL}">{starts[0] + row}</th>{cells}</tr>')
    return f'<div><div>{label}</div><table style="{TABLE}">{"".join(lines)}</table></div>'


def _cell(value: float, scale: float, marked: bool, sign: str, wide: bool) -> str:
    if np.isfinite(value):
        colour = f"rgba({ABOVE if value > 0 else BELOW},{0.55 * abs(value) / scale:.2f})"
        text = f"{value:.3g}" if wide else ""
    else:
        colour, text, sign = GAPS, f"{value}" if wide else "?", sign * wide
    border = "2px solid currentColor" if marked else "2px solid transparent"
    size = "min-width:3.6em" if wide else "width:1.1em;min-width:1.1em"
    style = f"{size};height:1.5em;padding:0 .15em;text-align:center;font-size:.8em;color:inherit"
    return f'<td style="{style};background:{colour};border:{border}">{sign}{text}</td>'


def _shapes(expected: Sequence[int], returned: Sequence[int], axes: Sequence[str]) -> str:
    """Both shapes to one scale; the axes of the expected one by their names."""
    unit = min(16.0, SIDE / max(*expected, *returned, 1))
    numbered = [f"axis {number}" for number in range(len(returned))]
    drawn = _drawing("expected", expected, axes, unit) + _drawing("returned", returned, numbered, unit)
    text = f"shape {tuple(expected)} expected, {tuple(returned)} returned"
    return _framed(f"Shapes to scale: {text}", drawn, f"{text}; lengths to scale")


def _drawing(label: str, shape: Sequence[int], axes: Sequence[str], unit: float) -> str:
    """A number, a row, a sheet, or a pile of sheets, with the length of each axis beside it."""
    names = [f"{axis}: {size}" for axis, size in zip(axes, shape, strict=True)]
    rows, columns = [1, 1, *shape][-2:]
    height, width = max(4.0, rows * unit), max(4.0, columns * unit)
    pile = min(shape[0], 5) if len(shape) == 3 else 1
    shift, top = 5.0 * (pile - 1), 20.0
    sheets = "".join(
        f'<rect x="{2 + 5.0 * n:g}" y="{top + shift - 5.0 * n:g}" width="{width:g}" height="{height:g}" '
        'fill="rgba(128,128,128,.25)" stroke="currentColor"/>'
        for n in reversed(range(pile))
    )
    places = [(2.0, top + shift + height + 15), (width + shift + 8, top + shift + height / 2 + 4), (2.0, 12.0)]
    texts = "".join(
        f'<text x="{x:g}" y="{y:g}" fill="currentColor" font-size="12">{escape(name)}</text>'
        for name, (x, y) in zip(reversed(names), places, strict=False)
    )
    size = f'width="{width + shift + 110:g}" height="{top + shift + height + 22:g}"'
    return (
        f'<div><div>{label} {escape(str(tuple(shape)))}</div><svg {size} aria-hidden="true">{sheets}{texts}</svg></div>'
    )


def _framed(alternative: str, inside: str, caption: str) -> str:
    """The picture with its text alternative for those who do not see it, and a caption for all."""
    return (
        f'<div style="margin:.4em 0 .4em 1.4em"><div role="img" aria-label="{escape(alternative)}" style="{FRAME}">'
        f'{inside}</div><div style="font-size:.85em">{escape(caption)}</div></div>'
    )
