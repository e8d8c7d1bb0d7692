"""A worker's replies, whatever they are: the judge has an answer in words that it may show, or none."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.judge import frames
from autograder.judge.box import Ends
from autograder.judge.frames import read_failure, read_preparation, read_reply
from autograder.judge.remote import Worker
from autograder.judge.subject import CallTimeout, WorkerDied
from autograder.tests.frames import ODD, Mutator
from autograder.tests.test_codec import PATIENT, VALUES
from autograder.worker import calls, codec
from autograder.worker.calls import Failure, Reply
from autograder.worker.serve import HEAD

LINES = {"return x @ W", "x = '\x1b[2J'"}
FAILURE = vars(Failure("ValueError", "shapes (2,3) and (4,5)", 3, "return x @ W"))
ANSWER = {**vars(Reply((np.ones(2), 1.5), ("x",), None, ("aten::tanh",))), "failure": FAILURE}
PREPARED = {"problems": ["", "line 1"], "notes": ["", ""], "forbidden": {"rnn_step": ""}}
ANYTHING = VALUES | st.sampled_from([value for value in ODD if isinstance(value, (str, int, list, type(None)))])


class Pipe:
    """A box of one worker that has said all it will ever say, and then ends as if it had broken its link."""

    device = "cpu"

    def __init__(self, said: bytes, open_ended: bool = False) -> None:
        self.ours, theirs = socket.socketpair()
        theirs.sendall(said)
        if not open_ended:
            theirs.shutdown(socket.SHUT_WR)
        self.theirs = theirs  # open: what the judge asks has to go somewhere

    def fork(self) -> Ends:
        """The judge's ends."""
        (output, output_end), (status, status_end) = os.pipe(), os.pipe()
        os.write(status_end, b"exit 70")
        os.close(output_end)
        os.close(status_end)
        return Ends(1, self.ours, output, status)

    def kill(self, ends: Ends) -> None:
        """Nothing is left to end."""
        self.theirs.close()


@contextlib.contextmanager
def worker(said: bytes, open_ended: bool = False) -> Iterator[Worker]:
    """The judge's end of a worker that says this, and perhaps more."""
    opened = Worker(Pipe(said, open_ended))  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()


def sent(frame: bytes, number: int = 1) -> bytes:
    """A frame as it goes over the link."""
    return HEAD.pack(len(frame), number) + frame


def asked(said: bytes) -> object:
    """What the judge takes for the answer to its first request."""
    with worker(said) as opened:
        return opened.ask("call", ["f", [], {}, False], 5)


def shown(reply: Reply) -> list[str]:
    """Every text of a reply that may be shown."""
    failure = reply.failure or Failure("", "")
    return [*reply.changed, *reply.operators, failure.type, failure.message, failure.source]


def test_an_answer_arrives() -> None:
    """What a well-behaved worker says is read as it was meant."""
    reply = read_reply(asked(sent(codec.encode(ANSWER))), LINES)
    assert (reply.changed, reply.operators, reply.failure) == (("x",), ("aten::tanh",), Failure(**FAILURE))
    assert reply.value[1] == 1.5 and reply.value[0].tolist() == [1, 1]


@pytest.mark.parametrize("number", [0, 2, 2**16 + 1, 2**32 - 1])
def test_the_number_of_a_request_is_that_integer(number: int) -> None:
    """A reply with another number does not belong to the request."""
    with pytest.raises(WorkerDied, match="does not belong"):
        asked(sent(codec.encode(ANSWER), number))


@pytest.mark.parametrize("answer", [(1, ANSWER), [1], [1, ANSWER], {"1": 1}, None, 1.0, np.ones(2)], ids=repr)
def test_a_reply_to_a_call_has_its_form(answer: object) -> None:
    """Every other value is no reply."""
    with pytest.raises(WorkerDied, match="another form"):
        read_reply(asked(sent(codec.encode(answer))), LINES)


def test_a_reply_answers_one_request() -> None:
    """The same reply again, as one to the next request, is refused."""
    with worker(2 * sent(codec.encode(ANSWER))) as opened:
        opened.ask("call", [], 5)
        with pytest.raises(WorkerDied, match="does not belong"):
            opened.ask("call", [], 5)


def test_a_reply_that_trickles_in_is_late() -> None:
    """A byte now and then does not put off the end of a call."""
    with worker(b"", open_ended=True) as opened:
        theirs, data = opened.box.theirs, sent(codec.encode(ANSWER))  # type: ignore[attr-defined]

        def trickle() -> None:
            with contextlib.suppress(OSError):
                for byte in data:
                    theirs.send(bytes([byte]))
                    time.sleep(0.01)

        slow = threading.Thread(target=trickle)
        start = time.monotonic()
        slow.start()
        with pytest.raises(CallTimeout):
            opened.ask("call", [], 0.3)
        assert time.monotonic() - start < 0.01 * len(data)
        theirs.close()
        slow.join()


def test_a_request_too_large_to_be_asked_costs_the_worker() -> None:
    """As when all cells of a notebook together are more than the link takes."""
    with worker(b"") as opened, pytest.raises(WorkerDied, match="too large"):
        opened.ask("prepare", [["x" * 200_000] * 6], 5)


BROKEN = {
    b"": "broke its link",
    b"\1": "broke its link",
    HEAD.pack(9, 1)[:6]: "broke its link",
    HEAD.pack(9, 1) + b"x": "broke its link",
    HEAD.pack(0, 1): "malformed",
    HEAD.pack(codec.REPLY_LIMIT, 1): "broke its link",
    HEAD.pack(codec.REPLY_LIMIT + 1, 1): "larger than 4 MB",
}


@pytest.mark.parametrize("said", BROKEN)
def test_less_or_more_than_a_reply_is_refused(said: bytes) -> None:
    """A reply that breaks off, is empty or is too large costs the worker."""
    with pytest.raises(WorkerDied, match=BROKEN[said]):
        asked(said)


@settings(PATIENT, max_examples=300)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_damaged_replies_bring_out_nothing_else(seed: int, length_is_damaged: bool) -> None:
    """A damaged reply is a reply that may be shown, or costs the worker; no other exception comes out."""
    frame = Mutator([codec.encode(ANSWER), codec.encode({**ANSWER, "failure": None})], seed)()
    said = sent(frame) if not length_is_damaged else HEAD.pack(seed, 1) + frame
    with contextlib.suppress(WorkerDied, CallTimeout):
        assert all(text.isprintable() for text in shown(read_reply(asked(said), LINES)))


def changed(valid: dict[str, object]) -> st.SearchStrategy[object]:
    """Anything, or a valid answer with some parts replaced by anything."""
    parts = st.fixed_dictionaries({key: st.just(value) | ANYTHING for key, value in valid.items()})
    return parts | st.dictionaries(st.sampled_from(sorted(valid)), ANYTHING) | ANYTHING


@settings(PATIENT, max_examples=500)
@given(changed({**ANSWER, "failure": None}))
def test_any_value_for_an_answer(answer: object) -> None:
    """Whatever stands in an answer, it is a reply of the right form, or costs the worker."""
    with contextlib.suppress(WorkerDied):
        reply = read_reply(answer, LINES)
        assert all(type(text) is str and text.isprintable() for text in shown(reply))


@settings(PATIENT, max_examples=500)
@given(changed(FAILURE))
def test_any_value_for_a_failure(failure: object) -> None:
    """Whatever stands in an exception's description, it can be shown and names a line of the learner's or none."""
    with contextlib.suppress(WorkerDied):
        read = read_failure(failure, LINES)
        assert all(type(text) is str and text.isprintable() for text in (read.type, read.message))
        assert type(read.line) is int and read.source in {"", *LINES} and bool(read.source) >= bool(read.line)


@settings(PATIENT, max_examples=500)
@given(changed(PREPARED))
def test_any_value_for_a_reading(answer: object) -> None:
    """Whatever is said of the cells, there is a text for each of them and for each exercise, or no worker."""
    with contextlib.suppress(WorkerDied):
        read = read_preparation(answer, 2, ["rnn_step"])
        texts = [*read.problems, *read.notes, *read.forbidden.values()]
        assert (len(read.problems), len(read.notes), list(read.forbidden)) == (2, 2, ["rnn_step"])
        assert all(type(text) is str and text.isprintable() and len(text) <= frames.NOTE for text in texts)


@pytest.mark.parametrize("change", [{"problems": [""]}, {"notes": ["", 1]}, {"forbidden": {"other": ""}}, {"more": 1}])
def test_a_reading_of_another_form_is_refused(change: dict[str, object]) -> None:
    """Another number of cells, no text, an exercise that was not asked for, or more than was asked for."""
    assert read_preparation(PREPARED, 2, ["rnn_step"]) == frames.Preparation(**PREPARED)
    with pytest.raises(WorkerDied, match=r"it (?:sent a reading|read)"):
        read_preparation({**PREPARED, **change}, 2, ["rnn_step"])


def test_texts_of_a_reading_are_cleaned() -> None:
    """They are lines of a limited length, without what steers a terminal."""
    read = read_preparation({**PREPARED, "problems": ["a\n\x1b[2Jb", "x" * 10**4]}, 2, ["rnn_step"])
    assert read.problems == ["a [2Jb", "x" * frames.NOTE]


def test_a_long_name_of_an_argument_is_cut_before_it_is_sent() -> None:
    """So that whoever has one, and writes into that argument, is told of it and does not lose the worker."""
    spoil = eval(f"lambda {'x' * 300}: {'x' * 300}.fill(0)")
    (name,) = calls.call(spoil, (np.ones(2),), {}).changed
    assert read_reply({**ANSWER, "changed": [name]}, LINES).changed == ("x" * 100,)


BAD_NAMES = ["", "x" * 101, "a\nb", "a\x1b[2J", "\u202ex", "\0", "\u2028"]


@pytest.mark.parametrize(("key", "name"), list(itertools.product(("changed", "operators"), BAD_NAMES)))
def test_names_that_cannot_be_shown_are_refused(key: str, name: str) -> None:
    """Line breaks, what steers a terminal or turns the direction of writing, nothing, and too much is no name."""
    with pytest.raises(WorkerDied, match="names"):
        read_reply({**ANSWER, key: ["x", name]}, LINES)


def test_names_are_not_too_many() -> None:
    """As many as a call may have, and not one more."""
    assert len(read_reply({**ANSWER, "changed": ["x"] * frames.NAMES}, LINES).changed) == frames.NAMES
    with pytest.raises(WorkerDied, match="names"):
        read_reply({**ANSWER, "changed": ["x"] * (frames.NAMES + 1)}, LINES)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("type", "Value\nError", "Exception"),
        ("type", "1 of 1 checks passed", "Exception"),
        ("type", "", "Exception"),
        ("message", "a\n\tb \x1b[31m\u202ec", "a b [31mc"),
        ("message", "x" * 500, "x" * 200),
        ("message", "x was -0.125e-3, of shape (2,)", "x was …, of shape (2,)"),
        ("source", "return reference", ""),
        ("source", "x = '\x1b[2J'", "x = '[2J'"),
    ],
)
def test_texts_of_an_exception_are_cleaned(field: str, value: str, said: str) -> None:
    """What is no name of an exception, no line of the learner's, or does not belong in a line, is left out."""
    assert vars(read_failure({**FAILURE, field: value}, LINES))[field] == said


@pytest.mark.parametrize(
    "change", [{"line": -1}, {"line": 2**63}, {"line": True}, {"line": 1.0}, {"message": "x" * 501}]
)
def test_a_failure_of_another_form_is_refused(change: dict[str, object]) -> None:
    """A line that no cell has, and a text that no worker sends."""
    with pytest.raises(WorkerDied, match="failure"):
        read_failure({**FAILURE, **change}, LINES)
