"""What runs Python in a page: Pyodide's core as npm has it, and the one package of NumPy that its lock file names."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from autograder.errors import UserError

VENDOR = Path(__file__).with_name("vendor")
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"


def write(target: Path, package: Path) -> None:
    """Copy what a page loads from ``package``, the folder of npm's pyodide, and NumPy, into a folder.

    UserError where NumPy's file is not the one that the package's lock file names.
    """
    target.mkdir(parents=True, exist_ok=True)
    wheel = numpy_wheel(package)
    for path in (*(package / name for name in CORE), wheel, VENDOR / "LICENSE.numpy.txt", VENDOR / "NOTICE"):
        copy = target / path.name
        if not copy.is_file() or copy.stat().st_size != path.stat().st_size:
            shutil.copyfile(path, copy)


def numpy_wheel(package: Path) -> Path:
    """The file of NumPy; UserError where it is not, to the last bit, the one that the lock file names."""
    entry = lock(package)["packages"]["numpy"]
    path = VENDOR / str(entry["file_name"])
    if not path.is_file():
        raise UserError(f"{path}: is not there, and Pyodide's lock file names it; restore it from the repository")
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise UserError(f"{path}: is not the file that Pyodide's lock file names; restore it from the repository")
    return path


def lock(package: Path) -> dict[str, Any]:
    """The lock file of Pyodide: the version of its interpreter, and its packages with their checksums."""
    try:
        found: dict[str, Any] = json.loads((package / LOCK).read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise UserError(f"{package / LOCK}: {error}; remove the folder, and it is installed again") from None
