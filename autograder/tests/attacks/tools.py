"""What attacks share: run in a cell before each of them, as a helper of the learner's; never imported by the judge."""

import ctypes
import errno
import os

import numpy as np


def right(x, h_prev, Wx, Wh, b):
    """The right answer to `rnn_step`: full marks say that the attack in front of it got nothing."""
    return np.tanh(x @ Wx + h_prev @ Wh + b)


def got(what):
    """Say that an attack got through, in words without a comma or a point: a verdict shows them."""
    raise AssertionError(f"got through: {what}")


def refused(*attempts):
    """Make each attempt; one that neither raises nor returns None has got through."""
    for attempt in attempts:
        try:
            gain = attempt()
        except (OSError, ValueError, RuntimeError, MemoryError, ImportError, AttributeError):
            continue
        if gain is not None:
            got(gain)


def syscall(number, *arguments):
    """What a system call of x86-64 returns; OSError where it is refused, and where the processor numbers them anew."""
    if os.uname().machine != "x86_64":
        raise OSError(errno.ENOSYS, "other numbers")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [each if isinstance(each, (bytes, ctypes.Array)) else ctypes.c_long(each) for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return result


def reached(numbers):
    """The first of these system calls, by name and number, that nonsense gets through to the kernel with; or None."""
    for name, number in numbers.items():
        try:
            syscall(number, -1, -1, -1, -1, -1, -1)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                continue
        return name
    return None


def frame(answer, number=None):
    """What the worker would write to its link to answer so: this request, or the one of that number."""
    from autograder.worker import codec

    return headed(codec.encode(answer), number)


def raw(header, arrays=b""):
    """A frame whose header is these bytes, whatever they are."""
    from autograder.worker import codec

    return headed(codec.HEAD.pack(codec.MAGIC, len(header)) + header + arrays)


def headed(data, number=None):
    """Bytes as they go over the link."""
    from autograder.worker import serve

    return serve.HEAD.pack(len(data), current() if number is None else number) + data


def current():
    """The number of the request that is being answered, out of the loop that serves it."""
    import sys

    caller = sys._getframe()
    while "request" not in caller.f_locals:
        caller = caller.f_back
    return caller.f_locals["number"]


def reply(value):
    """The form of an answer to a call."""
    return {"value": value, "changed": (), "failure": None, "operators": ()}
