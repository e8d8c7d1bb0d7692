"""The folder that students get, and the zip of it: notebooks, the autograder, the answer bank, and how to begin.

The folder may be a git repository, for nbgitpuller: a release replaces the files that a release wrote, and no others.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from autograder import course, paths
from autograder.bundle import answers, texts
from autograder.course import stored
from autograder.errors import UserError
from autograder.judge import pack

NAME = "unrolled"
BANK = paths.BANK.relative_to(paths.ROOT).as_posix()
LIST = f"{BANK}/files.txt"  # in the folder: which files a release wrote
CODE = (  # of the autograder, what students run; whole folders end in /
    "__init__.py", "__main__.py", "alarm.py", "doctor.py", "errors.py", "feedback.py", "notebook.py", "paths.py",
    "picture.py", "progress.py", "reading.py", "status.py", "timed.py", "commands/__init__.py", "commands/learner.py",
    "course/__init__.py", "course/chapter.py", "course/notebook.py", "course/sections.py", "course/stored.py",
    "checks/", "judge/", "worker/",
)  # fmt: skip
NOT_CODE = {"checks/conftest.py", "checks/plugin.py"}  # for pytest, in the whole course


class BundleError(UserError):
    """The bundle cannot be written where it should be; one line."""


def bundle(
    chapters: Sequence[str], target: Path, tell: Callable[[str], None] = lambda line: None, site: str = ""
) -> list[Path]:
    """Write ``target``/unrolled and ``target``/unrolled.zip, of the chapters named or of all; the two paths.

    ``site`` is the address of the website that learners are led to; "" for the usual one.
    BundleError where that cannot be, and then nothing is written; CourseError where a solution would be released.
    """
    target = paths.straight(target)
    folder = target / NAME
    before = _ours(target, folder)
    slugs = [slug for slug in course.chapters() if slug in chapters] or course.chapters()
    for slug in chapters:
        course.load(slug)  # CourseError for one that is not there
    tell("recording what the solutions answer; the first time, that takes minutes")
    made = contents(slugs, site)
    try:
        target.mkdir(parents=True, exist_ok=True)
        _write(folder / LIST, _list(before | made.keys()))  # whatever ends this: the next release knows them all
        for name in made.keys() - {LIST}:
            _write(folder / name, made[name])
        for name in before - made.keys():
            _remove(folder, name)
        _write(folder / LIST, made[LIST])
        archive = target / f"{NAME}.zip"
        _write(archive, pack.zipped({f"{NAME}/{name}": data for name, data in made.items()}))
    except OSError as error:
        raise BundleError(f"{error.filename or target}: {error.strerror}; name another folder") from None
    return [folder, archive]


def contents(slugs: Sequence[str], site: str = "") -> dict[str, bytes]:
    """All files of the folder, by their paths in it."""
    found = {
        "README.md": texts.readme(slugs).encode(),
        "requirements.txt": texts.requirements().encode(),
        "LICENSE": (paths.ROOT / "LICENSE").read_bytes(),
        ".gitignore": texts.GITIGNORE.encode(),
    }
    from autograder.course import generate  # nbgrader takes a second to import

    found |= {f"exercises/{slug}/{slug}.ipynb": generate.render(course.load(slug)).encode() for slug in slugs}
    found |= {path.relative_to(paths.ROOT).as_posix(): path.read_bytes() for path in code()}
    found |= {f"{BANK}/{name}": data for name, data in answers.files(slugs, site).items()}
    found[LIST] = _list({*found, LIST})
    return dict(sorted(found.items()))


def _list(names: set[str]) -> bytes:
    return "".join(f"{name}\n" for name in sorted(names)).encode()


def code() -> list[Path]:
    """The files of the autograder that travel."""
    found = []
    for name in CODE:
        path = paths.PACKAGE / name
        found += sorted(path.rglob("*.py")) if name.endswith("/") else [path]
    return [path for path in found if path.relative_to(paths.PACKAGE).as_posix() not in NOT_CODE]


def _ours(target: Path, folder: Path) -> set[str]:
    """The files that the last release wrote; BundleError where this is no place for one."""
    if target.resolve().is_relative_to(paths.ROOT.resolve()):
        raise BundleError(f"{target}: lies in the course's own folder, with the solutions; name a folder elsewhere")
    if target.exists() and not target.is_dir():
        raise BundleError(f"{target}: is a file; name a folder")
    archive = target / f"{NAME}.zip"
    if archive.exists() and not _is_release(archive):
        raise BundleError(f"{archive}: was not made by a release; move it away, or name another folder")
    if not folder.exists() and not folder.is_symlink():
        return set()
    if folder.is_symlink() or not folder.is_dir():
        raise BundleError(f"{folder}: is no folder of this course's; move it away, or name another folder")
    if not any(entry.name != ".git" for entry in folder.iterdir()):
        return set()  # a repository in which there is nothing yet
    if not (folder / BANK / stored.INDEX).is_file() or not (folder / LIST).is_file():
        raise BundleError(f"{folder}: was not made by a release; move it away, or name another folder")
    return set((folder / LIST).read_text(encoding="utf-8", errors="replace").splitlines())


def _is_release(archive: Path) -> bool:
    """Is this a zip that a release has written?"""
    try:
        with zipfile.ZipFile(archive) as file:
            return f"{NAME}/{LIST}" in file.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _write(path: Path, data: bytes) -> None:
    """Write in one step; an unchanged file keeps its date."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _remove(folder: Path, name: str) -> None:
    """Remove a file of the last release, and the folders that are empty without it."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or parts[0] == ".git":
        return
    path = folder / name
    path.unlink(missing_ok=True)
    for parent in list(path.parents)[: len(parts) - 1]:
        with contextlib.suppress(OSError):  # not empty, or gone already
            parent.rmdir()
