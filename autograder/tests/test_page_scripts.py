"""The scripts of the page, by themselves, under Node: what is kept, handed in, counted, asked and said."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser

from autograder import course
from autograder.page import bundle, place, runtime
from autograder.tests.browser import browser, playwright
from autograder.tests.site import served

__all__ = ["browser", "playwright"]  # fixtures
NODE = shutil.which("node")
BEGIN = """
const from = (name) => import(new URL(name, FOLDER));
const show = (value) => console.log(JSON.stringify(value ?? null));
"""
STORE = """
const store = new Map();
globalThis.localStorage = {
  getItem: (key) => store.get(key) ?? null,
  setItem: (key, text) => store.set(key, String(text)),
  removeItem: (key) => store.delete(key),
};
"""
DENIED = 'Object.defineProperty(globalThis, "localStorage", { get() { throw new Error("denied"); } });\n'
FULL = 'globalThis.localStorage = { getItem: () => null, setItem() { throw new Error("full"); }, removeItem() {} };\n'
WORKERS = """
const { Python } = await from("python.js");
const workers = [];
const python = new Python((failed) => {
  const worker = { failed, posted: [], ended: false };
  worker.postMessage = (said) => worker.posted.push(said);
  worker.terminate = () => (worker.ended = true);
  workers.push(worker);
  return worker;
});
const told = ({ kind, message }) => ({ kind, message });
const ask = (said = () => {}) => python.ask({ do: "check" }, said).then((result) => ({ result }), told);
const hear = (worker, data) => worker.onmessage({ data });
"""


def run(code: str) -> list[Any]:
    """What the code shows, line by line."""
    if NODE is None:
        pytest.fail("the page's scripts are tested with Node, and `node` is missing: apt-get install nodejs", False)
    folder = f"const FOLDER = {json.dumps(bundle.SCRIPT.as_uri() + '/')};"
    command = [NODE, "--input-type=module", "--eval", folder + BEGIN + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_code_and_success_are_kept() -> None:
    """Under the names that are promised; the day of the first success stays; null forgets; nonsense is no day."""
    code = """const keep = await from("keep.js");
    show([keep.code("f"), keep.passed("f")]);
    show([keep.keepCode("f", "x = 1"), keep.code("f"), [...store.keys()]]);
    show([keep.keepPassed("f"), keep.passed("f")]);
    store.set("unrolled:passed:f", "2026-01-02T03:04:05.000Z");
    show([keep.keepPassed("f"), keep.passed("f")]);
    store.set("unrolled:passed:f", "<script>");
    show([keep.passed("f"), keep.keepCode("f", null), keep.code("f")]);
    show([keep.concerns("f", "unrolled:code:f"), keep.concerns("f", "unrolled:code:g"), keep.concerns("f", null)]);"""
    empty, kept, first, again, wrong, concerned = run(STORE + code)
    assert empty == [None, None] and kept == [True, "x = 1", ["unrolled:code:f"]]
    assert first[0] and first[1].startswith("20") and again == [True, "2026-01-02T03:04:05.000Z"]
    assert wrong == [None, True, None] and concerned == [True, False, True]


@pytest.mark.parametrize("storage", [DENIED, FULL])
def test_a_browser_that_keeps_nothing_stops_nobody(storage: str) -> None:
    """Where its storage is denied or full, nothing is found, and what could not be kept is known."""
    code = """const keep = await from("keep.js");
    show([keep.code("f"), keep.passed("f"), keep.aside("f"), keep.keepCode("f", "x"), keep.keepPassed("f")]);"""
    assert run(storage + code) == [[None, None, None, False, False]]


def test_what_is_solved_is_counted() -> None:
    """In words, with a sign once it is all."""
    code = """const { words } = await from("progress.js");
    for (const solved of [[], ["b"], ["a", "b", "c"]]) show(words(["a", "b"], (name) => solved.includes(name)));"""
    ending = "of 2 solved in this browser"
    assert run(STORE + code) == [f"0 {ending}", f"1 {ending}", f"✓ 2 {ending}"]


def test_the_notebook_to_hand_in_has_the_answers() -> None:
    """In the cells of their exercises, with nbgrader's data about them; all other cells are as they were."""
    before = course.master("ch02_recurrence")
    code = f"""const {{ filled }} = await from("hand_in.js");
    const kept = {{ rnn_step: "def rnn_step():\\n    pass", check_rnn_step: "no", setup_1: "no", elsewhere: "no" }};
    show(filled({json.dumps(before)}, (name) => kept[name] ?? null));"""
    ((after, count),) = [(found["notebook"], found["count"]) for found in run(code)]
    changed = [new["id"] for old, new in zip(before.cells, after["cells"], strict=True) if old != new]
    assert count == 1 and changed == ["rnn_step"]
    (cell,) = (cell for cell in after["cells"] if cell["id"] == "rnn_step")
    assert cell["source"] == "def rnn_step():\n    pass" and cell["metadata"]["nbgrader"]["solution"]


def test_a_question_is_answered_with_what_happens_on_the_way() -> None:
    """One worker serves all questions; Python is busy until the answer is there."""
    code = """const said = [];
    const first = ask((stage) => said.push(stage));
    show([python.busy, workers[0].posted]);
    hear(workers[0], { id: 1, stage: "numpy" });
    hear(workers[0], { id: 1, result: "right" });
    show([await first, said, python.busy]);
    const second = ask();
    hear(workers[0], { id: 1, result: "late" });
    hear(workers[0], { id: 2, result: "next" });
    show([await second, workers.length]);"""
    assert run(WORKERS + code) == [
        [True, [{"id": 1, "do": "check"}]],
        [{"result": "right"}, ["numpy"], False],
        [{"result": "next"}, 1],
    ]


def test_after_trouble_there_is_another_python() -> None:
    """A worker that reports a problem, or breaks, is ended; the next question starts one that knows of it."""
    code = """const first = ask();
    hear(workers[0], { id: 1, problem: { kind: "corrupt", text: "numpy.whl" } });
    show([await first, workers[0].ended, python.busy]);
    const second = ask();
    workers[1].onerror({});
    const third = ask();
    workers[2].onerror({ message: "out of memory" });
    show([await second, await third, workers.map(({ failed }) => failed)]);
    const fourth = ask();
    hear(workers[0], { id: 4, result: "from the dead" });
    hear(workers[3], { id: 4, result: "alive" });
    show(await fourth);"""
    assert run(WORKERS + code) == [
        [{"kind": "corrupt", "message": "numpy.whl"}, True, False],
        [{"kind": "missing", "message": "worker.js"}, {"kind": "broken", "message": "out of memory"}, [0, 1, 2]],
        {"result": "alive"},
    ]


def test_stop_ends_what_runs_and_starts_anew() -> None:
    """The question is told so; the next Python starts at once, and so it does for one that has grown too large."""
    code = """const first = ask();
    python.stop();
    show([await first, workers.map(({ ended }) => ended), workers[1].posted, workers[1].failed]);
    const second = ask();
    hear(workers[1], { id: 3, result: "large", tired: true });
    show([await second, workers.map(({ ended }) => ended), workers[2].posted.map((said) => said.do), python.busy]);"""
    assert run(WORKERS + code) == [
        [{"kind": "stopped", "message": "stopped"}, [True, False], [{"id": 2, "do": "warm"}], 0],
        [{"result": "large"}, [True, True, False], ["warm"], False],
    ]


def test_each_trouble_has_its_sentence() -> None:
    """With the file where there is one, and with what to do."""
    code = """const { trouble } = await from("words.js");
    const kinds = ["missing", "corrupt", "memory", "broken", "stopped", "unheard of"];
    for (const kind of kinds) show(trouble({ kind, message: "numpy.whl" }));"""
    said = run(code)
    assert len(set(said)) == 5 and said[3] == said[5]
    assert all("press" in sentence.lower() for sentence in said)
    assert all("numpy.whl" in said[number] for number in (0, 1, 3))


def test_the_sizes_that_are_said_are_those_that_are_loaded() -> None:
    """To a tenth of a MB, as a server sends them with gzip; steps are numbered and grow."""
    if not bundle.modules():
        pytest.skip("npm has the files: sudo apt-get install npm")
    package = bundle.FOLDER / "node_modules" / "pyodide"
    names = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
    python = sum(len(gzip.compress((package / name).read_bytes(), 6)) for name in names)
    numpy = runtime.numpy_wheel(package).stat().st_size
    code = """const { share, stage } = await from("words.js");
    const stages = ["python", "numpy", "grader", "answers", "running"];
    for (const name of stages) show([stage(name), share(name)]);"""
    said = run(code)
    assert f": {python / 1e6:.1f} MB the first time" in said[0][0] and "step 1 of 4" in said[0][0]
    assert f": {numpy / 1e6:.1f} MB the first time" in said[1][0] and "step 4 of 4" in said[3][0]
    assert [share for _, share in said] == [0, 0.25, 0.5, 0.75, 1]


def test_feedback_brings_no_script_into_the_page(browser: Browser) -> None:
    """What comes out of the reader's Python may be forged by the code that runs there: what can act is taken out."""
    forged = [
        "<script>top.hit = 1</script>",
        "<img src=x onerror='top.hit = 1'>",
        "<a href='javascript:top.hit = 1'>here</a>",
        "<iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
        "<svg><animate onbegin='top.hit = 1' attributeName=x dur=1s></animate></svg>",
        "<form action=//elsewhere.example><button>Sign in</button></form>",
        "<style>body { display: none }</style>",
        "<p style='background: url(//elsewhere.example/x)'>look</p>",
        "<p style='position: fixed; inset: 0'>over all</p>",
        "<math><mtext><table><mglyph><style><img src=x onerror='top.hit = 1'>",
    ]
    right = '<ul style="margin:0"><li><b>✓ right</b> <a href="https://example.org/#ch02">The loop</a></li></ul>'
    code = """async ([forged, right]) => {
        const { harmless } = await import("/output.js");
        document.body.replaceChildren(...harmless(forged));
        await new Promise((done) => setTimeout(done, 200));
        const left = document.body.innerHTML;
        document.body.replaceChildren(...harmless(right));
        return [window.hit ?? 0, left, document.body.innerHTML];
    }"""
    with served(bundle.SCRIPT) as address:
        page, asked = browser.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/package.json")
        hit, left, kept = page.evaluate(code, ["".join(forged), right])
        page.close()
    assert hit == 0 and kept == right
    assert not [url for url in asked if "elsewhere" in url]
    for part in ("script", "iframe", "javascript", "onerror", "onbegin", "form", "url(", "position", "<style"):
        assert part not in left, part
    assert "look" in left and "here" in left


def test_the_folder_of_pyodide_is_named_by_its_version() -> None:
    """What never changes under its name may be kept by browsers for ever."""
    wanted = json.loads((bundle.SCRIPT / "package.json").read_text())["dependencies"]
    assert f"pyodide-{wanted['pyodide']}" == place.RUNTIME
