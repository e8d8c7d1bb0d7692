"""What the website serves for its pages: Pyodide and NumPy unchanged, the grader without a solution in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from autograder import course
from autograder.bundle import answers
from autograder.errors import UserError
from autograder.page import bundle, files, runtime
from autograder.tests import page_python
from autograder.tests.leaks import secret_lines

FORBIDDEN = ("torch", "solutions", "nbformat", "subprocess", "socket", "multiprocessing")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_python.page_files(tmp_path_factory.mktemp("site"))


def test_numpy_is_the_file_that_pyodide_names(site: Path) -> None:
    """The vendored wheel has, to the last bit, the checksum in the lock file that npm's package brings along."""
    package = bundle.FOLDER / "node_modules" / "pyodide"
    entry = runtime.lock(package)["packages"]["numpy"]
    served = site / "runtime" / entry["file_name"]
    assert hashlib.sha256(served.read_bytes()).hexdigest() == entry["sha256"]
    assert entry["sha256"] in (runtime.VENDOR / "NOTICE").read_text()
    assert (site / "runtime" / "LICENSE.numpy.txt").read_text().startswith("Copyright (c) 2005-2024, NumPy Developers.")


def test_another_numpy_is_refused(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that somebody has changed, or lost, never reaches the website: one line says which."""
    package = bundle.FOLDER / "node_modules" / "pyodide"
    monkeypatch.setattr(runtime, "VENDOR", tmp_path)
    with pytest.raises(UserError, match=r"numpy-2\.0\.2.*whl: is not there"):
        runtime.write(tmp_path / "site", package)
    name = runtime.lock(package)["packages"]["numpy"]["file_name"]
    changed = bytearray((site / "runtime" / name).read_bytes())
    changed[1000] ^= 1
    (tmp_path / name).write_bytes(changed)
    with pytest.raises(UserError, match="is not the file that Pyodide's lock file names"):
        runtime.write(tmp_path / "site", package)


def test_the_core_is_what_npm_has(site: Path) -> None:
    """Files of the interpreter are copied as they are, in the version that the notice and the wheel belong to."""
    package = bundle.FOLDER / "node_modules" / "pyodide"
    assert json.loads((package / "package.json").read_text())["version"] == runtime.lock(package)["info"]["version"]
    for name in runtime.CORE:
        assert (site / "runtime" / name).read_bytes() == (package / name).read_bytes()


def test_the_lock_file_names_the_wheel_with_its_checksum(site: Path) -> None:
    """Pyodide compares what it loads with the lock file: NumPy and the grader are in it, and nothing else."""
    packages = json.loads((site / "live" / "lock.json").read_text())["packages"]
    assert set(packages) == {"numpy", "unrolled"}
    wheel = site / "live" / packages["unrolled"]["file_name"]
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == packages["unrolled"]["sha256"]
    with zipfile.ZipFile(wheel) as file:
        assert file.testzip() is None
        recorded = file.read("unrolled-1.dist-info/RECORD").decode().splitlines()
        assert [line.split(",")[0] for line in recorded] == file.namelist()


def test_the_wheel_is_the_same_every_time(site: Path) -> None:
    """The same course makes the same bytes: a build that changes nothing loads nothing anew in a browser."""
    assert files.wheel() == (site / "live" / files.WHEEL).read_bytes()


def test_no_solution_travels(site: Path) -> None:
    """Neither the wheel nor a notebook holds a line of a solution or a mutant, nor code that needs a system."""
    secrets = secret_lines(*course.chapters())
    assert len(secrets) > 300
    with zipfile.ZipFile(io.BytesIO(files.wheel())) as file:
        sources = {name: file.read(name).decode() for name in file.namelist() if name.startswith("autograder/")}
    notebooks = {path.name: path.read_text(encoding="utf-8") for path in (site / "live" / "notebooks").iterdir()}
    for name, text in {**sources, **notebooks}.items():
        lines = {line.strip() for line in text.splitlines()}
        assert [line for line in lines if line in secrets] == [], name
    for name, text in sources.items():
        for module in FORBIDDEN if name.endswith(".py") and not name.startswith("autograder/worker/") else ():
            assert not any(line.startswith((f"import {module}", f"from {module}")) for line in text.splitlines()), name


def test_every_numpy_exercise_has_its_recordings(site: Path) -> None:
    """One file for each exercise that a page can judge and each seed, and none for the others."""
    numpy = [each.name for slug in course.chapters() for each in course.load(slug).exercises if each.library == "numpy"]
    wanted = {f"{name}.{seed}.zip" for name in numpy for seed in answers.SEEDS}
    assert {path.name for path in (site / "live" / "bank").iterdir()} == wanted
    assert json.loads((site / "live" / "index.json").read_text())["seeds"] == list(answers.SEEDS)
