"""Forecasts of one series of numbers: how it is split in time, and what learns to foretell it."""

from __future__ import annotations

import copy

import numpy as np
import torch

from book.language import Loop, learning_rate

Array = np.ndarray


def split(series: Array) -> tuple[int, int]:
    """Where the part for validation starts, and where the part for the test: at 70 % and at 80 % of the time."""
    return len(series) * 7 // 10, len(series) * 8 // 10


def rmse(errors: Array) -> float:
    """The root of the mean squared error."""
    return float(np.sqrt(np.mean(errors**2)))


def linear(series: Array, ahead: int, p: int, ridge: float) -> Array:
    """A weighted sum of the last p values: forecasts (N,), NaN where none is."""
    first, _ = split(series)
    mean = series[:first].mean()
    now = np.arange(p - 1, len(series) - ahead)
    past = np.stack([series[now - k] - mean for k in range(p)], axis=1)  # (N, p)
    known = now + ahead < first
    X, y = past[known], series[now[known] + ahead] - mean
    weights = np.linalg.solve(X.T @ X + ridge * np.eye(p), X.T @ y)
    forecasts = np.full(len(series), np.nan)
    forecasts[now + ahead] = past @ weights + mean
    return forecasts


class Forecaster(torch.nn.Module):
    """Says after each value of a series what will be some steps later."""

    def __init__(self, loop: Loop, n_hidden: int) -> None:
        super().__init__()
        self.loop = loop(1, n_hidden, batch_first=True)
        self.output = torch.nn.Linear(n_hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T) -> forecasts (B, T)."""
        hs, _ = self.loop(x[..., None])
        return self.output(hs)[..., 0]


def recurrent(loop: Loop, series: Array, ahead: int, seed: int, n_hidden: int = 32, steps: int = 300) -> Array:
    """A network's forecasts (N,), entry t made `ahead` steps before t; its weights are those best on validation.

    Each step sees 16 pieces of 100 values; the first 20 of a piece are read and not counted.
    """
    first, second = split(series)
    mean, scale = series[:first].mean(), series[:first].std()
    z = torch.tensor((series - mean) / scale, dtype=torch.float32)
    x, target = z[:-ahead], z[ahead:]
    torch.manual_seed(seed)
    net = Forecaster(loop, n_hidden)
    optimizer = torch.optim.Adam(net.parameters())
    lowest, best = float("inf"), net.state_dict()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, top=0.01)
        pieces = torch.randint(first - ahead - 99, (16, 1)) + torch.arange(100)
        optimizer.zero_grad()
        ((net(x[pieces]) - target[pieces])[:, 20:] ** 2).mean().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 19:  # early stopping: keep what is best on the part for validation
            with torch.no_grad():
                errors = (net(x[None])[0] - target)[first - ahead : second - ahead]
            if (error := errors.square().mean().item()) < lowest:
                lowest, best = error, copy.deepcopy(net.state_dict())
    net.load_state_dict(best)
    with torch.no_grad():
        forecasts = net(x[None])[0].double().numpy() * scale + mean
    return np.concatenate([np.full(ahead, np.nan), forecasts])
