"""The instructor's page, walked as it stands there: every command on it is run, in its order, from an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import course, paths
from autograder.classroom.sample.notebooks import notebook_text

PAGE = paths.ROOT / "book" / "instructor.md"
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
    """What came of the walk: what was printed by each block, and the folder of the term."""

    said: dict[str, str]
    term: Path

    def after(self, command: str) -> str:
        """What the block with this command printed."""
        return next(said for body, said in self.said.items() if command in body)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """All of the page, with a copy of the project and what a platform hands out for a class of three."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(paths.ROOT, home / "unrolled", ignore=shutil.ignore_patterns(*LEFT_OUT))
    (home / "unrolled" / ".venv").symlink_to(sys.prefix)
    hand_in(home / "ch02.zip")
    (home / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    parts = blocks(PAGE.read_text(encoding="utf-8"))
    environment = {**os.environ, "HOME": str(home), "COLUMNS": "120"}
    command = ["bash", "-c", script(parts)]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=1500)
    said = re.split(r"^@@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert done.returncode == 0, f"{parts[len(said) - 1].body}\n{said[-1][-3000:]}\n{done.stderr[-3000:]}"
    return Walk({part.body: text for part, text in zip(parts, said, strict=True)}, home / "autumn")


def hand_in(archive: Path) -> None:
    """As Canvas writes it: Ada is right, Ben has the matrix the wrong way round, Cleo hands in a ``.py`` file."""
    step = course.load(CHAPTER).exercise("rnn_step")
    wrong = step.source.replace("return np.tanh(x @ Wx + h_prev @ Wh + b)", MISTAKE)
    assert wrong != step.source
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"byronada_101_9001_{CHAPTER}.ipynb", notebook_text(CHAPTER, {}))
        file.writestr(f"coxben_LATE_102_9002_{CHAPTER}-1.ipynb", notebook_text(CHAPTER, {"rnn_step": {"code": wrong}}))
        file.writestr("diazcleo_103_9003_answers.py", f"import numpy as np\n\nArray = np.ndarray\n\n\n{step.source}\n")


def test_every_command_of_the_page_is_in_a_block_that_is_run() -> None:
    """A command in the running text stands in a block of the page too, so it has been run as it is written."""
    text = PAGE.read_text(encoding="utf-8")
    run = "\n".join(part.body for part in blocks(text) if not part.name)
    named = set(COMMANDS.findall(BLOCK.sub("", text)))
    assert not [command for command in named if command not in run]


def test_the_term_ends_in_grades(walk: Walk) -> None:
    """Three learners, each with the points that they deserve, in nbgrader's own table."""
    lines = (walk.term / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert {"ada", "ben", "cleo"} <= {cell for line in lines for cell in line.split(",")}


def test_a_page_names_the_mistake(walk: Walk) -> None:
    """Ben, who turned a matrix round, reads that on his page."""
    page = walk.term / "feedback" / "ben" / CHAPTER / f"{CHAPTER}.html"
    assert "transpose" in page.read_text(encoding="utf-8")
