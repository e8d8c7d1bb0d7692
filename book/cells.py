"""What the page lab_cell needs: source code and its labels, weights trained and untrained, how a cell is scored."""

from __future__ import annotations

import numpy as np

from book.datasets import FOLDER, SYMBOLS

Array = np.ndarray
Weights = tuple[Array, ...]  # embed (V, D), Wx (D, 4H), Wh (H, 4H), b (4H,), Wy (H, V), by (V,)
V, D, H = len(SYMBOLS), 16, 128


def held_out() -> str:
    """Source code that no network was trained on."""
    return (FOLDER / "held_out.txt").read_text(encoding="ascii")


def kinds(code: str) -> Array:
    """What is open after each character: (N,) of words.

    They are "code", "string" in one line, "long" string in three quotes, "comment".
    """
    found: list[str] = []
    quote, t = "", 0  # the quotes that close the string; none outside
    while t < len(code):
        n = 1
        if quote and code[t] == "\\":
            n = 2  # what follows is no quote
        elif quote and code.startswith(quote, t):
            found += [found[-1]] * (len(quote) - 1)
            t, quote = t + len(quote) - 1, ""
        elif not quote and code[t] in "\"'":
            three = code.startswith(code[t] * 3, t)
            quote = code[t] * (3 if three else 1)
            n = len(quote)
        elif not quote and code[t] == "#":
            n = code.index("\n", t) - t
            found += ["comment"] * n
            t, n = t + n, 0
        found += [{0: "code", 1: "string", 3: "long"}[len(quote)]] * n
        t += n
    return np.array(found)


def indentation(code: str) -> Array:
    """For each character, the number of spaces at the start of its line: (N,)."""
    return np.array([len(line) - len(line.lstrip(" ")) for line in code.splitlines(keepends=True) for _ in line])


def trained(seed: int) -> Weights:
    """The weights that ``train_cell.py`` wrote; matrices are in whole numbers of 8 bits, with a scale for each row."""
    kept = np.load(FOLDER / "cell.npz")

    def matrix(name: str) -> Array:
        return kept[f"{name}_{seed}"].astype(float) * kept[f"{name}_scale_{seed}"].astype(float)

    b, by = (kept[f"{name}_{seed}"].astype(float) for name in ("b", "by"))
    return matrix("embed"), matrix("Wx").T, matrix("Wh").T, b, matrix("Wy").T, by


def untrained(seed: int) -> Weights:
    """Weights as PyTorch draws them before training: the same sizes, the same distributions."""
    generator = np.random.default_rng(seed)

    def drawn(*shape: int) -> Array:
        return generator.uniform(-1, 1, shape) / np.sqrt(H)

    b = drawn(4 * H) + drawn(4 * H)  # PyTorch has two
    return generator.normal(size=(V, D)), drawn(D, 4 * H), drawn(H, 4 * H), b, drawn(H, V), drawn(V)


def auc(score: Array, label: Array) -> float:
    """How often a score (N,) is higher where the label is true than where it is false; 0.5 is chance."""
    _, place, times = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(times) - (times - 1) / 2)[place]  # equal scores share a rank
    n = label.sum()
    return float((rank[label].sum() - n * (n + 1) / 2) / (n * (len(label) - n)))


def correlation(score: Array, value: Array) -> float:
    """Pearson's r."""
    return float(np.corrcoef(score, value)[0, 1])
