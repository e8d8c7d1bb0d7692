"""Inputs of ch02_recurrence alone: padded batches, streams of symbols, lots to draw symbols with.

A lot stays at least `MARGIN` away from where one symbol's piece of the line from 0 to 1 ends and the next begins:
there rounding would decide, and float32 rounds more than float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.checks.inputs import Array, Case, Sizes, away_from_zero, sequence, state

MARGIN = 1e-3
SQUARE = Sizes(B=1, T=2, D=2, H=2, V=2)  # as small as SMALL, and a transposed read-out gives numbers
Writing = tuple[int, Array, int, float, Array, Array, Array, Array, Array, Array]  # the arguments of generate


def padded(rng: np.random.Generator, sizes: Sizes, fewest: int = 0) -> Case:
    """x (B, T, D), h0 (B, H), lengths (B,), Wx, Wh, b; numbers of any size stand in the padding."""
    x, h0, *weights = sequence(rng, sizes)
    ends = lengths(rng, sizes, fewest)
    return filled(rng, x, ends), h0, ends, *weights


def lengths(rng: np.random.Generator, sizes: Sizes, fewest: int = 0) -> Array:
    """Lengths (B,) from ``fewest`` to T; where sizes differ, even the longest sequence ends before the array does."""
    if sizes.B == 1:
        return rng.integers(1, max(2, sizes.T), size=1)
    longest = sizes.T - 1 if sizes.T > sizes.B else sizes.T
    return rng.permutation(np.linspace(fewest, longest, sizes.B).round().astype(int))


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

    At ``others``, which are wrong temperatures, it falls on pieces of other symbols, as far as there is such a lot.
    """
    to = ends(logits, temperature)
    since = np.concatenate([[0.0], to[:-1]])
    wide = rng.choice(np.flatnonzero(to - since > 4 * MARGIN), size=1 if not others else 24)
    lots = rng.uniform(since[wide] + MARGIN, to[wide] - MARGIN)
    if others:
        mistaken = np.sort([wide, *(np.searchsorted(ends(logits, other), lots) for other in others)], axis=0)
        distinct = (np.diff(mistaken, axis=0) > 0).sum(axis=0)
        lots = lots[distinct == distinct.max()]
    return float(lots[0])


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

    The lot falls on one of them that is not the first: where all of them overflow, looking for the first one misses it.
    """
    high = np.sort(rng.choice(n_symbols, n_high, replace=False))
    logits = np.zeros(n_symbols)
    logits[high] = gap + rng.uniform(size=n_high)
    to = ends(logits, 1.0)
    k = high[rng.integers(1, n_high)]
    return logits * temperature, temperature, float(rng.uniform(to[k - 1] + MARGIN, to[k] - MARGIN))


def sums_short_of_one(rng: np.random.Generator, count: int) -> list[Array]:
    """Logits of 20 symbols whose rounded probabilities, added up, stay below 1, in two usual ways of adding them."""
    found: list[Array] = []
    while len(found) < count:
        logits = rng.normal(size=20)
        pieces = np.exp(logits - logits.max())
        sums = np.cumsum(pieces / pieces.sum())[-1], (np.cumsum(pieces) / pieces.sum())[-1]
        if max(sums) < 1 and min(pieces[0], pieces[-1]) > 0.01 * pieces.sum():
            found.append(logits)
    return found


def writing(
    rng: np.random.Generator, sizes: Sizes, n: int, temperature: float = 1.0, remembers: bool = True
) -> Writing:
    """All arguments of generate; ``remembers``: with weights from state to state.

    The lots lie inside the pieces of the symbols that a right network has at its turn.
    """
    Wx, Wh = rng.normal(scale=1.5, size=(sizes.V, sizes.H)), rng.normal(scale=1.5 / sizes.H**0.5, size=(sizes.H,) * 2)
    b, h0 = away_from_zero(rng, 0.3, 0.7, (sizes.H,)), state(rng, sizes)[0]
    Wh, (Wy, by) = Wh * remembers, read_out(rng, sizes, scale=2.0)
    start = symbol = int(rng.integers(sizes.V))
    h, lots = h0, np.zeros(n)
    for t in range(n):
        h = np.tanh(Wx[symbol] + h @ Wh + b)
        lots[t] = lot(rng, h @ Wy + by, temperature)
        symbol = int((ends(h @ Wy + by, temperature) <= lots[t]).sum())
    return start, h0, n, temperature, lots, Wx, Wh, b, Wy, by
