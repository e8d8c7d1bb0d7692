"""A GPU that is not there: the box of a GPU with all its locks, and the CPU doing the work in it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from autograder.judge import devices, selftest, session

HOLES, JUDGE = selftest.holes, session.judge_exercise


@contextmanager
def pretended() -> Iterator[list[tuple[str, str, bool]]]:
    """A judge may be opened on cuda; the list holds, of each exercise judged: its name, its box's device, its turn."""
    seen: list[tuple[str, str, bool]] = []

    @functools.wraps(JUDGE)
    def judge_exercise(exercise, sitting, reference, seed, device, *rest, **named):
        assert device == sitting.box.device
        seen.append((exercise.name, device, sitting.box.turn.locked()))
        return JUDGE(exercise, sitting, reference, seed, devices.CPU, *rest, **named)

    with (
        mock.patch.object(devices, "require", lambda device: None),
        mock.patch.object(selftest, "holes", lambda box: HOLES(box, devices.CPU)),
        mock.patch.object(session, "judge_exercise", judge_exercise),
    ):
        yield seen
