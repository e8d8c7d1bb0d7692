"""What a known mistake replies, as far as it takes to tell it by: an array by a few entries, a text by its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray
SPREAD = 6  # entries all over the array
LARGEST = 4  # entries that are the furthest from the right ones
EQUAL = 1e-12  # an array that is the right one, but for last bits


@dataclass(frozen=True)
class Sketch:
    """A wrong array, known by ``values`` at ``places`` of the flattened array, where right ones are ``right``.

    ``apart`` is how far it is from the right one: the smallest tolerance that would take it for right.
    """

    right: Array
    apart: float
    places: Array
    values: Array

    def close(self, other: Any, tolerance: float) -> bool:
        """Is another array the same, as far as these entries tell?"""
        if not isinstance(other, Array) or other.shape != self.right.shape:
            return False
        with np.errstate(all="ignore"):
            if distance(other, self.right) <= EQUAL:
                return self.apart <= tolerance
            found = other.ravel()[self.places]
            return bool(np.allclose(self.values, found, rtol=tolerance, atol=tolerance, equal_nan=True))


@dataclass(frozen=True)
class Digest:
    """A text that is not to be read, such as one that quotes a line of code; the same one is known when it comes."""

    sha256: str

    @classmethod
    def of(cls, text: str) -> Digest:
        """The digest of a text."""
        return cls(hashlib.sha256(text.encode()).hexdigest())

    def close(self, other: Any, tolerance: float) -> bool:
        """Is something else this text?"""
        return isinstance(other, str) and Digest.of(other) == self


def distance(one: Array, right: Array) -> float:
    """The smallest tolerance, absolute and relative, at which an array is close to the right one; both of one shape."""
    apart = np.abs(one.astype(float) - right) / (1 + np.abs(right))
    return float(np.where(np.isnan(apart), np.inf, apart).max(initial=0.0))


def places(apart: Array) -> Array:
    """Where to look at an array that is so far from the right one, entry by entry: all over, and where it is most."""
    size = apart.size
    spread = np.linspace(0, size - 1, SPREAD).round().astype(int)
    return np.unique(np.concatenate([spread, np.argsort(-np.abs(apart.ravel()), kind="stable")[:LARGEST]]))
