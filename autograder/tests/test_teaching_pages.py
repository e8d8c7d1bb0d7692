"""The pages for instructors, walked as they stand: every command on them is run, in order, from an empty folder."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import course, paths
from autograder.classroom.sample.notebooks import notebook_text
from autograder.tests.cluster_folder import free_port

BOOK = paths.ROOT / "book"
TERM, HANDOUT = (BOOK / name for name in ("instructor.md", "handing_out.md"))
BLOCK = re.compile(r"^```(?P<head>.*)\n(?P<body>(?:.*\n)*?)```$", re.MULTILINE)
CAPTION = re.compile(r"^:caption: (.+)\n+", re.MULTILINE)
COMMANDS = re.compile(r"`((?:python -m autograder|nbgrader|jupyter|\.venv/bin/)[^`]*)`")
LEFT_OUT = (".venv", "_build", ".git", "__pycache__", ".*_cache", "submitted", "autograded", "gradebook.db")
CHAPTER = "ch02_recurrence"
CANVAS = f"""\
Student,ID,SIS User ID,SIS Login ID,Section,{CHAPTER} (7)
    Points Possible,,,,,40
"Byron, Ada",101,,ada,Autumn,
"Cox, Ben",102,,ben,Autumn,
"Diaz, Cleo",103,,cleo,Autumn,
"""  # as Canvas's gradebook exports it
HUB = "cd /srv/hub\njupyterhub\n"  # test_hub.py starts one with this file
LAB = "(cd ../autumn && jupyter lab)\n"  # it does not end by itself: see test_formgrader_opens
MISTAKE = "return np.tanh(x @ Wx + h_prev @ Wh.T + b)"


@dataclass(frozen=True)
class Block:
    """A block of the page: a file that it shows (``name``), or commands."""

    body: str
    name: str = ""


def blocks(text: str) -> list[Block]:
    """The files, which have a caption, and the commands, which are ``bash``, in the order of the page."""
    found = []
    for match in BLOCK.finditer(text):
        caption = CAPTION.search(match["body"])
        if caption:
            found.append(Block(match["body"][caption.end() :], caption[1].strip("` ")))
        elif match["head"].strip() == "bash":
            found.append(Block(match["body"]))
    return found


def script(parts: list[Block]) -> str:
    """One shell, as a person has it: what a block exports, the next one finds; the first command that fails ends it."""
    lines = ["set -euo pipefail"]
    for number, part in enumerate(parts):
        lines.append(f"echo '@@ {number}'")
        if part.name:
            lines.append(f"mkdir -p \"$(dirname '{part.name}')\"\ncat >> '{part.name}' <<'@@END'\n{part.body}@@END")
        else:
            lines.append(part.body)
    return "\n".join(lines)


@dataclass(frozen=True)
class Walk:
    """What came of a walk: what each block printed, and the folder in which it began."""

    said: dict[str, str]
    home: Path
    environment: dict[str, str]

    def after(self, command: str) -> str:
        """What the block with this command printed."""
        return next(said for body, said in self.said.items() if command in body)


def walked(home: Path, parts: list[Block]) -> Walk:
    """Type it all, with a copy of the project beside; what lies in /srv lies in ``home`` for once."""
    shutil.copytree(paths.ROOT, home / "unrolled", ignore=shutil.ignore_patterns(*LEFT_OUT))
    (home / "unrolled" / ".venv").symlink_to(sys.prefix)
    (home / "srv").mkdir()
    environment = {**os.environ, "HOME": str(home), "COLUMNS": "120", "GIT_CONFIG_GLOBAL": str(home / "git.config")}
    (home / "git.config").write_text("[user]\nname = A teacher\nemail = teacher@example.org\n")
    command = ["bash", "-c", script(parts).replace("/srv/", f"{home}/srv/")]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=1500)
    said = re.split(r"^@@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert done.returncode == 0, f"{parts[len(said) - 1].body}\n{said[-1][-3000:]}\n{done.stderr[-3000:]}"
    return Walk({part.body: text for part, text in zip(parts, said, strict=True)}, home, environment)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The whole term, with what a platform hands out for a class of three."""
    home = tmp_path_factory.mktemp("term")
    hand_in(home / "ch02.zip")
    (home / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    return walked(home, blocks(TERM.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The ways to hand out, after the first part of the term; teacher and learner are one account."""
    before, _, _ = TERM.read_text(encoding="utf-8").partition("\n## Handing out")
    home = tmp_path_factory.mktemp("handout")
    return walked(home, [*blocks(before), *blocks(HANDOUT.read_text(encoding="utf-8"))])


def answer(address: str, server: subprocess.Popen[bytes], log: Path) -> bytes:
    """What a server says as soon as it says something; AssertionError with its log when it has ended."""
    deadline = time.monotonic() + 180
    while True:
        try:
            with urllib.request.urlopen(address, timeout=60) as reply:
                found: bytes = reply.read()
                return found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error}: {error.read()[:500]!r}\n{log.read_text()[-3000:]}") from error
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.2)


def hand_in(archive: Path) -> None:
    """As Canvas writes it: Ada is right, Ben has the matrix the wrong way round, Cleo hands in a ``.py`` file."""
    step = course.load(CHAPTER).exercise("rnn_step")
    wrong = step.source.replace("return np.tanh(x @ Wx + h_prev @ Wh + b)", MISTAKE)
    assert wrong != step.source
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"byronada_101_9001_{CHAPTER}.ipynb", notebook_text(CHAPTER, {}))
        file.writestr(f"coxben_LATE_102_9002_{CHAPTER}-1.ipynb", notebook_text(CHAPTER, {"rnn_step": {"code": wrong}}))
        file.writestr("diazcleo_103_9003_answers.py", f"import numpy as np\n\nArray = np.ndarray\n\n\n{step.source}\n")


@pytest.mark.parametrize("page", [TERM, HANDOUT], ids=lambda page: page.stem)
def test_every_command_of_the_page_is_in_a_block_that_is_run(page: Path) -> None:
    """A command in the running text stands in a block, too; what another test runs is marked as ``shell``."""
    text = page.read_text(encoding="utf-8")
    run = "\n".join(part.body for part in blocks(text) if not part.name)
    named = set(COMMANDS.findall(BLOCK.sub("", text)))
    assert not [command for command in named if command not in run]
    elsewhere = [match["body"] for match in BLOCK.finditer(text) if match["head"].strip() in ("shell", "console", "sh")]
    assert elsewhere == {TERM: [LAB], HANDOUT: [HUB]}[page]


def test_the_term_ends_in_grades(term: Walk) -> None:
    """Ada has all points, Ben all but some of one exercise, Cleo those of the one that she handed in."""
    rows = list(csv.DictReader((term.home / "autumn" / "grades-canvas.csv").read_text("utf-8").splitlines()))
    points = {row["Student"].partition(",")[0]: row[f"{CHAPTER} (7)"] for row in rows}
    chapter = course.load(CHAPTER)
    full, step = sum(exercise.points for exercise in chapter.exercises), chapter.exercise("rnn_step").points
    assert float(points["Byron"]) == full and float(points["Diaz"]) == step
    assert full - step < float(points["Cox"]) < full


def test_formgrader_opens(term: Walk) -> None:
    """What the page starts to look at submissions shows the chapter and its students."""
    port = free_port()
    settings = {"allow_root": True, "open_browser": False, "port": port, "port_retries": 0, "token": "walk"}
    jupyter = term.home / ".jupyter"
    jupyter.mkdir(exist_ok=True)
    (jupyter / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": settings}))
    environment = {**term.environment, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    log = (term.home / "lab.log").open("w")
    server = subprocess.Popen(["bash", "-c", f"exec setsid bash -c '{LAB.strip()}'"], cwd=term.home / "unrolled",
                              env=environment, stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/formgrader/api/submissions/{CHAPTER}?token=walk"
        found = json.loads(answer(address, server, term.home / "lab.log"))
        assert {one["student"] for one in found} == {"ada", "ben", "cleo"}
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        log.close()


def test_what_is_written_on_the_way(term: Walk) -> None:
    """The report names what Ben believes; no name is in what leaves without names; all files are kept track of."""
    autumn = term.home / "autumn"
    report = (autumn / "reports" / f"{CHAPTER}.html").read_text("utf-8")
    assert "transpose" in report and "https://example.org/unrolled/book/" in report
    anonymous = (autumn / "grades-anonymous.csv").read_text("utf-8").lower()
    assert not [name for name in ("ada", "byron", "ben", "cox", "cleo", "diaz", "101") if name in anonymous]
    assert "answers.py" in (autumn / "collected.csv").read_text("utf-8")
    assert "0 judged, 3 judged before and unchanged" in term.after("python -m autograder grade")


def test_what_is_handed_out_comes_back(handout: Walk) -> None:
    """The bundle is in a repository, without a solution; the exchange brings the work in and its page back."""
    bundle = handout.home / "handout" / "unrolled"
    assert (bundle / ".git").is_dir() and not (bundle / "solutions").exists()
    pages = list((handout.home / CHAPTER / "feedback").rglob("*.html"))
    assert len(pages) == 1 and "Nothing is written yet" in pages[0].read_text("utf-8")
    assert not (handout.home / "autumn").stat().st_mode & 0o077
