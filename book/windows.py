"""What the second half of chapter 1 needs: networks with a window, their lessons, and the bound of any such network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from solutions.ch01_feedforward import WindowMLP, context_windows, memoryless_accuracy

Array = np.ndarray
Batch = Callable[[], tuple[torch.Tensor, torch.Tensor]]  # -> windows (N, k), targets (N,)


def word_windows(words: Sequence[Array], k: int, blank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """All windows (N, k) of words, arrays (T,) that are filled up with blanks in front, and the letters after them."""
    padded = [np.pad(word, (k - 1, 0), constant_values=blank) for word in words]
    windows, targets = zip(*(context_windows(word, k) for word in padded), strict=True)
    return torch.tensor(np.concatenate(windows)), torch.tensor(np.concatenate(targets))


def stream(words: str, n: int, rng: np.random.Generator) -> tuple[list[str], Array]:
    """The signs of words, and the ids (T,) of n of these words, drawn at random, with a blank after each."""
    each = words.split()
    text = "".join(each[i] + " " for i in rng.integers(len(each), size=n))
    signs = sorted(set(text))
    return signs, np.array([signs.index(sign) for sign in text])


def lessons(signs: torch.Tensor, targets: torch.Tensor, k: int, shuffle: bool) -> Batch:
    """All windows over a stream (T,) of steps, in order, or over the steps shuffled anew at every call."""

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        order = torch.randperm(len(signs)) if shuffle else torch.arange(len(signs))
        return signs[order].unfold(0, k, 1), targets[order][k - 1 :]

    return batch


def trained(batch: Batch, n_symbols: int, k: int, seed: int, steps: int) -> WindowMLP:
    """A network trained by plain gradient descent, at rate 1, on a batch that is asked for at every step."""
    torch.manual_seed(seed)
    net = WindowMLP(n_symbols, k, n_embed=8, n_hidden=32).double()
    weights = list(net.parameters())
    for _ in range(steps):
        windows, targets = batch()
        gradients = torch.autograd.grad(cross_entropy(net(windows), targets), weights)
        with torch.no_grad():
            for w, dw in zip(weights, gradients, strict=True):
                w.sub_(dw)
    return net


def window_bound(windows: Array | torch.Tensor, targets: Array | torch.Tensor) -> float:
    """The best accuracy of any predictor that sees a window: windows (N, k), targets (N,) -> a number."""
    _, number = np.unique(np.asarray(windows), axis=0, return_inverse=True)  # each window is one big symbol
    pairs = zip(number, np.asarray(targets) + len(windows), strict=True)
    return memoryless_accuracy([np.array(pair) for pair in pairs])


def chances(net: WindowMLP, k: int, signs: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """What the net gives each step (T, V) when the steps come in this order; NaN where the window is not full."""
    with torch.no_grad():
        found = net(signs[order].unfold(0, k, 1)).softmax(dim=1)
    result = torch.full((len(signs), found.shape[1]), torch.nan, dtype=found.dtype)
    result[order[k - 1 :]] = found
    return result


def accuracy(scores: torch.Tensor, targets: torch.Tensor) -> float:
    """The share of right answers among the steps with a full window: chances or logits (T, V), (T,) -> a number."""
    full = ~scores[:, 0].isnan()
    return (scores[full].argmax(dim=1) == targets[full]).double().mean().item()
