"""Exercises on a page: from their one source, for every format, with one line for what is wrong."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
from pathlib import Path

import pytest

from autograder import course, paths
from autograder.page import bundle, place
from autograder.tests.live_site import PAGE, build

BUTTONS = ["check", "run", "stop", "reset", "edit", "restore", "theirs", "mine"]
STARTER = course.load("ch02_recurrence").exercise("rnn_step").starter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The website as HTML, and its sources."""
    if not os.environ.get("CI") and not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("npm and node make the page's scripts: sudo apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("live")
    done = build(folder, PAGE)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("```{live-exercise} rnn_stp\n```", "no exercise is called 'rnn_stp'; did you mean rnn_step?"),
        ("```{live-exercise} RNNCell\n```", "RNNCell is an exercise in PyTorch, which runs in no page"),
        ("```{live-exercise} rnn_step\n```\n" * 2, "rnn_step stands on the page live already"),
        ("```{live-code} ch02\nx\n```", "no chapter is called 'ch02'; there are: ch00_start, ch01"),
        ("```{live-hand-in} ch02_recurence\n```", "did you mean ch02_recurrence?"),
        ("```{live-code} ch02_recurrence\n```", "write the code to begin with"),
    ],
)
def test_a_wrong_directive_stops_the_build(tmp_path: Path, text: str, says: str) -> None:
    """A name that does not exist, with the nearest; what does not run in a page; what stands there twice."""
    done = build(tmp_path, text, "text")
    assert done.returncode != 0 and says in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("builder", ["text", "latex"])
def test_on_paper_there_is_the_exercise_alone(tmp_path: Path, builder: str) -> None:
    """Statement, card and code; no button and no hint, and nothing of HTML."""
    done = build(tmp_path, PAGE, builder)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / builder / ("live.txt" if builder == "text" else "book.tex")).read_text(encoding="utf-8")
    for part in ("What is its new state?", "About 5 minutes", "NotImplementedError", "zeros", "Below it."):
        assert part in text, part
    assert not any(part in text for part in ("Check", "Hint", "live-bar", "solved in this browser", "Download"))


def test_an_exercise_has_its_statement_starter_and_hints(folder: Path) -> None:
    """In the page, as in the notebook: below a heading that can be linked to, in a place that the script finds."""
    html = (folder / "html" / "live.html").read_text(encoding="utf-8")
    assert html.count('<section id="rnn_step">') == 1 and "<h2>One turn of the loop: <code" in html
    assert html.index("About 5 minutes") < html.index('id="live-rnn_step"') < html.index("Below it.")
    cell = html.partition('<section class="live" id="live-rnn_step"')[2].partition("</section>")[0]
    assert 'data-exercise="rnn_step" data-chapter="ch02_recurrence"' in cell
    code = re.sub("<[^>]+>", "", cell.partition("<pre>")[2].partition("</pre>")[0])
    assert code.replace("&gt;", ">").rstrip("\n") == STARTER
    assert cell.count('<details class="live-hint">') == 3
    assert cell.index("live-status") < cell.index("live-hint") and cell.rindex("live-hint") < cell.index("live-output")
    assert re.findall(r'data-do="([\w-]+)"', cell) == BUTTONS
    assert cell.count(" disabled") == 8  # without the script nothing can be pressed
    assert "Here you would edit and check this code" in cell.partition("<noscript>")[2]


def test_what_is_solved_is_listed_with_links(folder: Path) -> None:
    """Chapters whose exercises stand on a page; how many there are is said without a script."""
    html = (folder / "html" / "index.html").read_text(encoding="utf-8")
    rows = html.partition('<ul class="live-progress">')[2].partition("</ul>")[0]
    assert rows.count("<li>") == 1 and '<a href="live.html">2. Recurrence</a>' in rows
    assert 'data-exercises="rnn_step rnn_forward">2 exercises<' in rows


def test_pages_without_exercises_load_nothing(folder: Path) -> None:
    """Neither script nor style; and with them there is one script of a few kB, and nothing else of it."""
    assert "live/" not in (folder / "html" / "plain.html").read_text(encoding="utf-8")
    html = (folder / "html" / "live.html").read_text(encoding="utf-8")
    assert re.findall(r'"_static/live/([\w./]+)[?"]', html) == ["live.css", "live.js"]
    assert "panel" not in html and "pyodide" not in html
    sizes = [(folder / "html" / "_static" / "live" / name).stat().st_size for name in ("live.js", "live.css")]
    assert sizes[0] < 6000 and sizes[1] < 8000


def test_what_is_loaded_later_lies_in_a_folder_named_by_its_content(folder: Path, tmp_path: Path) -> None:
    """All of it together, so that a browser never mixes two versions; the first script leads there."""
    live = folder / "html" / "_static" / "live"
    (later,) = (path for path in live.iterdir() if path.is_dir())
    assert {"panel.js", "worker.js", "lock.json", "index.json", "notebooks", "bank"} <= {
        p.name for p in later.iterdir()
    }
    assert later.name in (live / "live.js").read_text()
    assert place._digest(later) == later.name
    copy = shutil.copytree(later, tmp_path / "copy")
    (copy / "notebooks" / "ch02_recurrence.ipynb").write_text("{}")
    assert place._digest(copy) != later.name
    assert "MIT" in (later / "LICENCES.txt").read_text() and "@codemirror/view" in (later / "LICENCES.txt").read_text()


def test_a_page_is_written_again_when_its_exercise_changes(folder: Path) -> None:
    """Sphinx knows the solution file as one of the page's sources."""
    environment = pickle.loads((folder / "html" / ".doctrees" / "environment.pickle").read_bytes())
    sources = {(folder / source).resolve() for source in environment.dependencies["live"]}
    assert paths.SOLUTIONS / "ch02_recurrence.py" in sources


def test_without_npm_the_website_says_so(tmp_path: Path) -> None:
    """It is built all the same, with a sentence in each cell; under continuous integration it is an error."""
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | {"PATH": str(tmp_path)}
    done = build(tmp_path, PAGE, environ=environ)
    assert done.returncode == 0 and done.stdout.count("apt-get install nodejs npm") == 1, done.stderr
    assert "built without what runs Python" in (tmp_path / "html" / "_static" / "live" / "live.js").read_text()
    done = build(tmp_path, PAGE, environ=environ | {"CI": "1"})
    assert done.returncode != 0 and bundle.NO_NPM in done.stderr and "Traceback" not in done.stderr


def test_pyodide_may_come_from_another_address(folder: Path, tmp_path: Path) -> None:
    """Then the website has none of its own; what is no address of a folder is refused."""
    done = build(tmp_path, PAGE, options=("-D", "live_runtime_url=https://example.org/pyodide/"))
    assert done.returncode == 0, done.stderr
    static = tmp_path / "html" / "_static"
    assert "https://example.org/pyodide/" in next(static.glob("live/*/worker.js")).read_text()
    assert not (static / place.RUNTIME).exists() and (folder / "html" / "_static" / place.RUNTIME).is_dir()
    for wrong in ("pyodide", "https://example.org/pyodide", "ftp://example.org/"):
        done = build(tmp_path, PAGE, options=("-D", f"live_runtime_url={wrong}"))
        assert done.returncode != 0 and "is no address of a folder" in done.stderr


def test_packages_are_pinned_exactly() -> None:
    """What a bundle is made of is named to the last digit, and each file has its checksum; no address stands there."""
    wanted = json.loads((bundle.SCRIPT / "package.json").read_text())["dependencies"]
    lock = json.loads((bundle.SCRIPT / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(entry.get("integrity") and "resolved" not in entry for place, entry in lock.items() if place)


@pytest.mark.parametrize("slug", course.chapters())
def test_every_numpy_exercise_stands_on_its_chapters_page(slug: str) -> None:
    """In the notebook's order; what is there to try runs, and with the solutions its last line gives the example."""
    chapter = course.load(slug)
    text = (paths.ROOT / "book" / "practice" / f"{slug}.md").read_text(encoding="utf-8")
    assert re.findall(r"\{live-exercise\} (\w+)", text) == [e.name for e in chapter.exercises if e.library == "numpy"]
    (code,) = re.findall(rf"\{{live-code\}} {slug}\n(.*?)```", text, re.DOTALL)
    namespace: dict[str, object] = {}
    exec(chapter.setup[0], namespace)
    exec(code, namespace)
    lines, call = code.rstrip().rpartition("\n# ")[::2]
    exec(lines, namespace)
    assert eval(call, {**vars(course.solution(slug)), **namespace}) is not None
    chapter_page = (paths.ROOT / "book" / f"{slug}.md").read_text(encoding="utf-8")
    assert f"(practice/{slug}.md)" in chapter_page[-2000:]
