"""Inputs of ch02_recurrence alone: padded batches, streams of symbols, lots to draw symbols with.

A lot stays at least `MARGIN` away from where one symbol's piece of the line from 0 to 1 ends and the next begins:
there rounding would decide, and float32 rounds more than float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograder.checks.inputs import Array, Case, Sizes, away_from_zero, sequence, state

MARGIN = 2e-3
WITH_POWERS_OF_TWO = 1 / math.log(2)  # times the temperature: so much higher is one where e is taken for 2
MANY = Sizes(B=1, T=1, D=1, H=9, V=30)  # symbols with so narrow pieces that a slip of the state draws another one
SQUARE = Sizes(B=1, T=2, D=2, H=2, V=2)  # as small as SMALL, and a transposed read-out gives numbers


class Writing(NamedTuple):
    """The arguments of generate."""

    start: int
    h0: Array
    n: int
    temperature: float
    uniforms: Array
    Wx: Array
    Wh: Array
    b: Array
    Wy: Array
    by: Array


def padded(rng: np.random.Generator, sizes: Sizes, fewest: int = 0) -> Case:
    """x (B, T, D), h0 (B, H), lengths (B,), Wx, Wh, b; numbers of any size stand in the padding."""
    x, h0, *weights = sequence(rng, sizes)
    ends = lengths(rng, sizes, fewest)
    return filled(rng, x, ends), h0, ends, *weights


def lengths(rng: np.random.Generator, sizes: Sizes, fewest: int = 0) -> Array:
    """Lengths (B,) from ``fewest`` to T, of which the first is not the shortest, nor, of three or more, the longest.

    Where sizes differ, even the longest sequence ends before the array does.
    """
    if sizes.B == 1:
        return rng.integers(1, max(2, sizes.T), size=1)
    most = sizes.T - 1 if sizes.T > sizes.B else sizes.T
    found = rng.permutation(np.linspace(fewest, most, sizes.B).round().astype(int))
    longer = np.flatnonzero(found > found.min())
    between = [at for at in longer if found[at] < found.max()] or longer
    if len(between) and 0 not in between:
        at = rng.choice(between)
        found[0], found[at] = found[at], found[0]
    return found


def filled(rng: np.random.Generator, array: Array, ends: Array) -> Array:
    """The same batch with other numbers past the end of each sequence, small and large ones."""
    past = np.arange(array.shape[1]) >= ends[:, None]
    noise = rng.normal(size=array.shape) * 10.0 ** rng.uniform(0, 3, size=array.shape)
    return np.where(past[:, :, None], noise, array)


def states(rng: np.random.Generator, sizes: Sizes) -> Case:
    """hs (B, T, H), lengths (B,) from 1 on, Wy (H, V), by (V,)."""
    hs = np.tanh(rng.normal(size=(sizes.B, sizes.T, sizes.H)))
    return hs, lengths(rng, sizes, fewest=1), *read_out(rng, sizes)


def read_out(rng: np.random.Generator, sizes: Sizes, scale: float = 1.0) -> tuple[Array, Array]:
    """Wy (H, V), by (V,)."""
    Wy = rng.normal(scale=scale / sizes.H**0.5, size=(sizes.H, sizes.V))
    return Wy, away_from_zero(rng, 0.3, 0.7, (sizes.V,))


def streams(rng: np.random.Generator) -> list[tuple[Array, int]]:
    """ids (N,), T: with a remainder of none, one, or several symbols, a single chunk, and chunks of one symbol."""
    sizes = (5, 2), (6, 2), (9, 3), (4, 3), (5, 1), (25, 6), (23, 11)
    return [(rng.permutation(100)[:n], T) for n, T in sizes]  # all symbols differ: no mistake looks right by chance


def ends(logits: Array, temperature: float) -> Array:
    """Where the symbols' pieces of the line from 0 to 1 end."""
    total = np.cumsum(np.exp((logits - logits.max()) / temperature))
    return total / total[-1]


def lot(rng: np.random.Generator, logits: Array, temperature: float, others: Sequence[float] = ()) -> float:
    """A number well inside a piece: as likely in a narrow piece as in a wide one, if it is wide enough to be hit.

    Where there are ``others``, which are wrong temperatures, it is one of those that tell the most mistakes.
    """
    temperatures = temperature, *others
    cuts = _cuts(logits, temperatures) if others else np.concatenate([[0.0], ends(logits, temperature)])
    since = np.flatnonzero(np.diff(cuts) > 4 * MARGIN)
    if others:
        found = _symbols(logits, temperatures, (cuts[since] + cuts[since + 1]) / 2)
        distinct = (np.diff(np.sort(found, axis=0), axis=0) > 0).sum(axis=0)
        told = len(found) * (found != found[0]).sum(axis=0) + distinct
        since = since[told == told.max()]
    at = since[rng.integers(len(since))]
    return float(rng.uniform(cuts[at] + MARGIN, cuts[at + 1] - MARGIN))


def _cuts(logits: Array, temperatures: Sequence[float]) -> Array:
    """Between two of these numbers, all lots have the same `_symbols`."""
    to = ends(logits, temperatures[0])
    middles = to - np.diff(to, prepend=0) / 2
    others = [ends(logits, other) for other in temperatures[1:]]
    sorted_to = ends(-np.sort(-logits), temperatures[0])
    return np.sort(np.concatenate([[0.0], to, *others, middles, sorted_to]))


def _symbols(logits: Array, temperatures: Sequence[float], lots: Array) -> Array:
    """What is drawn at these temperatures, and at the first one by the nearest end, and with pieces sorted by size."""
    to = ends(logits, temperatures[0])
    drawn = [np.searchsorted(ends(logits, each), lots) for each in temperatures]
    order = np.argsort(-logits)
    sorted_to = ends(logits[order], temperatures[0])
    return np.stack([*drawn, np.abs(to[:, None] - lots).argmin(axis=0), order[np.searchsorted(sorted_to, lots)]])


def draws(
    rng: np.random.Generator, n_symbols: int, temperature: float, others: Sequence[float] = ()
) -> tuple[Array, float, float]:
    """logits (V,), temperature, u; the logits differ by about as much as the temperature makes of interest."""
    logits = rng.normal(scale=1.0 + temperature / 2, size=n_symbols)
    return logits, temperature, lot(rng, logits, temperature, others)


def several_high(
    rng: np.random.Generator, n_symbols: int, n_high: int, gap: float, temperature: float
) -> tuple[Array, float, float]:
    """logits (V,), temperature, u: some logits lie ``gap`` temperatures above the others, and about as high as another.

    Each of them is a little higher than the one before. The lot falls on one that is not the first, nor, of three or
    more, the last: an overflow finds the first one, and a frozen draw the last. It lies so near the start of its piece
    that with powers of two, or at a higher temperature, it falls on a piece before.
    """
    high = np.sort(rng.choice(n_symbols, n_high, replace=False))
    logits = np.zeros(n_symbols)
    logits[high] = gap + np.cumsum(rng.uniform(0.2, 0.4, size=n_high))
    k = rng.integers(1, max(2, n_high - 1))
    start, end = ends(logits, 1.0)[high[k - 1 : k + 1]]
    other_start = ends(logits, WITH_POWERS_OF_TWO)[high[k - 1]]
    return logits * temperature, temperature, float(rng.uniform(start + MARGIN, min(end, other_start) - MARGIN))


def sums_short_of_one(rng: np.random.Generator, count: int) -> list[Array]:
    """Logits of 20 symbols whose rounded probabilities, added up, stay below the largest number below 1.

    They do so in two usual ways of adding them.
    """
    found: list[Array] = []
    while len(found) < count:
        logits = rng.normal(size=20)
        pieces = np.exp(logits - logits.max())
        sums = np.cumsum(pieces / pieces.sum())[-1], (np.cumsum(pieces) / pieces.sum())[-1]
        if max(sums) < np.nextafter(1, 0) and min(pieces[0], pieces[-1]) > 0.01 * pieces.sum():
            found.append(logits)
    return found


def writing(
    rng: np.random.Generator, sizes: Sizes, n: int, temperature: float = 1.0, remembers: bool = True, cold: bool = False
) -> Writing:
    """All arguments of generate; ``remembers``: with weights from state to state.

    The lots lie inside the pieces of the symbols that a right network has at its turn. ``cold``: half of the logits
    are 1 and half are -1, give or take about a temperature, so that lots count and overflows would show.
    """
    Wx, Wh = rng.normal(scale=1.5, size=(sizes.V, sizes.H)), rng.normal(scale=1.5 / sizes.H**0.5, size=(sizes.H,) * 2)
    b, h0 = away_from_zero(rng, 0.3, 0.7, (sizes.H,)), state(rng, sizes)[0]
    Wh, (Wy, by) = Wh * remembers, read_out(rng, sizes, scale=2.0)
    if cold:
        Wy, by = temperature * Wy, temperature * by + rng.permutation(np.resize([1.0, -1.0], sizes.V))
    start = symbol = int(rng.integers(sizes.V))
    h, lots = h0, np.zeros(n)
    for t in range(n):
        h = np.tanh(Wx[symbol] + h @ Wh + b)
        lots[t] = lot(rng, h @ Wy + by, temperature)
        symbol = int((ends(h @ Wy + by, temperature) <= lots[t]).sum())
    return Writing(start, h0, n, temperature, lots, Wx, Wh, b, Wy, by)


def telling(rng: np.random.Generator, n: int, temperature: float = 1.0, cold: bool = False) -> Writing:
    """Such arguments for many symbols, drawn again until each counts.

    The text would be another one without h0, Wh, b or by, with Wh transposed, and at temperature 1, if it is not 1.
    """
    while True:
        case = writing(rng, MANY, n, temperature, cold=cold)
        mistaken = [case._replace(**{name: 0 * getattr(case, name)}) for name in ("h0", "Wh", "b", "by")]
        mistaken += [case._replace(Wh=case.Wh.T), *[case._replace(temperature=1.0)] * (temperature != 1)]
        right = text(case)
        if all(text(other) != right for other in mistaken):
            return case


def text(case: Writing) -> list[int]:
    """What generate writes."""
    ids, h = [case.start], case.h0
    for u in case.uniforms:
        h = np.tanh(case.Wx[ids[-1]] + h @ case.Wh + case.b)
        ids.append(int((ends(h @ case.Wy + case.by, case.temperature) <= u).sum()))
    return ids[1:]
