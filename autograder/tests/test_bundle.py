"""What students get: it is complete, works without solutions and without torch, and gives no answer away."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock
import pytest
from typer.testing import CliRunner

from autograder import course, paths
from autograder.__main__ import app
from autograder.bundle import answers, folder, texts
from autograder.bundle.folder import BundleError, bundle
from autograder.judge import implementations, pack
from autograder.tests.leaks import secret_lines

CHAPTERS = ["ch00_start", "ch02_recurrence"]
CHAPTER = "ch02_recurrence"
RIGHT = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x.dot(Wx) + np.dot(h_prev, Wh) + b)\n"
WRONG = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return np.tanh(x @ Wx + h_prev @ Wh.T + b)\n"
GITPULLER = "nbgitpuller==1.3.0"
IDENTITY = {f"GIT_{who}_{what}": "ann@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def once(make: Callable[[Path], None], name: str, factory: pytest.TempPathFactory) -> Path:
    """A folder that is made once in a run of the tests, however many processes share it."""
    shared = factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    with filelock.FileLock(shared / f"{name}.lock"):
        if not (shared / name / "made").exists():
            make(shared / name)
            (shared / name / "made").touch()
    return shared / name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle of two chapters."""
    return once(lambda target: bundle(CHAPTERS, target) and None, "bundle", tmp_path_factory)


@pytest.fixture(scope="module")
def python(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with what the bundle asks for, but for PyTorch, and with nbgitpuller."""

    def make(target: Path) -> None:
        text = (made / "unrolled" / "requirements.txt").read_text()
        needed = "\n".join(line for line in text.splitlines() if not line.startswith("torch"))
        run(sys.executable, "-m", "venv", target)
        (target / "requirements.txt").write_text(f"{needed}\n{GITPULLER}\n")
        run(target / "bin" / "pip", "install", "--quiet", "-r", target / "requirements.txt")

    return once(make, "students_venv", tmp_path_factory) / "bin" / "python"


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A student's own copy of the bundle, unpacked from the zip."""
    with zipfile.ZipFile(made / "unrolled.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "unrolled"


def run(*command: object, cwd: Path | None = None, status: int = 0) -> str:
    """What a program prints; it ends with this status, and knows nothing of this project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment | IDENTITY, text=True, timeout=900,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert done.returncode == status, done.stdout
    return done.stdout


def written(home: Path, answer: str) -> Path:
    """The chapter's notebook with an answer in place of the starter of rnn_step."""
    path = home / "exercises" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = json.loads(path.read_text())
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "rnn_step")
    cell["source"] = answer
    path.write_text(json.dumps(notebook))
    return path


def shown(path: Path) -> str:
    """All that the cell below the answer shows, as text."""
    cells = json.loads(path.read_text())["cells"]
    outputs = next(cell for cell in cells if cell["id"] == "check_rnn_step")["outputs"]
    texts = [part for output in outputs for part in (output.get("text"), output.get("data", {}).get("text/plain"))]
    errors = [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"]
    return "\n".join(["".join(part) for part in texts if part] + errors)


@pytest.mark.parametrize(("answer", "says"), [(RIGHT, "✓ rnn_step: passed, 4 of 4 points"), (WRONG, "code that")])
def test_a_notebook_in_a_fresh_environment(home: Path, python: Path, answer: str, says: str) -> None:
    """Run from top to bottom where there is no torch and no solution, the check passes, or names the mistake."""
    run(python, "-c", "import importlib.util as u; assert not u.find_spec('torch') and not u.find_spec('nbgrader')")
    path = written(home, answer)
    run(python.with_name("jupyter"), "execute", "--inplace", "--allow-errors", path)
    assert says in shown(path)
    if answer == WRONG:
        known = {(each.of, each.id): each for each in implementations.mutants(CHAPTER)}
        mutant = known["rnn_step", "wh_transposed"]
        assert f"Your results are those of code that {mutant.believes}." in shown(path)
        assert "CheckFailed: rnn_step: " in shown(path)


def test_the_commands_in_a_fresh_environment(home: Path, python: Path) -> None:
    """`check` judges a file in its box, `status` tells how far one has come, `doctor` finds all that is needed."""
    written(home, RIGHT)
    autograder = python, "-m", "autograder"
    (home / "answers.py").write_text(f"import numpy as np\n{WRONG}\nclass RNNCell(torch.nn.Module):\n    pass\n")
    report = run(*autograder, "check", "answers.py", cwd=home, status=1)
    assert re.search(r"ch02_recurrence: [\d.]+ of 49 points \(isolation: (boxed|inner|none)\)", report)
    assert "✗ rnn_step: not right yet" in report and "Your results are those of code that" in report
    assert "RNNCell is not defined, because its code did not run" in report and "Traceback" not in report
    verdict = json.loads(run(*autograder, "check", "--json", "answers.py", cwd=home, status=1).splitlines()[-1])
    assert verdict["seed"] in answers.SEEDS and len(verdict["checks_sha256"]) == 64
    progress = run(*autograder, "status", cwd=home)
    assert "1 of 11 exercises passed" in progress and "✓ passed: rnn_step" in progress
    looked = run(*autograder, "doctor", cwd=home)
    assert "jupyterlab" in looked and "nbgrader" not in looked
    for absent in ("grade", "release", "prove"):
        assert f"No such command '{absent}'" in run(*autograder, absent, cwd=home, status=2)


def test_a_bundle_that_is_damaged(home: Path) -> None:
    """A file that is cut off, empty of sense or gone is named in one line, and no verdict is made without it."""
    (home / "answers.py").write_text("import numpy as np\ndef relative_error(a, b):\n    return 0.0\n")
    autograder = sys.executable, "-m", "autograder"
    bank = home / "autograder" / "bank"
    for seed in answers.SEEDS:
        path = bank / f"relative_error.{seed}.zip"
        path.write_bytes(path.read_bytes()[:200])
    for damage, command in (
        (lambda: None, ("check", "answers.py")),
        (lambda: None, ("doctor",)),
        (lambda: (bank / "ch00_start.json").write_text("{}"), ("status",)),
        (lambda: (bank / "index.json").write_text("[]"), ("status",)),
        (lambda: (bank / "index.json").unlink(), ("status",)),
        (lambda: shutil.rmtree(bank), ("status",)),
    ):
        damage()
        said = run(*autograder, *command, cwd=home, status=2 if command[0] == "status" else 3).strip()
        if command[0] == "doctor":
            assert "recorded answers: " in said and "get the course again" in said
            continue
        lines = [line for line in said.splitlines() if "warning" not in line]
        assert len(lines) == 1 and lines[0].startswith("autograder: ") and "get the course again" in lines[0]


def test_nbgitpuller_brings_a_release_and_the_next(made: Path, python: Path, tmp_path: Path) -> None:
    """Students pull the folder from a git repository; what they have written survives the next release."""
    term, home = tmp_path / "term", tmp_path / "home"
    bundle(["ch00_start"], term)
    source = term / "unrolled"
    git = "git", "-C", source
    run(*git, "init", "--quiet", "--initial-branch", "main")
    run(*git, "add", "--all")
    run(*git, "commit", "--quiet", "--message", "week 1")
    pull = python.with_name("gitpuller"), source.as_uri(), "main", home
    run(*pull, cwd=tmp_path)
    notebook = home / "exercises" / "ch00_start" / "ch00_start.ipynb"
    mine = notebook.read_text().replace("raise NotImplementedError()", "return 42  # my own work", 1)
    notebook.write_text(mine)
    bundle(CHAPTERS, term)  # the second release; the repository stays
    readme = source / "exercises" / "ch00_start" / "ch00_start.ipynb"
    readme.write_text(readme.read_text().replace("hillside", "hill side"))
    run(*git, "add", "--all")
    run(*git, "commit", "--quiet", "--message", "week 2")
    run(*pull, cwd=tmp_path)
    assert "my own work" in notebook.read_text()
    assert (home / "exercises" / CHAPTER / f"{CHAPTER}.ipynb").is_file()
    assert "ch02_recurrence" in (home / "README.md").read_text()


def test_the_zip_holds_the_folder(made: Path) -> None:
    """Unpacked, the zip is the folder, file by file and byte by byte."""
    with zipfile.ZipFile(made / "unrolled.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {f"unrolled/{name}": data for name, data in found(made / "unrolled").items()}
    assert all(name.startswith("unrolled/") for name in packed)


def found(root: Path) -> dict[str, bytes]:
    """All files below a folder, but a repository's."""
    files = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_release_is_the_same_every_time(made: Path, tmp_path: Path) -> None:
    """Made again elsewhere, it is the same byte for byte; made again in place, no file is touched."""
    bundle(list(reversed(CHAPTERS)), tmp_path)
    assert (tmp_path / "unrolled.zip").read_bytes() == (made / "unrolled.zip").read_bytes()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    bundle(CHAPTERS, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def everything(data: bytes, name: str = "") -> list[tuple[str, bytes]]:
    """A file, and all that is in it where it is a zip."""
    if not data.startswith(b"PK"):
        return [(name, data)]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inside = [(f"{name}/{each}", archive.read(each)) for each in archive.namelist()]
    return [part for each, content in inside for part in everything(content, each)] + [(name, data)]


def test_no_line_of_a_solution_or_a_mutant_is_in_it(made: Path) -> None:
    """Looked for in every byte, of zips in what they hold, too; but for lines that checks have for themselves."""
    hidden = secret_lines(*CHAPTERS)
    assert len(hidden) > 400
    parts = everything((made / "unrolled.zip").read_bytes())
    assert sum(name == f"/{pack.NAME}" or name.endswith(pack.NAME) for name, _ in parts) == 3 * 11
    for name, data in parts:
        text = data.decode("utf-8", "replace")
        leaked = [f"{where}: {line}" for line, where in hidden.items() if line in text]
        assert not leaked, f"{name}: {leaked[:3]}"


def test_no_chapter_gives_its_solutions_away() -> None:
    """The text of a chapter, as it travels, holds no line of its solutions and mutants, nor a word of what they are."""
    for slug in course.chapters():
        text = json.dumps(answers._known_of(course.load(slug)), ensure_ascii=False).replace('\\"', '"')
        assert not [line for line in secret_lines(slug) if line in text.replace("\\n", "\n")]


def test_only_what_students_need_is_in_it(made: Path) -> None:
    """No solutions, mutants, accepted answers, tests or classroom; one notebook a chapter; a README of one screen."""
    names = list(found(made / "unrolled"))
    assert not [name for name in names if re.search(r"solutions|mutants|accepted|tests|classroom|bundle|prove", name)]
    assert sum(name.endswith(".ipynb") for name in names) == len(CHAPTERS)
    assert len((made / "unrolled" / "README.md").read_text().splitlines()) <= 50
    assert sum(name.startswith("autograder/bank/") for name in names) == 2 + 2 + 3 * 11


def test_requirements_are_ours() -> None:
    """Each is pinned as in our own, PyTorch stands last and by itself, and whatever the code needs is there."""
    lines = [line for line in texts.requirements().splitlines() if line and not line.startswith("#")]
    assert set(lines) <= set((paths.ROOT / "requirements.txt").read_text().splitlines())
    assert [line for line in lines if line.startswith("torch")] == lines[-1:]
    assert all("==" in line for line in lines) and not [line for line in lines if line.startswith("nbgrader")]


def test_a_second_release_replaces_what_the_first_one_wrote(tmp_path: Path) -> None:
    """Files of the last release that are no longer in it go; a repository and files of one's own stay."""
    bundle(CHAPTERS, tmp_path)
    unrolled = tmp_path / "unrolled"
    (unrolled / ".git").mkdir()
    (unrolled / ".git" / "config").write_text("mine")
    (unrolled / "exercises" / "notes.md").write_text("mine")
    (unrolled / "README.md").write_text("changed")
    bundle(["ch00_start"], tmp_path)
    assert not (unrolled / "exercises" / CHAPTER).exists()
    assert not list(unrolled.glob("autograder/bank/rnn_step.*"))
    assert (unrolled / ".git" / "config").read_text() == (unrolled / "exercises" / "notes.md").read_text() == "mine"
    assert (unrolled / "README.md").read_text().startswith("# Unrolled")


def test_a_folder_that_somebody_has_removed(tmp_path: Path) -> None:
    """What is gone needs not be removed: the next release ends well, and nothing of an old chapter stays."""
    bundle(CHAPTERS, tmp_path)
    shutil.rmtree(tmp_path / "unrolled" / "exercises" / CHAPTER)
    bundle(["ch00_start"], tmp_path)
    assert not list((tmp_path / "unrolled").glob("autograder/bank/rnn_step.*"))


def test_a_release_that_was_cut_short_is_cleared_up_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far it came, the list names every file that may be there."""
    bundle(CHAPTERS, tmp_path)

    def fail(folder: Path, name: str) -> None:
        raise OSError(5, "broken", str(folder))

    monkeypatch.setattr(folder, "_remove", fail)
    with pytest.raises(BundleError):
        bundle(["ch00_start"], tmp_path)
    monkeypatch.undo()
    bundle(["ch00_start"], tmp_path)
    assert not list((tmp_path / "unrolled").glob("autograder/bank/rnn_step.*"))


def test_a_zip_of_somebody_elses_stays(tmp_path: Path) -> None:
    """Where a file of that name is none of ours, nothing is written."""
    (tmp_path / "unrolled.zip").write_text("mine")
    with pytest.raises(BundleError, match=r"unrolled\.zip: was not made by a release"):
        bundle(["ch00_start"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["unrolled.zip"]


@pytest.mark.parametrize("listed", ["../victim", "/tmp/victim", ".git/config", ".", ""])
def test_nothing_outside_is_ever_removed(made: Path, tmp_path: Path, listed: str) -> None:
    """Whatever a list of files says, what lies elsewhere stays."""
    bundle(["ch00_start"], tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    files = tmp_path / "unrolled" / folder.LIST
    files.write_text(f"{files.read_text()}{listed}\n")
    bundle(["ch00_start"], tmp_path)
    assert victim.read_text() == "mine"


def a_file(target: Path) -> Path:
    target.write_text("mine")
    return target


def below_a_file(target: Path) -> Path:
    return a_file(target) / "below"


def another_folder(target: Path) -> Path:
    (target / "unrolled").mkdir(parents=True)
    (target / "unrolled" / "thesis.tex").write_text("mine")
    return target


def a_link(target: Path) -> Path:
    elsewhere = another_folder(target.with_name("elsewhere"))
    target.mkdir()
    (target / "unrolled").symlink_to(elsewhere / "unrolled")
    return target


def a_file_in_place(target: Path) -> Path:
    target.mkdir()
    (target / "unrolled").write_text("mine")
    return target


def ours(target: Path) -> Path:
    return paths.ROOT / "_build" / "no bundle"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (a_file, "is a file; name a folder"),
        (below_a_file, "name another folder"),
        (another_folder, "was not made by a release; move it away"),
        (a_link, "is no folder of this course's"),
        (a_file_in_place, "is no folder of this course's"),
        (ours, "lies in the course's own folder"),
    ],
)
def test_where_no_bundle_can_be(place: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    """One line says why, and nothing is written or lost."""
    target = place(tmp_path / "target")
    before = found(tmp_path)
    done = CliRunner().invoke(app, ["release", "ch00_start", "--bundle", str(target)])
    assert isinstance(done.exception, BundleError) and says in str(done.exception)
    assert "\n" not in str(done.exception)
    assert found(tmp_path) == before and not (paths.ROOT / "_build" / "no bundle").exists()


def test_a_chapter_that_is_not_there(tmp_path: Path) -> None:
    """One line names the chapters that there are."""
    with pytest.raises(course.CourseError, match="ch99: no such chapter; there are: ch00_start"):
        bundle(["ch00_start", "ch99"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot be written, one line says which, and no part of it stays."""

    def refuse(self: Path, data: bytes) -> Any:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(answers, "recording", lambda exercise, seed: b"")
    with pytest.raises(BundleError, match="No space left on device") as caught:
        bundle(["ch00_start"], tmp_path)
    assert "\n" not in str(caught.value) and not [path for path in tmp_path.rglob("*") if path.is_file()]
