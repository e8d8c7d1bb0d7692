"""The decoder under fire: damaged and made-up frames, the limits to the last part, and what a frame may cost."""

from __future__ import annotations

import contextlib
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder import course
from autograder.judge import implementations
from autograder.judge.run import judge_exercise
from autograder.tests.frames import Mutator, decodes, frame, raw, worst
from autograder.tests.test_codec import PATIENT, VALUES
from autograder.worker import codec
from autograder.worker.calls import Reply

EXTENSIONS = st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=9))
TIMES = st.builds(msgpack.Timestamp, st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**9 - 1))
WORDS = st.sampled_from(["a", "l", "t", "C", "F", "S", *sorted(codec.DTYPES)])
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.integers(-1, 9) | st.floats() | st.floats(width=32)
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | st.text() | st.binary(max_size=9) | EXTENSIONS | TIMES
KEYS = st.text(max_size=codec.KEY + 1) | st.binary(max_size=2) | st.integers(0, 9)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.builds(lambda kind, entries: [kind, entries], st.sampled_from("lt"), st.lists(inner, max_size=3))
        | st.builds(lambda *parts: ["a", *parts], WORDS, st.lists(NUMBERS, max_size=9), WORDS)
    ),
    max_leaves=20,
)


@settings(PATIENT, max_examples=500)
@given(st.binary(max_size=64), st.booleans())
def test_any_bytes(data: bytes, as_header: bool) -> None:
    """Bytes are a value with one way to be written, or CodecError; as they are, and as the header of a frame."""
    decodes(raw(data) if as_header else data)


@settings(PATIENT, max_examples=1000)
@given(TREES, st.binary(max_size=64), st.booleans())
def test_any_tree(tree: object, buffers: bytes, single: bool) -> None:
    """A header of whatever msgpack can write is a value with one way to be written, or CodecError."""
    decodes(frame(tree, buffers, single))


@settings(PATIENT, max_examples=1000)
@given(VALUES, st.integers(0, 2**32))
@example(value=[], seed=0)
def test_damaged_frames(value: object, seed: int) -> None:
    """A frame with bits, chunks, lengths or parts of its tree changed is still a value, or CodecError."""
    decodes(Mutator([codec.encode(value)], seed)())


def deep(levels: int) -> Any:
    """A list in a list, so many levels below the outermost."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def tree_of(value: Any) -> Any:
    """The header that a worker without our limits would write for lists and scalars."""
    if isinstance(value, list):
        return ["l", [tree_of(entry) for entry in value]]
    return {key: tree_of(entry) for key, entry in value.items()} if isinstance(value, dict) else value


LIMITS: dict[str, tuple[Callable[[int], Any], int, str]] = {  # a value of a size, the largest size, what is said beyond
    "depth": (deep, codec.DEPTH, "nested"),
    "parts": (lambda size: [None] * (size - 1), codec.NODES, "parts"),
    "parts of a dict": (lambda size: {str(key): 1 for key in range(size - 1)}, codec.NODES, "parts"),
    "key": (lambda size: {"k" * size: 1}, codec.KEY, "keys"),
    "header": (lambda size: "x" * (size - 5), codec.HEADER_LIMIT, "too large|not a frame"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_both_sides_have_the_same_limits(limit: str) -> None:
    """What is as large as can be arrives; with one more, neither does the one side send it nor the other take it."""
    of_size, most, said = LIMITS[limit]
    assert codec.copy(of_size(most)) == of_size(most)
    beyond = of_size(most + 1)
    with pytest.raises(codec.CodecError, match=said):
        codec.encode(beyond)
    with pytest.raises(codec.CodecError, match=said):
        codec.decode(frame(tree_of(beyond)))


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        ((1,) * codec.AXES, (1,) * (codec.AXES + 1)),
        ((0, codec.EMPTY), (0, codec.EMPTY + 1)),
        ((codec.EMPTY, 0), (codec.EMPTY + 1, 0)),
        ((2, 0, codec.EMPTY // 2), (2, 0, codec.EMPTY // 2 + 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("layout", ["C", "F", "S"])
def test_both_sides_take_the_same_shapes(most: tuple[int, ...], beyond: tuple[int, ...], layout: str) -> None:
    """Axes have a limit, and so have those of an array that holds nothing: whoever walks along them takes time."""
    assert codec.copy(np.ones(most)).shape == most
    with pytest.raises(codec.CodecError, match="too large"):
        codec.encode(np.ones(beyond))
    with pytest.raises(codec.CodecError, match="too large"):
        codec.decode(frame(["a", "f8", list(beyond), layout], np.ones(beyond).tobytes()))


def test_a_frame_has_a_largest_size() -> None:
    """64 MB arrive; a byte more is neither sent nor taken, and an array that only looks larger is not written out."""
    room = codec.LIMIT - len(codec.encode(np.zeros(2**25, bool))) + 2**25
    assert codec.copy(np.zeros(room, bool)).size == room
    with pytest.raises(codec.CodecError, match="too large"):
        codec.encode(np.zeros(room + 1, bool))
    with pytest.raises(codec.CodecError, match="frame is too large"):
        codec.decode(bytes(codec.LIMIT + 1))
    for dtype in ("<f8", ">f8"):
        with pytest.raises(codec.CodecError, match="too large"):
            codec.encode(np.broadcast_to(np.zeros(1, dtype), (10**6, 10**6)))


def test_the_fullest_frames_arrive() -> None:
    """What bounds msgpack refuses nothing that is sent: as many arrays, lists and keys as there may be parts."""
    for entry, parts in ((np.ones((1,) * codec.AXES), 1), ([], 1), ({}, 1), ({"k": 1}, 2), ([()], 2)):
        most = (codec.NODES - 1) // parts
        assert len(codec.copy([entry] * most)) == most


@pytest.mark.parametrize("name", worst())
def test_what_a_reply_costs_is_bounded(name: str) -> None:
    """Decoding a reply takes no more memory than the largest frame has, whatever the reply pretends to hold."""
    data = worst()[name]
    assert len(data) <= codec.REPLY_LIMIT
    tracemalloc.start()
    try:
        with contextlib.suppress(codec.CodecError):
            codec.decode(data)
        assert tracemalloc.get_traced_memory()[1] <= codec.LIMIT
    finally:
        tracemalloc.stop()


WORSE: dict[str, Any] = {
    "nested": deep(codec.DEPTH - 2),
    "many": [0.0] * (codec.NODES - 10),
    "rows of unequal length": [[1.0], [1.0, 2.0]],
    "text": "x" * 1000,
    "dict": {"": {}},
    "nothing": np.zeros((0, codec.EMPTY)),
    "axes": np.zeros((1,) * codec.AXES),
    "whole": np.full((2, 3), 2**64 - 1, np.uint64),
    "infinite": np.full((2, 3), np.inf, np.float16),
}


@pytest.mark.parametrize("chapter", course.chapters())
def test_any_value_is_judged(chapter: str) -> None:
    """Whatever value comes back, alone or in the place of several, each exercise has a verdict, and no full marks."""

    class Link:
        """Answers every call with the same value."""

        def __init__(self, value: Any) -> None:
            self.value = value

        def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], trace: bool = False) -> Reply:
            return Reply(self.value)

    reference = implementations.reference(chapter)
    for exercise in course.load(chapter).exercises:
        for value in WORSE.values():
            for returned in (value, (value, value), (value,) * 3):
                with warnings.catch_warnings(action="ignore"):
                    verdict = judge_exercise(exercise, Link(returned), reference, seed=1)
                assert verdict.score < verdict.max_score
