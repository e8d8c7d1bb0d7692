"""Runs a program for Node, which drives a browser, with the small book served to it, where there is no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder import course, paths
from autograder.judge import implementations
from autograder.tests import npm
from autograder.tests.people import missing

HERE = Path(__file__).parent
BROWSERS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}
CUT = ("--unshare-net", "--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/", "--proc", "/proc")


def lines(program: str, kind: str, site: Path, folder: Path, *arguments: str, **more: str) -> Iterator[dict[str, Any]]:
    """What a program of `steps` prints, line by line, as it prints it; ``folder`` is its own.

    When it ends, or is left, nothing that it started is there any longer. AssertionError where it fails.
    """
    serve = [sys.executable, "-m", "autograder.tests.page.server", str(site), _found("node", "nodejs", "node")]
    command = [_found("bwrap", "bubblewrap", "bwrap"), *CUT, "--", *serve, str(HERE / "steps" / program), kind]
    said = folder / "said"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers.json").write_text(json.dumps(answers()), encoding="utf-8")
    with said.open("w") as errors, subprocess.Popen(
        [*command, *arguments], env=_environment(kind, site, folder, more), cwd=paths.ROOT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            for line in process.stdout:
                yield json.loads(line)
        finally:
            process.kill()
    assert process.returncode in (0, -9), said.read_text()[-3000:]


def _environment(kind: str, site: Path, folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "MODULES": str(npm.installed(HERE)),
        "BROWSER": _found(PACKAGES[kind], PACKAGES[kind], *BROWSERS[kind]),
        "SITE": str(site.resolve()),
        "FOLDER": str(folder),
        "HOME": str(folder),  # settings and caches of the person who runs the tests stay out of it
        **more,
    }


def answers() -> dict[str, Any]:
    """For each exercise that a page can check its chapter, its right answer, and the wrong ones that are known."""
    found = {}
    for slug in course.chapters():
        wrong = implementations.mutants(slug)
        for exercise in (one for one in course.load(slug).exercises if one.library == "numpy"):
            known = {
                one.id: {"source": one.source, "believes": one.believes} for one in wrong if one.of == exercise.name
            }
            found[exercise.name] = {"chapter": slug, "right": exercise.source, "wrong": known}
    return found


def _found(what: str, package: str, *programs: str) -> str:
    path = next(filter(None, map(shutil.which, programs)), None)
    if not path:
        missing(f"no {what} here, with which the page is tried; to install it: sudo apt-get install {package}")
    return str(path)
