"""The page's scripts: packages of npm as ``script/package-lock.json`` has them, bundled with ours by esbuild."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from autograder import paths
from autograder.errors import UserError

SCRIPT = Path(__file__).with_name("script")
FOLDER = paths.BUILD / "page"
NO_NPM = "no npm here, which installs what runs Python in the website's pages: sudo apt-get install nodejs npm"


def modules() -> Path | None:
    """The folder ``node_modules``, installed anew when the lock file has changed; None where there is no npm.

    UserError where there is none under continuous integration, and where npm fails.
    """
    npm, found, mark = shutil.which("npm"), FOLDER / "node_modules", FOLDER / "installed"
    if not npm and os.environ.get("CI"):
        raise UserError(NO_NPM)
    if not npm or not shutil.which("node"):
        return None
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = (SCRIPT / "package-lock.json").read_bytes()
    with FileLock(FOLDER / "lock"):
        if not (mark.is_file() and mark.read_bytes() == wanted and found.is_dir()):
            mark.unlink(missing_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SCRIPT / name, FOLDER)
            _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci")
            mark.write_bytes(wanted)
    return found


def write(entry: str, target: Path, form: str, constants: dict[str, object] | None = None) -> None:
    """Bundle one of our scripts into a file: ``form`` is ``esm`` for a module, ``iife`` for a classic script.

    Each constant is a name that the script uses, and stands in it as its value.
    UserError where a script or a package is wrong.
    """
    defined = [f"--define:{name}={json.dumps(value)}" for name, value in (constants or {}).items()]
    command = [str(FOLDER / "node_modules" / ".bin" / "esbuild"), str(SCRIPT / entry), "--bundle", "--minify"]
    options = [f"--format={form}", "--target=es2022", "--legal-comments=none", "--log-level=error", *defined]
    _run([*command, *options, f"--outfile={target}"], f"esbuild {entry}")


def _run(command: Sequence[str], what: str) -> None:
    """The packages are found by name although our scripts lie in another folder."""
    environment = {**os.environ, "NODE_PATH": str(FOLDER / "node_modules")}
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise UserError(f"{what}: {said}")


def licences() -> str:
    """The licences of the packages that are in a bundle, one after another."""
    lock = json.loads((SCRIPT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    parts = []
    for place in lock:
        found = sorted((FOLDER / place).glob("LICEN[CS]E*")) if place and "esbuild" not in place else []
        parts += [f"{place.removeprefix('node_modules/')}\n\n{file.read_text(encoding='utf-8')}" for file in found]
    return "\n\n".join(parts)
