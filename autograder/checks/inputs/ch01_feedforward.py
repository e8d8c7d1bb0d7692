"""Inputs of ch01_feedforward: symbols, layers, scores with a mask, streams to predict, and windows."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks import inputs
from autograder.checks.inputs import Sizes, away_from_zero

Array = np.ndarray
Case = tuple[Array, ...]
ROWS = ((1, 2), (2, 3), (4, 4), (3, 11))  # N and V of scores: one row, few, a square, and more symbols than rows
SQUARE = Sizes(B=2, T=2, D=2, H=2, V=2)  # so small, and yet a transposed matrix gives numbers
SHORT = Sizes(B=2, T=3, D=2, H=2, V=3)  # windows of three symbols


def symbols(rng: np.random.Generator, sizes: Sizes) -> Array:
    """ids (B, T); where there are more than two symbols the last one does not occur."""
    return rng.integers(max(sizes.V - 1, 2), size=(sizes.B, sizes.T))


def dense(rng: np.random.Generator, sizes: Sizes, change: Callable[[Case], Case] = tuple) -> Case:
    """x (B, D), W (D, H), b (H,); ``change`` is `inputs.huge` or `inputs.tiny`."""
    x, _, W, _, b = change(inputs.step(rng, sizes))
    return x, W, b


def dense_back(rng: np.random.Generator, sizes: Sizes, size: float = 1.0) -> Case:
    """dh (B, H) with entries of about ``size``, x (B, D), h (B, H), W (D, H)."""
    x, W, b = dense(rng, sizes)
    return size * away_from_zero(rng, 0.5, 1.0, (sizes.B, sizes.H)), x, np.tanh(x @ W + b), W


def mlp_back(rng: np.random.Generator, sizes: Sizes, size: float = 1.0) -> Case:
    """dlogits (B, V) with entries of about ``size``, x (B, D), h (B, H), W1 (D, H), W2 (H, V)."""
    x, W1, b1 = dense(rng, sizes)
    W2 = rng.normal(scale=0.8 / sizes.H**0.5, size=(sizes.H, sizes.V))
    dlogits = size * away_from_zero(rng, 0.5, 1.0, (sizes.B, sizes.V))
    return dlogits, x, np.tanh(x @ W1 + b1), W1, W2


def first_examples(case: Case, count: int, batched: int) -> Case:
    """The same case with its first examples only; its first ``batched`` arrays have a row for each example."""
    return *(array[:count] for array in case[:batched]), *case[batched:]


def scores(rng: np.random.Generator, N: int, V: int) -> Case:
    """logits (N, V), targets (N,), mask (N,): of several rows at least one counts and at least one does not."""
    mask = rng.permutation(np.arange(N) % 2 == 0)
    return rng.normal(scale=1.5, size=(N, V)), rng.integers(V, size=N), mask


def extreme_scores(rng: np.random.Generator, N: int, V: int) -> Case:
    """Scores around 1e4, 0 and -1e4: each within a row, and some rows far above others; the targets are all kinds."""
    logits, targets, mask = scores(rng, N, V)
    logits += rng.choice([-1e4, 0, 1e4], size=(N, V))
    logits[: N // 2] = rng.normal(size=(N // 2, V)) + rng.permutation(np.resize([1e4, -1e4], N // 2))[:, None]
    return logits, targets, mask


def streams(rng: np.random.Generator, lengths: tuple[int, ...], n_symbols: int) -> list[Array]:
    """Sequences of these lengths, in which the symbols are of very different frequency and depend on the one before."""
    often = rng.dirichlet([0.5] * n_symbols, size=n_symbols).cumsum(axis=1)[:, :-1].tolist()
    found = []
    for length in lengths:
        ids = [int(rng.integers(n_symbols))]
        for u in rng.random(max(length - 1, 0)).tolist():
            ids.append(bisect(often[ids[-1]], u))
        found.append(np.array(ids[:length], int))
    return found


def telling(rng: np.random.Generator, lengths: tuple[int, ...], n_symbols: int) -> list[Array]:
    """Such sequences, drawn again until every mistaken way to count pairs gives another accuracy than the right one."""
    while True:
        found = streams(rng, lengths, n_symbols)
        right, *mistaken = accuracies(found)
        if np.abs(np.subtract(mistaken, right)).min() > 1e-3:
            return found


def accuracies(sequences: list[Array]) -> list[float]:
    """The accuracy of the best answers, and what it would be if pairs, or the best answers, were counted otherwise."""
    each = [list(zip([-1, *ids], ids, ids[1:], strict=False)) for ids in map(np.ndarray.tolist, sequences)]
    longer = [[(s, c) for _, s, c in triples] for triples in each if triples]
    pairs = [pair for one in longer for pair in one]
    backward = [(c, s) for s, c in pairs]
    ways: list[list[Any]] = [
        pairs,
        backward,
        pairs + backward,
        longer[0],
        [(0, c) for _, c in pairs],
        [((before, s), c) for triples in each for before, s, c in triples],
        [((n, s), c) for n, one in enumerate(longer) for s, c in one],
        [(t, c) for one in longer for t, (_, c) in enumerate(one)],
        [((t, s), c) for one in longer for t, (s, c) in enumerate(one)],
        list(set(pairs)),
    ]
    alone = [_accuracy(one) for one in longer]
    return [*map(_accuracy, ways), sum(alone) / len(alone), _accuracy(pairs, ties=True), 1 - _accuracy(pairs)]


def _accuracy(pairs: list[Any], ties: bool = False) -> float:
    """The share of pairs whose second part follows the first most often; ``ties``: of several such, each counts."""
    after: dict[Any, Counter[Any]] = {}
    for s, c in pairs:
        after.setdefault(s, Counter())[c] += 1
    most = [(max(counts.values()), list(counts.values())) for counts in after.values()]
    return sum(n * (counts.count(n) if ties else 1) for n, counts in most) / len(pairs)


def tied(rng: np.random.Generator, n_symbols: int) -> list[Array]:
    """One sequence in which all others follow the symbol 0, each of them equally often, and 0 follows them."""
    others = rng.permutation(np.tile(np.arange(1, n_symbols), 2))
    return [np.stack([np.zeros_like(others), others], axis=1).ravel()]


def window_mlp(rng: np.random.Generator, sizes: Sizes) -> tuple[dict[str, Array], Array]:
    """The state dict of a WindowMLP with k = T, n_embed = D, n_hidden = H, n_symbols = V; ids (B, k)."""
    k, n_embed = sizes.T, sizes.D
    state = {
        "embed.weight": rng.normal(size=(sizes.V, n_embed)),
        "hidden.weight": rng.normal(scale=0.8 / (k * n_embed) ** 0.5, size=(sizes.H, k * n_embed)),
        "hidden.bias": away_from_zero(rng, 0.3, 0.7, (sizes.H,)),
        "output.weight": rng.normal(scale=0.8 / sizes.H**0.5, size=(sizes.V, sizes.H)),
        "output.bias": away_from_zero(rng, 0.3, 0.7, (sizes.V,)),
    }
    return state, rng.integers(sizes.V, size=(sizes.B, k))
