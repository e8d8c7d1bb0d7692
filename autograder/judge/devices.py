"""Where torch exercises are judged: on the CPU, and on a GPU too where there is one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from autograder import checks
from autograder.course import Exercise
from autograder.judge.verdict import ExerciseVerdict

CPU, GPU = "cpu", "cuda"
NO_GPU = "no GPU here"


def devices(exercise: Exercise) -> tuple[str, ...]:
    """The devices that an exercise is judged on, the CPU first."""
    return (CPU, GPU) if device_checks(exercise) and gpu() else (CPU,)


def device_checks(exercise: Exercise) -> int:
    """How many checks of an exercise depend on the device: none of a NumPy exercise's."""
    ours = [check for check in checks.load(exercise.chapter) if check.exercise == exercise.name]
    return sum("device" in check.arguments for check in ours)


def gpu() -> bool:
    """Is there a GPU that torch can use?"""
    if not importlib.util.find_spec("torch"):
        return False
    import torch

    return bool(torch.cuda.is_available())


def judged_everywhere(exercise: Exercise, judge: Callable[[str], ExerciseVerdict]) -> ExerciseVerdict:
    """The verdict on the CPU; where it is right there, and wrong on the GPU, the verdict there, which names it."""
    verdict = judge(CPU)
    for device in devices(exercise)[1:]:
        elsewhere = judge(device) if verdict.status == "passed" else verdict
        if elsewhere.status != verdict.status:
            return _named(elsewhere, device)
    return verdict


def note(count: int) -> str:
    """One line on what was tried where; "" when nothing depends on it."""
    if not count:
        return ""
    what = f"{count} check of torch exercises" if count == 1 else f"{count} checks of torch exercises"
    return f"GPU: {what} ran on it too" if gpu() else f"GPU: none here; {what} ran on the CPU only"


def _named(verdict: ExerciseVerdict, device: str) -> ExerciseVerdict:
    """Say in every message where it was found."""
    verdict.message = f"right on the CPU, but on {device}: {verdict.message}"
    for check in verdict.checks:
        check.message = f"on {device}: {check.message}" if check.message else ""
    return verdict
