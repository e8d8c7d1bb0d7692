"""A call in words: what was called, expected and returned, short enough to read on one screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judge.subject import Call
from autograder.judge.verdict import Example

SMALL = 12  # entries of an array that is printed in full
WIDTH = 60  # characters of a line
UNBROKEN = "\u00a0"  # a space at which no line is broken
TEXT = 400  # characters of any one value


@dataclass(frozen=True)
class Words:
    """Stands for a value that cannot be shown, by what it is."""

    text: str


@dataclass(frozen=True)
class Raises:
    """Stands for an exception of this type, in place of a value."""

    kind: str


def of(call: Call, names: list[str], expected: Any, returned: Any, part: str = "", does: str = "") -> Example:
    """The example for ``call``; without an expected and a returned value, only what was called is shown.

    ``part``: what the two values are of the whole result, in words; "" where they are the whole.
    ``does``: what is called, in words, where the learner has not written it.
    """
    called = call_text(call, names, does)
    if expected is None and returned is None:
        return Example(called, "", "")
    below = f"\n(below: {part.rstrip(',')}, not the whole result)" if part else ""
    return Example(called + below, *pair_texts(expected, returned))


def call_text(call: Call, names: list[str], does: str = "") -> str:
    """``rnn_step(x (1, 2), h_prev (1, 3))``, and below it the entries of the arrays where all of them are small."""
    given = [*zip(names, call.args, strict=False), *call.kwargs.items()]
    given = [(name, value) for name, value in given if not (isinstance(value, str) and len(value) > TEXT)]  # code
    arguments = [_argument(name, value).replace(" ", UNBROKEN) for name, value in given]
    head = f"{call.name}({', '.join(arguments)})"
    head = textwrap.fill(head, WIDTH, subsequent_indent="    ", break_long_words=False)
    if does:
        does = does[:1].lower() + does[1:] if does[1:2].islower() or does[1:2] == " " else does
        head += "\n" + textwrap.fill(f"(that is: {does})", WIDTH, subsequent_indent=" ")
    arrays = list(_arrays(given))
    lines = _given(arrays) if all(array.size <= SMALL for _, array in arrays) else []
    return "\n".join([head.replace(UNBROKEN, " "), *lines])


def _given(arrays: Sequence[tuple[str, np.ndarray]]) -> list[str]:
    """The entries of small arrays, with as many digits as it takes to tell unequal ones apart."""
    unequal = len({str(array.tolist()) for _, array in arrays})
    digits = next((n for n in (4, 8) if len({_array(array, n) for _, array in arrays}) >= unequal), 16)
    return [f"{name} = {_array(array, digits, f'{name} = ')}" for name, array in arrays]


def _arrays(given: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays among named values, those in a dict by their own names."""
    for name, value in given:
        if isinstance(value, np.ndarray):
            yield name, value
        elif isinstance(value, dict):
            yield from _arrays(value.items())


def pair_texts(expected: Any, returned: Any) -> tuple[str, str]:
    """Two values as text, with as many digits as it takes to tell them apart; big arrays by a differing entry."""
    if expected is None:
        return "", value_text(returned)
    if isinstance(expected, np.ndarray) and isinstance(returned, np.ndarray):
        if expected.shape != returned.shape:
            return _shaped(expected), _shaped(returned)
        if expected.size > SMALL:
            return _at_difference(expected, returned)
    labels = ("array: ", "list: ") if isinstance(expected, np.ndarray) and isinstance(returned, list) else ("", "")
    for digits in (4, 8):
        texts = labels[0] + value_text(expected, digits), labels[1] + value_text(returned, digits)
        if texts[0] != texts[1]:
            return texts
    return value_text(expected, 16), value_text(returned, 16)


def value_text(value: Any, digits: int = 4) -> str:
    """Any value that a check can hold, in at most `TEXT` characters."""
    text = _value(value, digits, 0)
    return text if len(text) <= TEXT else text[:TEXT] + " ..."


def _value(value: Any, digits: int, depth: int) -> str:
    if isinstance(value, Raises):
        return f"raises {value.kind}"
    if isinstance(value, Words):
        return value.text
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value.item()
    if isinstance(value, np.ndarray):
        short = value.size <= (2 * SMALL if value.ndim == 1 else SMALL)
        text = _array(value, digits) if short else f"array of shape {value.shape}"
        return " ".join(text.split()) if depth else text
    if isinstance(value, (float, np.floating)):
        return f"{float(value) + 0.0:.{digits}g}"  # no -0
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, (tuple, list, dict)):
        return _entries(value, digits, depth)
    return repr(value[:TEXT]) if isinstance(value, str) else repr(value)


def _entries(value: Any, digits: int, depth: int) -> str:
    """A container by its first entries."""
    if depth > 2:
        return "..."
    opening, closing = "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else "()"
    pairs = value.items() if isinstance(value, dict) else [("", entry) for entry in value[:SMALL]]
    first = list(pairs)[:SMALL]
    texts = [f"{name[:40]}: " * bool(name) + _value(entry, digits, depth + 1) for name, entry in first]
    between = ",\n " if any(isinstance(entry, np.ndarray) for _, entry in first) else ", "
    inside = between.join(texts + ["..."] * (len(value) > SMALL))
    return f"{opening}{inside}{closing}"


def _argument(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if isinstance(value, dict):
        return f"{name} with {', '.join(f'{key} {np.shape(entry)}' for key, entry in value.items())}"
    return f"{name}={value_text(value)}"


def _array(array: np.ndarray, digits: int, prefix: str = "") -> str:
    with np.errstate(all="ignore"):
        if array.dtype.kind == "f":
            array = array + 0.0 if _has_tiny(array) or digits > 4 else np.round(array, digits) + 0.0  # no -0.
        return str(np.array2string(array, WIDTH, digits, digits == 4 and not _has_tiny(array), ", ", prefix))


def _has_tiny(array: np.ndarray) -> bool:
    """Is there an entry that four decimals would show as zero, and that is more than rounding beside the others?"""
    if array.dtype.kind != "f":
        return False
    sizes = np.abs(array[np.isfinite(array)])
    return bool(((sizes < 0.5e-4) & (sizes > 1e-14 * sizes.max(initial=0.0))).any())


def _shaped(array: np.ndarray) -> str:
    return f"shape {array.shape}" + (f"\n{_array(array, 4)}" if 0 < array.size <= SMALL else "")


def _at_difference(expected: np.ndarray, returned: np.ndarray) -> tuple[str, str]:
    """Two arrays of one shape, too big to print: the first entry where they differ."""
    same = np.isclose(expected, returned, rtol=1e-5, atol=1e-8, equal_nan=True)
    if same.all():
        same = (expected == returned) | (np.isnan(expected) & np.isnan(returned))
    places = np.argwhere(~same).tolist() or [[0] * same.ndim]
    if same.ndim == 3:  # the earliest step, which is the one that the checks' messages name
        places.sort(key=lambda place: place[1])
    at = places[0]
    here = pair_texts(expected[tuple(at)].item(), returned[tuple(at)].item())
    return f"shape {expected.shape}, at {at}: {here[0]}", f"shape {expected.shape}, at {at}: {here[1]}"
