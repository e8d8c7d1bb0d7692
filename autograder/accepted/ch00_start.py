"""Right answers to ch00_start as other people write them; each is named ``<exercise>__<style>``."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray


def numerical_gradient__in_place_and_put_back(f, x, eps=1e-6):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + eps
        above = f(x)
        x[ix] = old - eps
        below = f(x)
        x[ix] = old
        grad[ix] = (above - below) / (2 * eps)
        it.iternext()
    return grad


def numerical_gradient__copies(f, x, eps=1e-6):
    result = np.empty(x.shape, dtype=np.float64)
    for index, value in np.ndenumerate(x):
        up, down = x.copy(), x.copy()
        up[index], down[index] = value + eps, value - eps
        result[index] = 0.5 * (f(up) - f(down)) / eps
    return result


def numerical_gradient__unit_matrix(f, x, eps=1e-6):
    steps = (eps * np.eye(x.size)).reshape(x.size, *x.shape)
    slopes = [(f(x + step) - f(x - step)) / 2 / eps for step in steps]
    return np.array(slopes).reshape(x.shape)


def numerical_gradient__flat_and_reshaped(f, x, eps=1e-6):
    flat = x.flatten()

    def at(n: int, step: float) -> float:
        moved = flat.copy()
        moved[n] += step
        return f(moved.reshape(x.shape))

    return np.reshape([(at(n, +eps) - at(n, -eps)) / (2 * eps) for n in range(flat.size)], x.shape)


def numerical_gradient__ranges(f: Callable[[Array], float], x: Array, eps: float = 1e-6) -> Array:
    gradient = np.full(x.shape, np.nan)
    for index in itertools.product(*map(range, x.shape)):
        print("entry", index)
        mask = np.zeros(x.shape, dtype=bool)
        mask[index] = True
        gradient[index] = (f(np.where(mask, x + eps, x)) - f(np.where(mask, x - eps, x))) / np.float64(2 * eps)
    warnings.warn(f"{2 * x.size} calls", stacklevel=2)
    return gradient


def _vectorized(slope: Callable[..., float]) -> Callable[..., Array]:
    @functools.wraps(slope)
    def wrapper(f: Callable[[Array], float], x: Array, eps: float = 1e-6) -> Array:
        return np.array([slope(f, x, eps, index) for index in np.ndindex(*x.shape)], float).reshape(np.shape(x))

    return wrapper


@_vectorized
def numerical_gradient__decorated(f, x, eps, index):
    heights = []
    for side in (1, -1):
        moved = np.array(x, dtype=np.float64, order="C")
        moved[index] += side * eps
        heights.append(np.float64(f(moved)))
    return (heights[0] - heights[1]) / (eps + eps)


def numerical_gradient__two_sides_averaged(f, x, eps=1e-6):
    here, g = f(x), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = eps
        g[i] = ((f(x + e) - here) / eps + (here - f(x - e)) / eps) / 2
    return g


def relative_error__loops(a, b):
    if a.shape != b.shape:
        raise ValueError
    worst = 0.0
    for p, q in zip(a.ravel(), b.ravel(), strict=True):
        if math.isnan(p) or math.isnan(q):
            return math.nan
        worst = max(worst, abs(p - q) / max(abs(p) + abs(q), 1e-12))
    return worst


def relative_error__where(a, b):
    assert isinstance(a, np.ndarray)
    if not a.shape == b.shape:
        raise ValueError("shapes: %s, %s" % (a.shape, b.shape))  # noqa: UP031 as many people write it
    size = np.absolute(a) + np.absolute(b)
    return np.amax(np.absolute(a - b) / np.where(size < 1e-12, 1e-12, size))


def relative_error__clipped_in_place(a: Array, b: Array) -> float:
    if np.array_equal(a.shape, b.shape) is False:
        raise ValueError("a and b are of different shapes")
    size = np.clip(abs(a) + abs(b), 1e-12, None)
    error = np.subtract(a, b)
    error = np.asarray(np.abs(error))
    error /= size
    return error.max()


def relative_error__nan_first(a, b):
    class ShapesDiffer(ValueError):
        pass

    if a.ndim != b.ndim or any(n != m for n, m in zip(a.shape, b.shape, strict=True)):
        raise ValueError from ShapesDiffer("look again")
    if np.isnan(a).any() or np.isnan(b).any():
        print("a NaN")
        return np.nan
    flat_a, flat_b = a.flatten().tolist(), b.flatten().tolist()
    return max(abs(p - q) / max(abs(p) + abs(q), 1e-12) for p, q in zip(flat_a, flat_b, strict=True))


class _RelativeError:
    """A callable object is a function too; the largest comes last when they are sorted, NaN even later."""

    def __call__(self, a: Any, b: Any) -> Any:
        if np.shape(a) != np.shape(b):
            raise ValueError("shapes")
        with np.errstate(all="ignore"):
            errors = np.abs(np.float64(a) - b) / np.maximum(np.abs(np.float64(a)) + np.abs(b), 1e-12)
        return np.sort(errors, axis=None)[-1]


relative_error__callable_object = _RelativeError()


def relative_error__zero_dimensional(a, b):
    if a.shape != b.shape:
        raise ValueError((a.shape, b.shape))
    return np.array((np.fabs(a - b) / np.fmax(np.fabs(a) + np.fabs(b), 1e-12)).max())
