"""What a page loads besides Python itself: the grader as a wheel, a lock file, the answer bank, and the notebooks.

The wheel holds what a bundle for students holds of the grader, as far as a page can use it, and no solution.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
from filelock import FileLock

from autograder import course, paths
from autograder.bundle import answers, folder, record
from autograder.judge import bank, pack
from autograder.judge.session import checks_sha256
from autograder.page import runtime

NAME, VERSION = "unrolled", "1"
WHEEL = f"{NAME}-{VERSION}-py3-none-any.whl"
INFO = f"{NAME}-{VERSION}.dist-info"
PAGE = ("__init__.py", "desk.py", "guest.py", "inside.py")
SYSTEM = (  # parts of the grader that need processes, terminals or torch
    "__main__.py", "doctor.py", "status.py", "progress.py", "course/notebook.py",
    *(f"judge/{name}.py" for name in ("box", "cores", "gpu", "parts", "probes", "remote", "selftest", "session")),
    "judge/sitting.py", "judge/stage.py", "worker/gpu.py", "worker/lockdown.py", "worker/serve.py", "worker/stub.py",
    "worker/warm.py",
)  # fmt: skip
MADE = paths.BUILD / "page"


def write(target: Path, package: Path) -> None:
    """Write all of it into an empty folder; ``package`` is the folder of npm's pyodide.

    It is made anew only when something of it has changed: the recordings alone take a minute.
    """
    kept = MADE / f"files-{_made_from(package)}"
    MADE.mkdir(parents=True, exist_ok=True)
    with FileLock(MADE / "files.lock"):  # of builds side by side one makes them
        if not kept.is_dir():
            for older in MADE.glob("*files-*"):
                shutil.rmtree(older)
            _make(MADE / "new-files-", contents(package)).rename(kept)
        shutil.copytree(kept, target, dirs_exist_ok=True)


def _make(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def contents(package: Path) -> dict[str, bytes]:
    """All files by their paths."""
    made = wheel()
    found = {WHEEL: made, "lock.json": _json(_lock(package, made))}
    for chapter in map(course.load, course.chapters()):
        notebook = paths.EXERCISES / chapter.slug / f"{chapter.slug}.ipynb"
        found[f"notebooks/{notebook.name}"] = notebook.read_bytes()
        for exercise in chapter.exercises:
            if exercise.library == "numpy":
                for seed in answers.SEEDS:
                    found[f"bank/{bank.file(exercise.name, seed).name}"] = answers.recording(exercise, seed)
    found["index.json"] = _json({"wheel": WHEEL, "seeds": list(answers.SEEDS)})
    return found


def wheel() -> bytes:
    """The grader and msgpack, both in pure Python, and the chapters' texts, as a wheel: the same bytes every time."""
    found = {f"autograder/{name}": (paths.PACKAGE / name).read_bytes() for name in _code()}
    found |= {f"autograder/page/{name}": (paths.PACKAGE / "page" / name).read_bytes() for name in PAGE}
    texts = answers.texts(course.chapters())
    found |= {f"autograder/{paths.BANK.name}/{name}": data for name, data in texts.items()}
    library = Path(msgpack.__file__).parent
    found |= {f"msgpack/{path.name}": path.read_bytes() for path in sorted(library.glob("*.py"))}
    found[f"{INFO}/METADATA"] = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n".encode()
    found[f"{INFO}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: autograder.page\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    found[f"{INFO}/licenses/LICENSE"] = (paths.ROOT / "LICENSE").read_bytes()
    found |= {f"{INFO}/licenses/{name}": text for name, text in _msgpack_licences()}
    found[f"{INFO}/RECORD"] = "".join(f"{line}\n" for line in _record(found)).encode()
    return pack.zipped(found)


def _code() -> list[str]:
    """The files of the grader that a page can use, by their names in the package."""
    names = (path.relative_to(paths.PACKAGE).as_posix() for path in folder.code())
    return [name for name in names if name not in SYSTEM and not name.startswith("commands/")]


def _msgpack_licences() -> Iterator[tuple[str, bytes]]:
    for file in importlib.metadata.files("msgpack") or []:
        if "licenses" in file.parts:
            yield f"msgpack-{file.name}", Path(str(file.locate())).read_bytes()


def _record(files: dict[str, bytes]) -> Iterator[str]:
    """The wheel's list of its own files: https://packaging.python.org/en/latest/specifications/binary-distribution-format/"""
    for name, data in files.items():
        digest = urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        yield f"{name},sha256={digest},{len(data)}"
    yield f"{INFO}/RECORD,,"


def _lock(package: Path, made: bytes) -> dict[str, Any]:
    """Pyodide's lock file with two packages: NumPy as it is there, and the grader; each with its checksum."""
    known = runtime.lock(package)
    ours = {
        "name": NAME, "version": VERSION, "file_name": WHEEL, "install_dir": "site", "package_type": "package",
        "sha256": hashlib.sha256(made).hexdigest(), "imports": ["autograder", "msgpack"], "depends": ["numpy"],
        "unvendored_tests": False,
    }  # fmt: skip
    return {"info": known["info"], "packages": {"numpy": known["packages"]["numpy"], NAME: ours}}


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode()


def _made_from(package: Path) -> str:
    """The fingerprint of all that the files are made from."""
    found = hashlib.sha256(runtime.numpy_wheel(package).name.encode())
    for slug in course.chapters():
        found.update(checks_sha256(slug).encode())
        found.update((paths.EXERCISES / slug / f"{slug}.ipynb").read_bytes())
    ours = [*folder.code(), *sorted(Path(__file__).parent.glob("*.py")), Path(record.__file__), Path(answers.__file__)]
    for path in [*ours, paths.ROOT / "_config.yml", *sorted((paths.ROOT / "book").glob("*.md"))]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
