"""The random draws of a check: the same for every submission of a run, so they are made once and handed out again."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

Asked = tuple[str, tuple[Any, ...], dict[str, Any]]  # a method of a generator, and its arguments
Drawn = tuple[Asked, Any]
Recorded = tuple[str, Any]  # a method of a generator, and what it gave
CHECKS = 2000  # whose draws are kept

_recorded: dict[tuple[int, str], list[Recorded]] = {}


def of(seed: int, check: str) -> Draws | Replayed:
    """What a check draws from: a recording where there is one of this seed, else a generator."""
    recorded = _recorded.get((seed, check))
    return Draws(seed, check) if recorded is None else Replayed(recorded, seed, check)


def record(seed: int, check: str, drawn: list[Recorded]) -> None:
    """From now on, give a check what was recorded of this seed."""
    _recorded[seed, check] = drawn


def forget(seed: int, check: str) -> None:
    """The same check draws from its generator again."""
    _recorded.pop((seed, check), None)


class Replayed:
    """Gives what was recorded, in its order; a generator of this computer's what goes beyond it."""

    def __init__(self, drawn: list[Recorded], seed: int, check: str) -> None:
        self._left = list(reversed(drawn))
        self._generator: np.random.Generator | None = None
        self._seed = [seed, zlib.crc32(check.encode())]

    def is_through(self) -> bool:
        """Has all that was recorded been asked for, and nothing else?"""
        return not self._left and not self.beyond

    @property
    def beyond(self) -> bool:
        """Has something been asked for that was not recorded?"""
        return self._generator is not None

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if not callable(getattr(np.random.Generator, method, None)):
            raise AttributeError(f"{method}: no method of a generator")
        return lambda *args, **kwargs: self._draw((method, args, kwargs))

    def _draw(self, asked: Asked) -> Any:
        if self._generator is None:
            if self._left and self._left[-1][0] == asked[0]:
                return _own(self._left.pop()[1])
            self._generator = np.random.default_rng(self._seed)
        return _call(self._generator, asked)


class Draws:
    """Stands for the generator ``numpy.random.default_rng([seed, crc32 of the check's name])``.

    It gives what that one would, from memory as long as the same is asked for in the same order.
    """

    def __init__(self, seed: int, check: str) -> None:
        self._seed = [seed, zlib.crc32(check.encode())]
        self._kept = _kept(seed, check)
        self._made = list(self._kept)  # another thread may make the list longer meanwhile
        self._at = 0
        self._generator: np.random.Generator | None = None

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if not callable(getattr(np.random.Generator, method, None)):
            raise AttributeError(f"{method}: no method of a generator")
        return lambda *args, **kwargs: self._draw((method, args, kwargs))

    def _draw(self, asked: Asked) -> Any:
        if self._generator is None and self._at < len(self._made) and _same(self._made[self._at][0], asked):
            self._at += 1
            return _own(self._made[self._at - 1][1])
        if self._generator is None:
            self._generator = np.random.default_rng(self._seed)
            for made, _ in self._made[: self._at]:
                _call(self._generator, made)
            self._made = self._made[: self._at]
        result = _call(self._generator, asked)
        if self._at == len(self._made) and result is not None and not _holds_arrays(asked):
            self._made.append((copy.deepcopy(asked), _own(result)))
            self._at += 1
            if self._at > len(self._kept):
                self._kept[:] = self._made
        else:
            self._at = -1  # what changes an array, or is made of one, is not kept, nor what comes after it
        return result


@lru_cache(CHECKS)
def _kept(seed: int, check: str) -> list[Drawn]:
    """The longest row of draws that any submission has asked for."""
    return []


def _call(generator: np.random.Generator, asked: Asked) -> Any:
    method, args, kwargs = asked
    return getattr(generator, method)(*args, **kwargs)


def _own(result: Any) -> Any:
    """A copy of an array, which whoever gets it may write into."""
    return result.copy() if isinstance(result, np.ndarray) else result


def _holds_arrays(asked: Asked) -> bool:
    return any(isinstance(each, np.ndarray) for each in (*asked[1], *asked[2].values()))


def _same(one: Asked, other: Asked) -> bool:
    """Are two draws asked for in the same words? Of arrays that cannot be told."""
    return not _holds_arrays(other) and one == other
