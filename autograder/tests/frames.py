"""Frames as hostile code may write them, forged or made from good ones by damage; and what must come of them."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgpack

from autograder.worker import codec

ODD: list[Any] = [  # what may stand anywhere in a header, and is hardly ever right
    None, True, 0, 1, -1, 2, 2**26, 2**63, 2**64 - 1, 1.5, float("nan"), "", "a", "l", "t", "?", "f8", "O", "S", "F",
    "\0", "k" * (codec.KEY + 1), b"", b"f8", [], {}, ["a"], ["l", []], ["a", "f8", [0, 2**26], "S"], {1: 2}, {b"k": 1},
    {"": ["t", []]}, msgpack.ExtType(5, b""), msgpack.ExtType(5, b"12"), msgpack.Timestamp(0), [[[[]]]],
]  # fmt: skip
BYTES = [0x00, 0x01, 0x7F, 0x80, 0x90, 0xC1, 0xC4, 0xC7, 0xCA, 0xD4, 0xD9, 0xDC, 0xDD, 0xDE, 0xDF, 0xFF]
LENGTHS = [0, 1, 2**16, codec.HEADER_LIMIT, codec.HEADER_LIMIT + 1, 2**31, 2**32 - 1]


def raw(header: bytes, buffers: bytes = b"") -> bytes:
    """A frame around a header that need not be msgpack."""
    return codec.HEAD.pack(codec.MAGIC, len(header)) + header + buffers


def frame(tree: object, buffers: bytes = b"", single: bool = False) -> bytes:
    """A frame as a hostile worker would write it; ``single``: floats in four bytes, where they are not too large."""
    with contextlib.suppress(OverflowError):
        return raw(msgpack.packb(tree, use_single_float=single), buffers)
    return raw(msgpack.packb(tree), buffers)


def row(entry: bytes) -> bytes:
    """A list as long as the decoder lets msgpack build one, of one small entry."""
    return b"\xdc" + codec.NODES.to_bytes(2, "big") + entry * codec.NODES


def crowded(entry: bytes) -> bytes:
    """A header of a megabyte: as many such lists as fit."""
    rows = codec.HEADER_LIMIT // len(row(entry))
    return b"\xdc" + rows.to_bytes(2, "big") + row(entry) * rows


def worst() -> dict[str, bytes]:
    """Frames within the limits of a reply that are to cost the decoder as much time and memory as can be."""
    most, whole = codec.NODES - 10, codec.REPLY_LIMIT - 100
    return {
        "dicts of nothing": raw(crowded(b"\x80")),
        "lists of nothing": raw(crowded(b"\x90")),
        "dicts of one key": raw(crowded(b"\x81\xa0\xc0")),
        "dicts of nothing, deeper and deeper": raw((row(b"\x80")[:-1] * 209) + b"\xc0"),
        "short texts": raw(crowded(b"\xa4\xf0\x9f\x98\x80")),
        "lists in lists": raw(b"\x91" * codec.HEADER_LIMIT),
        "lists that promise more": raw((b"\xdc" + codec.NODES.to_bytes(2, "big")) * 1020),
        "lists that promise too much": raw(b"\xdc\xff\xff" * 1020 + b"\xc0" * 10**6),
        "one long text": raw(b"\xdb" + (2**20 - 8).to_bytes(4, "big") + b"\xf0\x9f\x98\x80" * (2**18 - 2)),
        "arrays of one entry": frame(["l", [["a", "?", [1] * codec.AXES, "S"]] * most], b"\1" * most),
        "arrays of nothing": frame(["l", [["a", "f8", [codec.EMPTY, 0], "S"]] * most]),
        "nothing, far apart": frame(["l", [["a", "f8", [2**26, 0, 2**20], "S"]] * most]),
        "one strided array": frame(["a", "?", [whole // 2, 2], "S"], b"\1" * (whole // 2 * 2)),
        "one array by columns": frame(["a", "i1", [2, whole // 2], "F"], b"\1" * (whole // 2 * 2)),
    }


class Fault(AssertionError):
    """The decoder took a frame that is none, or one that it cannot write again; or ran out of memory over it."""


def decodes(data: bytes, decode: Callable[[bytes], Any] = codec.decode) -> bool:
    """Whether a frame is taken; what is taken has one way to be written. Anything but CodecError comes through."""
    try:
        value = decode(data)
    except codec.CodecError as error:
        if "MemoryError" in str(error) or "RecursionError" in str(error):
            raise Fault(str(error)) from None
        return False
    written = codec.encode(value)
    if codec.encode(codec.decode(written)) != written:
        raise Fault("what was decoded is written in two ways")
    return True


class Mutator:
    """Damages frames of a corpus, the same way for the same seed."""

    def __init__(self, corpus: Sequence[bytes], seed: int) -> None:
        self.corpus = list(corpus)
        self.random = random.Random(seed)
        self.bytewise = [self._flip, self._set, self._cut, self._double, self._splice, self._resize]

    def __call__(self) -> bytes:
        """The next frame."""
        data = bytearray(self.random.choice(self.corpus))
        if self.random.random() < 0.5:
            data = bytearray(self._regrow(bytes(data)))
        size, length = len(data), codec.HEAD.unpack_from(data)[1]
        for _ in range(self.random.choice((0, 1, 1, 2, 4))):
            self.random.choice(self.bytewise)(data)
        if self.random.random() < 0.6:  # the head fits again, so that what is behind it is read
            data[: codec.HEAD.size] = codec.HEAD.pack(codec.MAGIC, max(0, length + len(data) - size))
        return bytes(data)

    def _place(self, data: bytearray) -> int:
        """Mostly in the header, where every byte counts."""
        return self.random.randrange(1 + min(len(data), self.random.choice((8, 64, 64, len(data)))))

    def _flip(self, data: bytearray) -> None:
        if (place := self._place(data)) < len(data):
            data[place] ^= 1 << self.random.randrange(8)

    def _set(self, data: bytearray) -> None:
        if (place := self._place(data)) < len(data):
            data[place] = self.random.choice(BYTES)

    def _cut(self, data: bytearray) -> None:
        place = self._place(data)
        del data[place : self.random.choice((place + 1, place + 8, len(data)))]

    def _double(self, data: bytearray) -> None:
        place = self._place(data)
        data[place:place] = data[place : place + self.random.randrange(1, 32)] * self.random.choice((1, 1, 2, 64))

    def _splice(self, data: bytearray) -> None:
        other = self.random.choice(self.corpus)
        data[self._place(data) :] = other[self._place(bytearray(other)) :]

    def _resize(self, data: bytearray) -> None:
        length = int.from_bytes(data[4:8], "little") + self.random.choice((-1, 1, 4))
        data[4:8] = (self.random.choice([length, *LENGTHS]) % 2**32).to_bytes(4, "little")

    def _regrow(self, data: bytes) -> bytes:
        """The same frame with parts of its tree replaced, left out, doubled or nested; the length fits."""
        start = codec.HEAD.size + codec.HEAD.unpack_from(data)[1]
        tree = [msgpack.unpackb(data[codec.HEAD.size : start])]
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self._graft(tree)
        return frame(tree[0], data[start:], single=self.random.random() < 0.1)

    def _graft(self, tree: list[Any]) -> None:
        inside: Any = tree
        place: Any = 0
        while isinstance(inside[place], (list, dict)) and inside[place] and self.random.random() < 0.85:
            inside = inside[place]
            place = self.random.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
        node = inside[place]
        odd = copy.deepcopy(self.random.choice(ODD))
        inside[place] = self.random.choice([odd, ["l", [node, node]], {"k": node}, [node], node])
        if isinstance(inside, list) and inside is not tree and self.random.random() < 0.3:
            inside.insert(place, node)
