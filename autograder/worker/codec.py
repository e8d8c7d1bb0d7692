"""Values on the wire: built-in scalars, text, lists, tuples, dicts with text keys, and dense arrays; nothing else.

A frame is ``magic, length of the header, header (msgpack), the arrays' bytes one after another``.
The decoder takes frames from hostile code: only `CodecError` may come out of it,
and what it allocates is bounded by these limits.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgpack
import numpy as np

MAGIC = b"UNR1"
LIMIT = 64 * 2**20  # bytes of one frame
REPLY_LIMIT = 4 * 2**20  # bytes of a worker's reply: the judge keeps the replies of a whole exercise
HEADER_LIMIT = 2**20  # bytes of a header
DEPTH = 16
NODES = 5_000
AXES = 8
EMPTY = 10_000  # an empty array's other axes, multiplied: it holds nothing, but code may walk along them
KEY = 100  # characters of a dict's key
DTYPES = {"?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
HEAD = struct.Struct("<4sI")
NATIVE = {np.dtype(code): code for code in sorted(DTYPES)}
WIRE = {code: np.dtype("u1" if code == "?" else code) for code in DTYPES}


class CodecError(ValueError):
    """A value with no form on the wire, or a frame that is not one."""


class Packed(NamedTuple):
    """A value checked and taken apart, without sharing memory: `encode` puts it into a frame as it is."""

    tree: Any
    buffers: list[bytes]
    parts: int


def packed(value: Any) -> Packed:
    """``value`` as part of a reply; CodecError names what has no form."""
    buffers: list[bytes] = []
    count = [0]
    return Packed(_pack(value, buffers, 1, count), buffers, count[0])  # a reply is a dict


def encode(value: Any) -> bytes:
    """A frame for ``value``; memory layouts (C, Fortran, strided) are kept; CodecError where it has no form."""
    buffers: list[bytes] = []
    header = _header(_pack(value, buffers, 0, [0]))
    size = HEAD.size + len(header) + sum(map(len, buffers))
    if size > LIMIT or len(header) > HEADER_LIMIT:
        raise CodecError(f"too large ({size:,} bytes)")
    return b"".join([HEAD.pack(MAGIC, len(header)), header, *buffers])


def decode(frame: bytes) -> Any:
    """The value of a frame, in memory of its own; CodecError for anything that `encode` does not write."""
    if len(frame) > LIMIT:
        raise CodecError("the frame is too large")
    try:
        magic, length = HEAD.unpack_from(frame)
        if magic != MAGIC or length > HEADER_LIMIT or HEAD.size + length > len(frame):
            raise CodecError("not a frame")
        start = HEAD.size + length
        header = frame[HEAD.size : start]
        tree = _unpacked(header)
        reader = _Reader(memoryview(frame)[start:])
        value = reader.value(tree, 0)
        if reader.at != len(reader.data):
            raise CodecError("bytes are left over")
        if _header(tree) != header:  # the same key twice, a float of four bytes, an integer of more than it needs
            raise CodecError("a header in another spelling")
        return value
    except CodecError:
        raise
    except Exception as error:  # msgpack, struct, numpy: whatever a forged frame provokes
        raise CodecError(f"malformed frame: {type(error).__name__}") from None


def decode_ours(frame: bytes) -> Any:
    """The same value in half the time, of a frame that `encode` has written: nothing in it is doubted."""
    _, length = HEAD.unpack_from(frame)
    at = HEAD.size + length

    def value(node: Any) -> Any:
        nonlocal at
        kind = type(node)
        if kind is dict:
            return {key: value(entry) for key, entry in node.items()}
        if kind is not list:
            return node
        if node[0] != "a":
            entries = [value(entry) for entry in node[1]]
            return entries if node[0] == "l" else tuple(entries)
        _, code, shape, layout = node
        flat = np.frombuffer(frame, WIRE[code], math.prod(shape), at)
        at += flat.nbytes
        return _lay_out(flat != 0 if code == "?" else flat, shape, layout)

    return value(msgpack.unpackb(frame[HEAD.size : at]))


def copy(value: Any) -> Any:
    """A deep copy, by way of the wire: what another process would receive."""
    return decode_ours(encode(value))


def plain(value: Any) -> Any:
    """``value`` as it arrives on the other side, without sharing memory; CodecError names what has no form."""
    return copy(value)


def _header(tree: Any) -> bytes:
    return msgpack.packb(tree, buf_size=4096)  # type: ignore[no-any-return]  # its own choice is 1 MB, made anew each time


def _unpacked(header: bytes) -> Any:
    """The tree of a header; CodecError while it is built when it has too many parts: a byte may become an object."""
    count = 0

    def counted(container: Any) -> Any:
        nonlocal count
        count += 1
        if count > 2 * NODES:  # a value is two lists at most
            raise CodecError("of too many parts")
        return container

    # msgpack takes memory for as many entries as a list says that it has
    return msgpack.unpackb(header, max_array_len=NODES, list_hook=counted, object_hook=counted)


def _pack(value: Any, buffers: list[bytes], depth: int, count: list[int]) -> Any:
    count[0] += 1
    if depth > DEPTH or count[0] > NODES:
        raise CodecError("nested too deeply" if depth > DEPTH else "of too many parts")
    kind = type(value)
    if kind is np.ndarray:
        return _pack_array(value, buffers)
    if value is None or kind in (bool, float):
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        if not -(2**63) <= value < 2**64:
            raise CodecError("an integer too large for 64 bits")
        return value
    if kind in (list, tuple):
        return ["l" if kind is list else "t", [_pack(entry, buffers, depth + 1, count) for entry in value]]
    if kind is dict:
        return {_key(key): _pack(entry, buffers, depth + 1, count) for key, entry in value.items()}
    if kind is Packed:
        count[0] += value.parts
        if count[0] > NODES:
            raise CodecError("of too many parts")
        buffers += value.buffers
        return value.tree
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise CodecError("a masked array with entries left out")
    if isinstance(value, (np.ndarray, np.bool_, np.integer, np.floating)):
        return _pack_array(np.array(value, subok=False, copy=None), buffers)
    raise CodecError(f"a {kind.__module__.split('.')[0]}.{kind.__name__}"[:80].replace("a builtins.", "a "))


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise CodecError("text that is not Unicode") from None
    return value


def _key(key: Any) -> str:
    if type(key) is not str or len(key) > KEY:
        raise CodecError("a dict whose keys are not text, or too long")
    return _text(key)


def _pack_array(array: np.ndarray, buffers: list[bytes]) -> list[Any]:
    if array.nbytes > LIMIT:
        raise CodecError(f"too large ({array.nbytes:,} bytes)")
    _check_axes(array.shape)
    code = NATIVE.get(array.dtype)
    if code is None:  # the other byte order, or nothing for the wire
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        code = NATIVE.get(array.dtype)
    if code is None:
        raise CodecError(f"an array of {array.dtype}"[:80])
    flags = array.flags
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
    buffers.append(array.tobytes("F" if layout == "F" else "C"))
    return ["a", code, list(array.shape), layout]


def _check_axes(shape: Sequence[int]) -> None:
    """CodecError for a shape that does not travel, on either side."""
    if len(shape) > AXES:
        raise CodecError(f"too large (an array of {len(shape)} axes)")
    if 0 in shape and math.prod(size for size in shape if size) > EMPTY:
        raise CodecError(f"too large (an empty array of shape {tuple(shape)})")


class _Reader:
    """Rebuilds a value from its tree; ``at`` is how far the arrays' bytes are used up."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0
        self.count = 0

    def value(self, node: Any, depth: int) -> Any:
        self.count += 1
        if depth > DEPTH or self.count > NODES:
            raise CodecError("nested too deeply, or of too many parts")
        kind = type(node)
        if node is None or kind in (bool, int, float, str):
            return node
        if kind is dict:
            return {_key(key): self.value(entry, depth + 1) for key, entry in node.items()}
        if kind is list and node and node[0] == "a":
            return self.array(*node[1:])
        if kind is list and len(node) == 2 and node[0] in ("l", "t") and type(node[1]) is list:
            entries = [self.value(entry, depth + 1) for entry in node[1]]
            return entries if node[0] == "l" else tuple(entries)
        raise CodecError("a node of no known kind")

    def array(self, code: Any, shape: Any, layout: Any) -> np.ndarray:
        if code not in DTYPES or type(shape) is not list or layout not in ("C", "F", "S"):
            raise CodecError("not an array")
        for size in shape:
            if type(size) is not int or size < 0:
                raise CodecError("not a shape")
        _check_axes(shape)
        dtype = WIRE[code]
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.data) - self.at:
            raise CodecError("an array longer than its bytes")
        flat = np.frombuffer(self.data[self.at : self.at + size], dtype)
        self.at += size
        if code == "?":
            flat = flat != 0  # a forged byte of 2 is true, and nothing else
        return _lay_out(flat, shape, layout)


def _lay_out(flat: np.ndarray, shape: list[int], layout: str) -> np.ndarray:
    """A writable array of its own memory; "S" strides over a buffer of twice the length of the last axis."""
    if layout == "F":
        return flat.reshape(shape, order="F").copy(order="F")
    dense = flat.reshape(shape)
    if layout == "C":
        return dense.copy()
    strided = np.zeros([*shape[:-1], 2 * shape[-1]], flat.dtype)[..., ::2]
    strided[...] = dense
    return strided
