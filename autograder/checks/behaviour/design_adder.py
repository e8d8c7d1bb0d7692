"""What a network of threshold units adds: its output bits for pairs of numbers, given lowest bit first.

Three units that are on or off have eight states, and a step takes one of four pairs of bits: all that can ever happen
stands in a table of 32 entries, and running all pairs of numbers at once is looking things up in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from autograder.checks import CheckFailed
from autograder.checks.compare import expect_count, expect_shape

Array = np.ndarray

SHAPES = {"Wx": (2, 3), "Wh": (3, 3), "b": (3,), "Wy": (3, 1), "by": (1,)}
STATES = (np.arange(8)[:, None] >> np.arange(3)) & 1  # (8, 3): each state, unit by unit
FED = (np.arange(4)[:, None] >> np.arange(2)) & 1  # (4, 2): each pair of bits


def behaviour(value: Any) -> Array | None:
    """The output bits (1024, 6) for all pairs of 5-bit numbers; None for what is no network."""
    try:
        return output_bits(weights(value), *all_pairs(5), 5)
    except CheckFailed:
        return None


def weights(value: Any) -> tuple[Array, ...]:
    """The five arrays, as floats; raises CheckFailed for anything else."""
    expect_count(value, tuple(SHAPES))
    entries = [each.astype(float) if _whole(each) else each for each in value]
    for entry, (name, shape) in zip(entries, SHAPES.items(), strict=True):
        expect_shape(entry, shape, name)
    return tuple(entry.astype(float) for entry in entries)


def expect_sums(value: Any, p: Array, q: Array, n: int) -> None:
    """The network adds these numbers of n bits; raises CheckFailed with the smallest sum that comes out wrong."""
    bits, right = output_bits(weights(value), p, q, n), _bits(p + q, n)
    wrong = np.flatnonzero((bits != right).any(axis=1))
    if wrong.size:
        one = wrong[np.argmin((p + q)[wrong])]
        t = int(np.argmax(bits[one] != right[one]))
        fed, carry = (int(p[one] >> t & 1), int(q[one] >> t & 1)), int((p ^ q ^ (p + q))[one] >> t & 1)
        gives = f"the network gives {bits[one] @ (1 << np.arange(n + 1))}"
        where = f"at step {t}, fed {fed} with a carry of {carry}, {bits[one, t]} came out, not {right[one, t]}"
        share = f" ({wrong.size} of {p.size} sums {'is' if wrong.size == 1 else 'are'} wrong)" if p.size > 1 else ""
        raise CheckFailed(f"the sum {p[one]} + {q[one]} is wrong: {gives}; {where}{share}", right[one], bits[one])


@np.errstate(all="ignore")  # weights may be as large as they like
def output_bits(network: Sequence[Array], p: Array, q: Array, n: int) -> Array:
    """What comes out, (len(p), n + 1), when numbers of n bits are fed, and a pair of zeros after them."""
    Wx, Wh, b, Wy, by = network
    on = (FED @ Wx + (STATES @ Wh)[:, None] + b) > 0  # (8, 4, 3)
    following = (on @ (1 << np.arange(3))).ravel()
    output = ((STATES @ Wy + by)[:, 0] > 0).astype(int)
    state, bits = np.zeros(len(p), dtype=int), np.empty((len(p), n + 1), dtype=int)
    for t in range(n + 1):
        state = following[4 * state + (p >> t & 1) + 2 * (q >> t & 1)]
        bits[:, t] = output[state]
    return bits


@cache
def all_pairs(n: int) -> tuple[Array, Array]:
    """Every pair of numbers of n bits; callers must not write into them."""
    p, q = np.divmod(np.arange(4**n), 2**n)
    return p, q


def _bits(numbers: Array, n: int) -> Array:
    return numbers[:, None] >> np.arange(n + 1) & 1


def _whole(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iub"
