"""The command that feeds the decoder: what it says, what its frames are made of, and that it notices a fault."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from autograder.tests import frames, fuzz
from autograder.tests.frames import decodes, frame
from autograder.worker import codec


class Here:
    """Stands in for a pool of processes: what is submitted runs at once, in this one."""

    def __init__(self, *settings: object, **more: object) -> None:
        self.ran: list[str] = []

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run it."""
        future: Future[Any] = Future()
        future.set_result(function(*args))
        return future


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command in this process, on a few frames, and without a limit that would outlive the test."""
    monkeypatch.setattr(fuzz, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(fuzz.resource, "setrlimit", lambda *limit: None)
    monkeypatch.setattr(fuzz, "corpus", lambda chapters: list(fuzz.forms()))


def test_the_command_says_what_it_did(one_process: None) -> None:
    """A line with the frames, what came of them, what they cost, and the seed that repeats the run."""
    said = fuzz.fuzz(2000, seed=5)
    assert said.startswith("2,000 frames: ") and "seed 5" in said and fuzz.fuzz(2000, seed=5)[:40] == said[:40]


def test_the_command_shows_the_frame_that_broke_the_decoder(one_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another exception than CodecError it ends at once with status 1, the frame, and the seed."""

    def broken(frame: bytes) -> object:
        return decode(frame) if len(frame) > 1000 else {}["a key"]

    decode = codec.decode
    monkeypatch.setattr(codec, "decode", broken)
    with pytest.raises(SystemExit, match=r"seed 5: KeyError: 'a key'\n[0-9a-f]+$"):
        fuzz.fuzz(2000, seed=5)


def test_replies_of_the_solutions_are_the_corpus() -> None:
    """Frames of a chapter's replies: none the same, none so large that its numbers would take most of the damage."""
    found = fuzz.replies("ch02_recurrence")
    assert 20 < len(set(found)) == len(found) <= fuzz.EACH and max(map(len, found)) <= fuzz.LARGEST
    assert all(type(codec.decode(data)) is dict for data in found)


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_an_error_for_want_of_memory_is_a_fault(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder makes CodecError of it, as of everything; the fuzzer does not let that pass."""

    def starved(header: bytes) -> object:
        raise error

    monkeypatch.setattr(codec, "_unpacked", starved)
    with pytest.raises(frames.Fault, match=error.__name__):
        decodes(frame(1))
