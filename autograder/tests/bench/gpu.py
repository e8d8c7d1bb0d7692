"""What a GPU costs and gives: ``python -m autograder.tests.bench.gpu [--out FILE.md] [--dry-run]``.

Runs unattended on a machine with a GPU and writes a Markdown table with date and device.
A dry run does the same with the CPU in the GPU's box, to try the script itself: its figures say nothing of a GPU.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder import course, paths
from autograder.errors import UserError
from autograder.judge import devices, selftest
from autograder.judge.box import LAYERS, Box, BoxError
from autograder.judge.remote import Worker
from autograder.judge.session import Judge
from autograder.tests.fake_gpu import HOLES, pretended

ROUNDS = 5
STARTS = 10
TYPES = ("float64", "float32")
Row = tuple[str, str]
# The product and the step of a cell in our sizes; TF32 is asked for, as a learner might.
DIFFERENCES = """
import torch
def difference(device, dtype):
    torch.backends.cuda.matmul.allow_tf32 = True
    make = torch.Generator().manual_seed(0)
    x, W = (torch.randn(n, 32, generator=make, dtype=getattr(torch, dtype)) for n in (64, 32))
    right, there = torch.tanh(x @ W), torch.tanh(x.to(device) @ W.to(device))
    return float((right - there.cpu()).abs().max())
def occupied(device):
    if device == "cpu":
        return 0
    free, total = torch.cuda.mem_get_info()
    return total - free
"""


def main() -> None:
    """Measure everything; status 3 where there is no GPU, 1 where the box of a GPU does not work."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=paths.BUILD / "gpu.md", help="where the table goes")
    parser.add_argument("--dry-run", action="store_true", help="the CPU in the GPU's box")
    parser.add_argument("--chapter", action="append", help="measure submissions of this chapter (all with torch)")
    options = parser.parse_args()
    device = devices.CPU if options.dry_run else devices.GPU
    try:
        devices.require(device)
    except UserError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(3)
    rows, problem = measure(device, options.chapter or with_torch())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text(rows), encoding="utf-8")
    print(text(rows))
    sys.exit(1 if problem else 0)


def measure(device: str, chapters: Sequence[str]) -> tuple[list[Row], bool]:
    """All rows, as far as they can be had; and whether something did not work."""
    rows = [*machine(device)]
    try:
        with opened(device) as box:
            rows += starts(box, device)
        for chapter in chapters:
            rows += submissions(chapter, device)
    except UserError as error:
        return [*rows, ("the box of a GPU does not work", str(error)), *culprits(device)], True
    proof = proved(device)
    return [*rows, *proof], "exit 0" not in proof[0][1]


def machine(device: str) -> Iterator[Row]:
    """Which day, which device, which torch."""
    import torch

    yield "date", time.strftime("%Y-%m-%d")
    yield "device", torch.cuda.get_device_name(0) if device == devices.GPU else "none: a dry run on the CPU"
    yield "torch, CUDA", f"{torch.__version__}, {torch.version.cuda or 'none'}"
    for driver in Path("/proc/driver/nvidia").glob("version"):
        yield "driver", driver.read_text().splitlines()[0]


@contextlib.contextmanager
def opened(device: str) -> Iterator[Box]:
    """The box of a GPU at the best level that holds, tested on ``device``."""
    with pretended() if device == devices.CPU else contextlib.nullcontext():
        box, reasons = selftest.open_box(device=devices.GPU)
    if box is None:
        raise BoxError("; ".join(reasons))
    try:
        yield box
    finally:
        box.close()


def starts(box: Box, device: str) -> Iterator[Row]:
    """A child's start, in each box; device memory of a child; rounding beside the CPU, TF32 asked for."""
    yield "isolation of the GPU's box", f"{box.isolation}: {len(selftest.probe_names()) - 1} escapes tried, none worked"
    plain = Box(box.isolation).wait()
    try:
        yield "start of a child, to its first answer (CPU's box)", milliseconds(seconds_to_answer(plain))
    finally:
        plain.close()
    yield "start of a child, to its first answer (GPU's box, CUDA started)", milliseconds(seconds_to_answer(box))
    worker = ready(box)
    try:
        occupied = worker.ask("call", ["occupied", (device,), {}, False], 30)["value"]
        yield "device memory in use while a child is there", f"{occupied / 2**20:.0f} MiB"
        for dtype in TYPES:
            found = worker.ask("call", ["difference", (device, dtype), {}, False], 30)["value"]
            yield f"largest difference from the CPU, {dtype}, TF32 asked for", f"{found:.1e}"
    finally:
        worker.close()


def ready(box: Box) -> Worker:
    """A worker that has run the cell above."""
    worker = Worker(box)
    worker.ask("prepare", ["", [DIFFERENCES], {}], 60)
    worker.ask("run", [0], 60)
    return worker


def seconds_to_answer(box: Box) -> list[float]:
    """From the fork to the first answer of a child, several times."""
    times = []
    for _ in range(STARTS):
        start = time.perf_counter()
        worker = ready(box)
        times.append(time.perf_counter() - start)
        worker.close()
    return times


def submissions(chapter: str, device: str) -> Iterator[Row]:
    """Seconds of a solved submission, on the CPU alone and with its torch exercises on the GPU."""
    for where in (devices.CPU, devices.GPU):
        pretence = pretended() if device == devices.CPU else contextlib.nullcontext()
        with pretence, Judge(device=where, seed=1) as judge:
            verdicts = [judge.verdict(paths.SOLUTIONS / f"{chapter}.py", chapter) for _ in range(ROUNDS + 1)]
        wrong = [e.name for v in verdicts for e in v.exercises if e.status != "passed"]
        found = f"NOT PASSED: {', '.join(sorted(set(wrong)))}" if wrong else seconds([v.seconds for v in verdicts[1:]])
        yield f"a solved submission of {chapter} on {where}", found


def proved(device: str) -> list[Row]:
    """The whole proof on the CPU and the GPU: how it ended, and how long it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "autograder", "prove", "--device", device, "--seed", "1", "--jobs", "0"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    lasted = time.perf_counter() - start
    problems = [line for line in (done.stdout + done.stderr).splitlines() if " (seed " in line or "autograder:" in line]
    return [(f"prove --device {device}", f"exit {done.returncode} in {lasted:.0f} s"), *(("", one) for one in problems)]


def culprits(device: str) -> Iterator[Row]:
    """With which lock left out CUDA works: that is the one that refuses what CUDA needs."""
    for left_out in LAYERS["inner"]:
        layers = [layer for layer in LAYERS["inner"] if layer != left_out]
        box = Box("inner", devices.GPU, layers)
        try:
            HOLES(box, device)
            found = "works"
        except UserError as error:
            found = str(error)
        finally:
            box.close()
        yield f"without {left_out}, level inner", found


def with_torch() -> list[str]:
    """The chapters with exercises that can run on a GPU."""
    return [slug for slug in course.chapters() if any(map(devices.device_checks, course.load(slug).exercises))]


def text(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [f"| {what} | {found.replace('|', '/')} |" for what, found in rows]
    return "\n".join(["| what | measured |", "|---|---|", *lines, ""])


def milliseconds(times: Sequence[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(times) * 1e3:.0f} ms ({min(times) * 1e3:.0f} to {max(times) * 1e3:.0f}, n={len(times)})"


def seconds(times: Sequence[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}, n={len(times)})"


if __name__ == "__main__":
    main()
