"""What an LSTM of one unit keeps: its outputs when values are shown to it, and written at some steps.

Streams of (value, write) pairs run side by side; output and cell start at zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from autograder.checks import CheckFailed
from autograder.checks.compare import expect_count, expect_shape

Array = np.ndarray

SHAPES = {"Wx": (2, 4), "Wh": (1, 4), "b": (4,)}
KEEP = 200  # steps
LEAST = 0.5  # of the output, right after a write
LEFT = 0.95  # of it, 200 steps later
PATTERNS = {"the value written": (1, 1), "the opposite value": (-1, -1), "changing values": (1, -1)}


def behaviour(value: Any) -> Array | None:
    """Coarse facts as 0 or 1, in two columns for +1 and -1; None for what is no network of the right shapes.

    The rows: after a first write h has its sign, has the opposite sign, is large enough; it is kept, one row for each
    of `PATTERNS`; it is overwritten by its opposite at once, and after it was written twice.
    """
    try:
        network = weights(value)
    except CheckFailed:
        return None
    return _facts(*(each.tobytes() for each in network))


@lru_cache(256)  # each of the checks, and the diagnosis after them, looks at one and the same design
def _facts(*given: bytes) -> Array:
    """`behaviour` of three arrays as bytes; callers must not write into it."""
    network = [np.frombuffer(each).reshape(shape) for each, shape in zip(given, SHAPES.values(), strict=True)]
    signs = np.array([1.0, -1.0])
    written, later = (h.reshape(-1, 2) for h in held(network, shown(*PATTERNS)[0]))
    rows = [signs * written[0] > 0, signs * written[0] < 0, signs * written[0] >= LEAST]
    rows += list(signs * later >= LEFT * signs * written)
    for times in (1, 2):
        after = outputs(network, np.array([[sign] * times + [-sign] for sign in signs]), np.ones((2, times + 1)))
        rows.append(-signs * after[:, -1] >= LEAST)
    return np.array(rows, dtype=float)


def weights(value: Any) -> tuple[Array, ...]:
    """The three arrays, as floats; raises CheckFailed for anything else."""
    expect_count(value, tuple(SHAPES))
    entries = [each.astype(float) if _whole(each) else each for each in value]
    for entry, (name, shape) in zip(entries, SHAPES.items(), strict=True):
        expect_shape(entry, shape, name)
    return tuple(entry.astype(float) for entry in entries)


def expect_written(value: Any, values: Array, write: Array) -> None:
    """After every write (1 in ``write``) the output has the sign of the value, and size enough; raises CheckFailed.

    ``values`` and ``write`` are (streams, steps), -1 or +1 and 0 or 1.
    """
    h = outputs(weights(value), values, write)
    wrong = (write == 1) & ~(h * values >= LEAST)
    if wrong.any():
        step = int(wrong.any(axis=0).argmax())
        one = int(wrong[:, step].argmax())
        earlier = values[one, :step][write[one, :step] == 1]
        written = ", then ".join(f"{v:+.0f}" for v in [*earlier[-3:], values[one, step]])
        wanted = f"at least {LEAST}" if values[one, step] > 0 else f"at most -{LEAST}"
        found = f"after writing {written}, h is {_number(h[one, step])}"
        raise CheckFailed(f"{found}; {wanted} is expected", None, h[one, step])


def expect_kept(value: Any, values: Array, meanwhile: Sequence[str]) -> None:
    """What is written at the first step is still there at the last; raises CheckFailed.

    ``values`` is (streams, 1 + 200); ``meanwhile`` says in words which values follow on the first, stream by stream.
    """
    written, later = held(weights(value), values)
    sign = values[:, 0]
    wrong = ~((sign * written > 0) & (sign * later >= LEFT * sign * written))
    if wrong.any():
        one = int(wrong.argmax())
        what = f"after writing {sign[one]:+.0f}, h is {_number(written[one])}"
        then = f"{KEEP} steps later, with {meanwhile[one]} and write = 0, h is {_number(later[one])}"
        raise CheckFailed(f"{what}, and {then}; it may lose at most 5 %", None, later[one])


def held(network: Sequence[Array], values: Array) -> tuple[Array, Array]:
    """The outputs right after a write at the first step, and at the last step; ``values`` is (streams, steps)."""
    write = np.zeros(values.shape)
    write[:, 0] = 1
    h = outputs(network, values, write)
    return h[:, 0], h[:, -1]


@cache
def shown(*patterns: str) -> tuple[Array, list[str]]:
    """Streams (2 for each pattern, 1 + 200) that begin with +1 and -1 and go on as the patterns say, with the words.

    Callers must not write into them.
    """
    streams = [sign * np.array([1.0, *np.resize(PATTERNS[name], KEEP)]) for name in patterns for sign in (1, -1)]
    return np.array(streams), [name for name in patterns for _ in range(2)]


def outputs(network: Sequence[Array], values: Array, write: Array) -> Array:
    """The output h after every step, (streams, steps); callers must not write into it."""
    given = [np.asarray(each, float) for each in (*network, values, write)]
    return _outputs(*(each.tobytes() for each in given), values.shape)


@lru_cache(256)
@np.errstate(all="ignore")  # weights may be as large as they like
def _outputs(*given: Any) -> Array:
    """`outputs` of five arrays as bytes, and the last two's shape."""
    *buffers, shape = given
    shapes = *SHAPES.values(), shape, shape
    arrays = (np.frombuffer(buffer).reshape(size) for buffer, size in zip(buffers, shapes, strict=True))
    Wx, Wh, b, values, write = arrays
    sums = np.stack([values, write], axis=-1) @ Wx + b
    halves = np.array([0.5, 0.5, 1.0, 0.5])  # a sigmoid is half of 1 plus the tanh of half its argument
    sums, Wh = halves * sums, halves * Wh
    h, c, hs = np.zeros(len(values)), np.zeros(len(values)), []
    for t in range(values.shape[1]):
        i, f, g, o = np.tanh(sums[:, t] + h[:, None] * Wh).T
        c = (1 + f) / 2 * c + (1 + i) / 2 * g
        h = (1 + o) / 2 * np.tanh(c)
        hs.append(h)
    return np.stack(hs, axis=1)


@cache
def in_a_row() -> tuple[Array, Array]:
    """All values of six writes in a row, (64, 6); callers must not write into them."""
    values = 1.0 - 2 * (np.arange(64)[:, None] >> np.arange(6) & 1)
    return values, np.ones(values.shape)


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "not a number"


def _whole(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iub"
