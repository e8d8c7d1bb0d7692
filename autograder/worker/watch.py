"""What a call uses of the libraries that do an exercise's work: seen while it runs, however it is spelled.

Two things look on: torch's own record of the operators that run in this thread, and Python's profile hook, which sees
other libraries, other threads that start meanwhile, and the names of classes.
A policy, not a boundary: code that takes the hooks off, or works in a thread or a process of its own that was there
before, is not seen. Nobody writes that by mistake.
"""

from __future__ import annotations

import contextlib
import gc
import re
import sys
import threading
from collections.abc import Iterator
from functools import cache
from types import CodeType, FrameType
from typing import Any

LIBRARIES = frozenset(("torch", "jax", "autograd", "tensorflow", "tinygrad"))  # they differentiate by themselves
LAYERS = "torch.nn.modules.rnn"  # where the ready-made recurrent layers are
# What is entered without being called by its name: by an import, by looking for an attribute in all modules (as
# `inspect.getmodule` does), or in place of another function (once torch is imported, `inspect.getfile` is torch's).
INNER = re.compile(r"<module>|_(?!_)\w*\Z|(?:.*\.)?__(?!array|call|init|new)\w+__\Z")
LENGTH, MOST = 100, 400  # characters of a name, and names of one call: what the judge reads of a worker


@contextlib.contextmanager
def watched() -> Iterator[set[str]]:
    """A set that holds, once the block has ended, what ran in it.

    Operators are there as "aten::tanh", functions of the libraries that were called from outside of them as
    "torch.autograd.grad", and each recurrent layer as "torch.nn.LSTMCell".
    """
    used: set[str] = set()
    homes: dict[int, tuple[str, CodeType]] = {}  # by id: hashing a code object takes longer than calling it

    def home(frame: FrameType) -> str:
        """The library that a frame's code belongs to; "" for none."""
        library = _library(str(frame.f_globals.get("__name__")))
        homes[id(frame.f_code)] = library, frame.f_code
        return library

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":  # tens of thousands come from inside of torch: these must be quick
            known = homes.get(id(frame.f_code))
            if library := known[0] if known else home(frame):
                caller = frame.f_back
                known = homes.get(id(caller.f_code)) if caller else None
                _entered(frame, caller is None or (known[0] if known else home(caller)) != library, used)
        elif event == "c_call":
            module = getattr(argument, "__module__", None)
            if type(module) is str and (library := _library(module)) and home(frame) != library:
                _note(module, str(getattr(argument, "__name__", "?")), used)

    before, before_in_threads, collecting = sys.getprofile(), threading.getprofile(), gc.isenabled()
    gc.disable()  # what is collected meanwhile may be torch's, left by somebody else
    threading.setprofile(look)
    try:
        with _operators(used):
            sys.setprofile(look)
            try:
                yield used
            finally:
                sys.setprofile(before)
    finally:
        threading.setprofile(before_in_threads)  # type: ignore[arg-type]
        if collecting:
            gc.enable()


def names(used: set[str]) -> tuple[str, ...]:
    """The names as they are sent: in order, each and all of them of a limited length."""
    return tuple(sorted(name[:LENGTH] for name in used)[:MOST])


def _entered(frame: FrameType, from_outside: bool, used: set[str]) -> None:
    """A library's function written in Python begins; it counts where it was called from outside of the library."""
    module = frame.f_globals.get("__name__")
    if module == LAYERS:
        used.add(f"torch.nn.{_layer(frame) or frame.f_code.co_qualname.partition('.')[0]}")
    elif from_outside and not INNER.match(frame.f_code.co_qualname):
        _note(str(module), frame.f_code.co_qualname, used)


def _note(module: str, name: str, used: set[str]) -> None:
    if len(used) <= MOST // 2:
        used.add(f"{module}.{name.partition('.<locals>')[0]}")


@cache
def _library(module: str) -> str:
    """Which of the libraries a module is part of; "" for none."""
    library = module.partition(".")[0]
    return library if library in LIBRARIES else ""


def _layer(frame: FrameType) -> str:
    """The name of PyTorch's own class that a method of a recurrent layer runs for: of a derived class, its base."""
    for cls in type(frame.f_locals.get("self")).__mro__:
        if cls.__module__ == LAYERS:
            return cls.__name__
    return ""


@contextlib.contextmanager
def _operators(used: set[str]) -> Iterator[None]:
    """Add the torch operators that run in this thread; none where torch is not loaded.

    By torch's older profiler: the newer one starts a thread, and prints two lines that a notebook shows.
    A TorchFunctionMode, which stands in where a torch has no such profiler, sees neither what TorchScript runs nor
    what `torch._C.DisableTorchFunction` hides.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    try:
        torch.autograd._enable_profiler_legacy(_settings())
    except (AttributeError, ImportError, TypeError, RuntimeError):
        with _mode(torch, used):
            yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # it has been stopped meanwhile
            for events in torch.autograd._disable_profiler_legacy():
                used.update(_outermost(events))


def _outermost(events: Any) -> Iterator[str]:
    """The operators that run in no other operator: those that were asked for."""
    stack: list[bool] = []  # is it an operator, of each of what is running
    for event in events:
        if event.kind() == "push":
            operator = event.name().startswith("aten::")
            if operator and not any(stack):
                yield event.name()
            stack.append(operator)
        elif event.kind() == "pop" and stack:
            stack.pop()


def _settings() -> Any:
    """Names alone: no shapes, no memory, no stacks, no modules."""
    from torch._C._profiler import ProfilerConfig, ProfilerState, _ExperimentalConfig

    return ProfilerConfig(ProfilerState.CPU, False, False, False, False, False, _ExperimentalConfig())


def _mode(torch: Any, used: set[str]) -> Any:
    class Record(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            used.add(f"aten::{getattr(operator, '__name__', '?')}")
            return operator(*args, **(kwargs or {}))

    return Record()
