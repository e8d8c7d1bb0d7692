"""One recording in one small file: a tree of built-in values as JSON, and its arrays by type, all of it compressed.

Equal arrays are kept once, and every array in the smallest type that holds its numbers to the last bit.
Pure Python and NumPy, so that a web page can read it, too; the same values always make the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

Array = np.ndarray
NAME = "recording.json"
TYPES = ("<i1", "<i2", "<i4", "<i8", "<f4", "<f8")  # what arrays are kept as, the smallest first
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, TypeError, ValueError, RuntimeError)
DATE = (1980, 1, 1, 0, 0, 0)


def dumps(value: Any) -> bytes:
    """A tree of dicts with string keys, lists, tuples, arrays, strings, numbers, booleans and None, as a file."""
    pools: dict[str, _Pool] = {kind: _Pool() for kind in TYPES}
    files = {NAME: json.dumps(_flat(value, pools), separators=(",", ":"), ensure_ascii=False).encode()}
    files |= {kind[1:]: pool.bytes(int(kind[2:])) for kind, pool in pools.items() if pool.size}
    return zipped(files)


def loads(data: bytes) -> Any:
    """What `dumps` was given; ValueError where it is something else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            kept = {kind: _numbers(file, kind) for kind in TYPES if kind[1:] in file.namelist()}
            return _full(json.loads(file.read(NAME)), kept)
    except DAMAGE as error:
        raise ValueError(f"not a recording: {error!r}") from error


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files, the same bytes whenever and by whomever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            file.writestr(entry, content)
    return made.getvalue()


class _Pool:
    """The numbers of many arrays in one row."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.known: dict[bytes, int] = {}
        self.size = 0

    def put(self, numbers: Array) -> int:
        """Where these numbers begin; those that are there already are not kept again."""
        data = numbers.tobytes()
        if data not in self.known:
            self.known[data] = self.size
            self.parts.append(data)
            self.size += numbers.size
        return self.known[data]

    def bytes(self, width: int) -> bytes:
        """First bytes first, then second ones: alike beside alike, which compresses."""
        return np.frombuffer(b"".join(self.parts), np.uint8).reshape(-1, width).T.tobytes()


def _numbers(file: zipfile.ZipFile, kind: str) -> Array:
    planes = np.frombuffer(file.read(kind[1:]), np.uint8)
    return np.ascontiguousarray(planes.reshape(int(kind[2:]), -1).T).reshape(-1).view(kind)


def _flat(value: Any, pools: dict[str, _Pool]) -> Any:
    """Arrays by their place, tuples and numbers of NumPy's marked as such: what JSON can hold."""
    if isinstance(value, np.ndarray):
        kind = _smallest(value)
        return {"a": [value.dtype.str, list(value.shape), TYPES.index(kind), pools[kind].put(value.astype(kind))]}
    if isinstance(value, np.generic):
        return {"n": [value.dtype.str, value.item()]}
    if isinstance(value, tuple):
        return {"t": [_flat(entry, pools) for entry in value]}
    if isinstance(value, list):
        return [_flat(entry, pools) for entry in value]
    if isinstance(value, dict):
        return {"d": [[key, _flat(entry, pools)] for key, entry in value.items()]}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"a recording holds no {type(value).__name__}")


def _full(value: Any, kept: dict[str, Array]) -> Any:
    if isinstance(value, list):
        return [_full(entry, kept) for entry in value]
    if not isinstance(value, dict):
        return value
    [(mark, inside)] = value.items()
    if mark == "a":
        dtype, shape, kind, start = inside
        size = int(np.prod(shape, dtype=int))
        numbers = kept[TYPES[kind]][start : start + size] if size else np.zeros(0)
        return numbers.astype(dtype).reshape(shape)
    if mark == "n":
        return np.dtype(inside[0]).type(inside[1])
    if mark == "t":
        return tuple(_full(entry, kept) for entry in inside)
    return {key: _full(entry, kept) for key, entry in inside}


def _smallest(array: Array) -> str:
    """The first type that gives back every number of this array, the sign of a zero included."""
    for kind in TYPES[:-1]:
        with np.errstate(all="ignore"):
            there = array.astype(kind)
            if there.astype(array.dtype).tobytes() == array.tobytes():
                return kind
    return TYPES[-1]
