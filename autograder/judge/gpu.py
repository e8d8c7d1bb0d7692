"""What a box with a GPU shows its workers beyond what every box shows, and why: no more than CUDA asks for.

The locks that give way are in `autograder.worker.lockdown`; what the worker does with the device in `worker.gpu`.
"""

from __future__ import annotations

import os
from pathlib import Path

# The device nodes of NVIDIA's driver: the control node, unified memory, and each GPU. Not nvidia-modeset (displays)
# nor nvidia-uvm-tools (profiling of other processes).
CONTROL = ["/dev/nvidiactl", "/dev/nvidia-uvm"]
# What libcuda reads before it starts: the driver's parameters, the machine's memory blocks, cores and PCI devices.
READ = ["/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/proc/sys/vm/mmap_min_addr"]
READ += ["/sys/devices/system/memory/block_size_bytes", "/sys/devices/system/cpu", "/sys/devices/system/node"]
READ += ["/sys/bus/pci/devices", *(str(path) for path in sorted(Path("/sys/devices").glob("pci*")))]
LIBRARIES = ["/usr/local/nvidia", "/usr/local/cuda"]  # where containers find the driver, besides /usr/lib


def nodes() -> list[str]:
    """The device nodes that are here."""
    gpus = sorted(str(path) for path in Path("/dev").glob("nvidia[0-9]*"))
    return [path for path in [*CONTROL, *gpus] if os.path.exists(path)]


def libraries() -> list[str]:
    """Folders with libcuda that the system's own search does not cover."""
    named = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return [*LIBRARIES, *(folder for folder in named if folder and any(Path(folder).glob("libcuda.so*")))]


def environment() -> dict[str, str]:
    """Variables of this box alone: the first GPU is visible, and nothing is kept from one worker to the next."""
    made = {
        "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0],
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking whether there is a GPU must not start CUDA in the warm process
        "NVIDIA_TF32_OVERRIDE": "0",  # the libraries' own switch, which no flag of torch's turns on again
        "CUDA_CACHE_DISABLE": "1",  # workers write no files
    }
    folders = [folder for folder in libraries() if os.path.isdir(folder)]
    return made | ({"LD_LIBRARY_PATH": ":".join([*folders, *(f"{f}/lib64" for f in folders)])} if folders else {})


def bindings() -> list[str]:
    """bubblewrap's options: the nodes, and what is read."""
    made: list[str] = []
    for path in nodes():
        made += ["--dev-bind", path, path]
    for path in [*libraries(), *(path for path in READ if path.startswith("/sys/"))]:
        made += ["--ro-bind-try", path, path]
    return made
