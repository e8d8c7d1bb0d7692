"""CUDA in a worker: started after the locks are on and before the learner's code; never in the warm process."""

from __future__ import annotations

import sys
from typing import Any


def untouched() -> bool:
    """Has this process left CUDA alone? A child of one that has not could never use it."""
    torch: Any = sys.modules.get("torch")
    return torch is None or not torch.cuda.is_initialized()


def start() -> None:
    """Make the context and the handles that a first call would otherwise pay for.

    Where torch finds no GPU nothing is started: then each call says so itself.
    """
    import torch

    exact()
    if torch.cuda.is_available():
        one = torch.ones(1, 1, dtype=torch.float64, device="cuda")
        (one @ one).item()


def exact() -> None:
    """No TF32 and no sums in half precision, whatever was set before: called again before each call that is judged.

    Code that switches it on inside a call harms itself alone: what is expected is computed on the judge's CPU.
    """
    import torch

    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
