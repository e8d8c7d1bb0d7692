"""Where torch exercises are judged: on the CPU, on a GPU too where there is one, or there alone if one is asked for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

from autograder import checks
from autograder.course import Exercise
from autograder.errors import UserError
from autograder.judge.verdict import ExerciseVerdict

CPU, GPU = "cpu", "cuda"
NO_GPU = "no GPU here"


class DeviceError(UserError):
    """A GPU was asked for, and there is none; one line."""

    status = 3


def devices(exercise: Exercise, device: str = "") -> tuple[str, ...]:
    """The devices that an exercise is tried on, the CPU first, and nothing else where ``device`` says so."""
    return (CPU, GPU) if device != CPU and device_checks(exercise) and gpu() else (CPU,)


def place(exercise: Exercise, device: str) -> str:
    """Where a judge of ``device`` runs an exercise: NumPy exercises stay on the CPU."""
    return GPU if device == GPU and device_checks(exercise) else CPU


def require(device: str) -> None:
    """DeviceError where ``device`` is a GPU and there is none that torch can use."""
    if device == GPU and not gpu():
        raise DeviceError(f"no GPU here: {why_no_gpu()}; without --device {GPU} everything runs on the CPU")


def why_no_gpu() -> str:
    """The reason, as far as it can be told."""
    if not importlib.util.find_spec("torch"):
        return "torch is not installed"
    import torch

    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA"
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides every GPU"
    if not os.path.exists("/dev/nvidiactl"):
        return "the driver's /dev/nvidiactl is missing"
    return "torch finds none"


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


def judged_everywhere(exercise: Exercise, judge: Callable[[str], ExerciseVerdict], only: str = "") -> ExerciseVerdict:
    """The verdict on the CPU; where it is right there, and wrong on the GPU, the verdict there, which names it."""
    verdict = judge(CPU)
    for device in devices(exercise, only)[1:]:
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
