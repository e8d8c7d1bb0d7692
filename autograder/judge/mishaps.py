"""What an exception in a learner's code means, and what to do about it, in one sentence."""

from __future__ import annotations

import re

from autograder.worker.calls import Failure

FIT = r"core dimension|could not be broadcast|shapes? .*(?:not aligned|cannot be multiplied)|size of tensor|must match"
HINTS = [  # type, what its text holds, what to do
    ("RecursionError", "", "the function calls itself without end: a loop, or a case that returns, is missing"),
    ("EOFError", "", "nobody answers an input() here: take all values from the arguments"),
    ("SystemExit", "", "exit() ends the whole program: `return` the result instead"),
    ("UnboundLocalError", "", "give it a value before the branch or the loop that may not run"),
    ("NameError", "", "is it spelt as where it is made, and has that cell been run?"),
    ("AttributeError", "before Module.__init__", "call super().__init__() first, above this line"),
    ("NotImplementedError", 'required "forward"', "define `forward` inside the class, indented under its first line"),
    ("AttributeError", "'NoneType' object has no", "what stands before the dot is None here: where does it come from?"),
    ("AttributeError", "'(?:tuple|list)' object has no", "several values stand before the dot: take each by itself"),
    ("AttributeError", "has no attribute", "is the name behind the dot spelt right?"),
    ("IndexError", "out of (?:bounds|range)", "indices count from 0: the last one is the length less 1"),
    ("TypeError", "NoneType", "a value is None: does a function of yours lack its `return`?"),
    ("MemoryError", "", "far more numbers than are asked for: look at the shapes"),
    ("ValueError", FIT, "the shapes do not fit: print them right above this line, as in print(x.shape)"),
    ("RuntimeError", FIT, "the shapes do not fit: print them right above this line, as in print(x.shape)"),
]
ARRAYS = "arrays, numbers and tuples or lists of them are expected"
UNUSABLE = [  # what came back, what to do
    (r"^a generator\b", "`yield` makes one: collect the values in a list, and return np.stack of it"),
    (r"^a (?:\w*function\w*|\w*method\w*|numpy.ufunc|functools)\b", "call it, with brackets, and return what it gives"),
    (r"^a coroutine\b", "write `def` in place of `async def`"),
    (r"^a torch.Tensor\b", "a NumPy array is expected: compute with NumPy from the start"),
    (r"^an array of complex|^a complex\b", "the right result is real: where does a complex number come in?"),
    (
        r"^an array of object\b",
        "its parts have different shapes, or are no numbers; floats are expected",
    ),
    (r"^an array of <U", "text stands where numbers are expected"),
    (r"^an array of float(?:96|128)\b|^a numpy.longdouble\b", "float64 has enough digits"),
    (r"^a (?:map|zip|filter|range|enumerate|reversed|dict_\w+|\w*_iterator)\b", "put it into np.array(list(...))"),
    (r"^a masked array\b", "fill its gaps, or use np.where in place of the mask"),
    (r"^(?:too large|of too many parts|nested)\b", "no right result is as large: look at its shape"),
    (r"^a \w*(?:Error|Exception)\b", "to raise an exception, write `raise` in place of `return`"),
    (r"^a type\b", "a class came back: return the values that its object computes"),
]
BOUNDS = ("too large", "of too many", "nested")  # the codec's limits
BAD_CALL = re.compile(r"^(?:[\w.<>]*\.)?(?:\w+|<lambda>)\(\) (?:takes|missing|got) .*argument")


def sentence(failure: Failure) -> str:
    """What happened, in which line of the learner's, and what to do about it."""
    where = f' in your line {failure.line}: "{failure.source}"' if failure.source else ""
    if failure.type == "NotImplementedError" and not failure.message:  # the starter's own; torch raises it with a text
        return "this is not written yet"
    if failure.type == "Refused":  # a driver's own sentence
        return failure.message
    if failure.type == "NotPlain":
        hints = (hint for pattern, hint in UNUSABLE if re.search(pattern, failure.message))
        holds = "is" if failure.message.startswith(BOUNDS) else "is, or holds,"
        return f"what came back {holds} {failure.message}; {next(hints, ARRAYS)}"
    if failure.type == "Missing":
        return f"{failure.message} is not defined"
    hint = _hint(failure)
    return f"{failure.type}{where}" + f" ({failure.message})" * bool(failure.message) + f"; {hint}" * bool(hint)


def is_bad_call(failure: Failure) -> bool:
    """Could the learner's function, or class, not even be called with the arguments of the exercise?"""
    return failure.type == "TypeError" and not failure.source and bool(BAD_CALL.match(failure.message))


def _hint(failure: Failure) -> str:
    """What to do about an exception; "" where its text says enough."""
    if "Did you mean" in failure.message:
        return ""
    known = (hint for kind, text, hint in HINTS if kind == failure.type and re.search(text, failure.message))
    return next(known, "")
