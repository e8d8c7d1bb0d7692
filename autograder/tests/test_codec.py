"""The wire form of values: what goes over arrives, and hostile frames bring out nothing but CodecError."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.tests.frames import frame, raw
from autograder.worker import codec

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
KEYS = st.text(max_size=codec.KEY)
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "every other": lambda array: np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array,
    "backwards": lambda array: np.asarray(np.flip(array)),
    "other byte order": lambda array: array.astype(array.dtype.newbyteorder()),
}
ARRAYS = st.builds(
    lambda array, layout: LAYOUTS[layout](array),
    hnp.arrays(st.sampled_from(sorted(codec.DTYPES)), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)),
    st.sampled_from(sorted(LAYOUTS)),
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def same(one: object, other: object) -> bool:
    """``one``, which has arrived, equals ``other`` in type, shape, dtype and to the last bit, at every level."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        other = other.astype(other.dtype.newbyteorder("="), copy=False)  # the sender's own does not travel
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("d", one) == struct.pack("d", other)  # NaN and the zeros too
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))  # type: ignore[arg-type]
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)  # type: ignore[attr-defined, index]
    return one == other


@PATIENT
@given(VALUES)
def test_what_is_encoded_arrives(value: object) -> None:
    """Every value with a wire form comes back the same, in type and to the last bit."""
    frame = codec.encode(value)
    for arrived in (codec.decode(frame), codec.decode_ours(frame), codec.copy(value)):
        assert same(arrived, value) and codec.encode(arrived) == frame


@pytest.mark.parametrize("decode", [codec.decode, codec.decode_ours])
@pytest.mark.parametrize("layout", ["C", "F", "S"])
def test_layout_is_kept_and_memory_is_new(layout: str, decode: Callable[[bytes], np.ndarray]) -> None:
    """Row by row, column by column or strided: the copy lies in memory the same way, and is its own."""
    wide = np.arange(24.0).reshape(3, 8)
    array = {"C": wide.copy(), "F": np.asfortranarray(wide), "S": wide[:, ::2]}[layout]
    copy = decode(codec.encode(array))
    assert (copy.flags.c_contiguous, copy.flags.f_contiguous) == (array.flags.c_contiguous, array.flags.f_contiguous)
    np.testing.assert_array_equal(copy, array)
    assert copy.flags.writeable and not np.shares_memory(copy, array)


class Float(float):
    """Equal to everything, and no plain float."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Float(1.0), "Float"),
        (object(), "object"),
        ({1: 2}, "keys"),
        (2**64, "64 bits"),
        (np.zeros(1, complex), "complex128"),
        (np.array([object()]), "object"),
        (np.zeros(1, [("a", "f8")]), "an array of"),
        ("\ud800", "Unicode"),
        ({"\ud800": 1}, "Unicode"),
        (np.ma.masked_less([1.0, 3.0], 2), "masked"),
        (b"bytes", "bytes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_wire_form_is_named(value: object, named: str) -> None:
    """Subclasses, objects and odd arrays do not travel, and the error says what they are."""
    with pytest.raises(codec.CodecError, match=named):
        codec.encode([value])


def test_a_list_that_holds_itself_is_refused() -> None:
    """Endless nesting ends in CodecError, not in a recursion."""
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(codec.CodecError, match="nested"):
        codec.encode(endless)


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"\x80\x04pickle",
        b"UNR2" + codec.encode(1)[4:],
        raw(b""),
        raw(b"\xc0\xc0"),
        raw(b"\xd0\x01"),  # 1 in two bytes
        raw(b"\xca\x3f\x80\0\0"),  # 1.0 in four
        raw(b"\xd9\x01x"),
        raw(b"\x82\xa1k\x01\xa1k\x02"),  # one key twice
        raw(b"\x81\xc4\x01k\x01"),  # a key of bytes
        raw(b"\xc7\0\x05"),
        raw(b"\xa2\xff\xff"),
        frame(["a", "f8", [1], "C"], b"\0" * 7),
        frame(["a", "?", [2], "C"], b"\0" * 3),
        frame(["a", "f8", [1], "K"], b"\0" * 8),
        frame(["a", ">f8", [1], "C"], b"\0" * 8),
        frame(["a", "f8", [1], "C", 1], b"\0" * 8),
        frame(["a", "f8", [1.0], "C"], b"\0" * 8),
        frame(["a", "f8", (), ["C"]], b"\0" * 8),
        frame(["a", "f8", {}, "C"], b"\0" * 8),
        frame(["a", "u1", [1] * (codec.AXES + 1), "C"], b"\0"),
        frame(["l", "text"]),
        frame(["l", [], []]),
        frame(["l", [b"bytes"]]),
        frame([["l"], []]),
        frame(["a", "f8", [2], "C"], b"\0" * 8),
        frame(["a", "f8", [1], "C"], b"\0" * 9),
        frame(["a", "O", [1], "C"], b"\0" * 8),
        frame(["a", "f8", [-1], "C"]),
        frame(["a", "f8", [2**62, 2**62], "C"]),
        frame(["a", "f8", [True], "C"], b"\0" * 8),
        frame(["a", "f8", 1, "C"], b"\0" * 8),
        frame(["a", ["f8"], [1], "C"], b"\0" * 8),
        frame(["a"]),
        frame(["x", []]),
        frame(["l", {}]),
        frame([]),
        frame({1: 2}),
        frame(msgpack.ExtType(1, b"x")),
        frame(msgpack.Timestamp(0)),
        frame(b"bytes"),
        codec.HEAD.pack(codec.MAGIC, 2**32 - 1) + b"x",
        codec.HEAD.pack(codec.MAGIC, 2) + b"\x01",
        raw(b"\xdd\xff\xff\xff\xff"),
        raw(b"\x91" * 100_000),
        codec.HEAD.pack(codec.MAGIC, 2**21) + b"\xdc\xff\xff" + b"\x80" * 2**21,
    ],
    ids=lambda forged: forged[:24].hex(),
)
def test_forged_frames_are_refused(forged: bytes) -> None:
    """A frame that `encode` does not write raises CodecError, whatever it pretends to hold."""
    with pytest.raises(codec.CodecError):
        codec.decode(forged)


def test_a_forged_boolean_is_true_or_false() -> None:
    """A byte of 2 in an array of booleans becomes true, and not a third value."""
    array = codec.decode(frame(["a", "?", [2], "C"], b"\2\0"))
    assert array.dtype == bool and array.view(np.uint8).tolist() == [1, 0]


@pytest.mark.parametrize(("shape", "said"), [([-1], "not a shape"), ([3], "longer than its bytes")])
def test_why_an_array_is_refused(shape: list[int], said: str) -> None:
    """What numpy would refuse or, worse, understand does not come as far."""
    with pytest.raises(codec.CodecError, match=said):
        codec.decode(frame(["a", "f8", shape, "C"], bytes(16)))


@pytest.mark.parametrize("value", [3.5, [1, (2, "x")], {"a": np.arange(6.0).reshape(2, 3).T, "b": np.zeros(0)}])
def test_packed(value):
    """A value that was taken apart before arrives as if it had been put into the reply itself."""
    assert codec.encode({"value": codec.packed(value)}) == codec.encode({"value": value})


def test_packed_shares_no_memory():
    """What is written into an array after it was taken apart does not arrive."""
    array = np.zeros(3)
    packed = codec.packed(array)
    array[:] = 7
    assert not codec.decode(codec.encode([1, packed]))[1].any()


def test_packed_counts():
    """Parts of a value that was taken apart count in the whole, so that the decoder refuses nothing that was sent."""
    packed = codec.packed([0] * (codec.NODES - 5))
    codec.decode(codec.encode([1, packed]))
    with pytest.raises(codec.CodecError, match="too many parts"):
        codec.encode([1, packed, [0] * 10])
    with pytest.raises(codec.CodecError, match="too many parts"):
        codec.encode([[0] * 10, packed])
