"""The scripts of the page, by themselves, under Node: what is kept, handed in, counted, asked and said."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser

from autograder import course, feedback, picture
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
    assert run(storage + code) == [[None, None, [], False, False]]


def test_what_was_put_aside_is_not_lost_by_a_second_reset() -> None:
    """What is little else than the starter goes behind it, unless it is right; of other texts the last two are kept."""
    code = """const { aside, isLittle, keepAside, putAside } = await from("keep.js");
    const starter = "def f(x):\\n    raise NotImplementedError()\\n";
    const mine = "def f(x):\\n    y = x + 1\\n    return y\\n";
    const other = "def f(x):\\n    z = 2\\n    return z * x\\n";
    const [typed, short] = [`${starter}a`, "def f(x):\\n    return x\\n"];
    const name = (text) => ({ [starter]: "starter", [mine]: "mine", [other]: "other", [typed]: "typed" })[text] ?? text;
    const long = `${starter}# a long line that is new`;
    show([starter, typed, short, "", mine, long].map((text) => isLittle(text, starter)));
    show(putAside([], typed, starter).map(name));
    show(putAside([mine], typed, starter).map(name));
    show(putAside([mine], starter, starter).map(name));
    show(putAside([mine, typed], other, starter).map(name));
    show(putAside([mine, other], other, starter).map(name));
    show([putAside([mine], short, starter, true)[0] === short, putAside([mine], short, starter)[0] === mine]);
    show([aside("f"), keepAside("f", [mine, typed]), aside("f").map(name), keepAside("f", []), store.size]);
    store.set("unrolled:aside:f", "{nonsense");
    store.set("unrolled:aside:g", '{"a": 1}');
    show([aside("f"), aside("g")]);"""
    assert run(STORE + code) == [
        [True, True, True, True, False, False],
        ["typed"],
        ["mine", "typed"],
        ["mine"],
        ["other", "mine"],
        ["other", "mine"],
        [True, True],
        [[], True, ["mine", "typed"], True, 0],
        [[], []],
    ]


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


def test_without_one_recording_python_goes_on() -> None:
    """The question is told what is missing; the same Python answers the next one."""
    code = """const first = ask();
    hear(workers[0], { id: 1, problem: { kind: "missing", text: "the answers of readout", well: true } });
    show([await first, python.busy, workers[0].ended]);
    const second = ask();
    hear(workers[0], { id: 1, problem: { kind: "missing", text: "late", well: true } });
    hear(workers[0], { id: 2, result: "right" });
    show([await second, workers.length, python.failed]);"""
    assert run(WORKERS + code) == [
        [{"kind": "missing", "message": "the answers of readout"}, False, False],
        [{"result": "right"}, 1, 0],
    ]


def test_code_that_ends_python_is_told_from_a_python_that_fails() -> None:
    """By what browsers and Pyodide say; then the next start does not ask for all files anew."""
    code = """const { endOf } = await from("ends.js");
    show(["RangeError: Maximum call stack size exceeded", "InternalError: too much recursion",
      "ExitStatus: Program terminated with exit(0)", "RangeError: Array buffer allocation failed",
      "MemoryError", "TypeError: x is undefined"].map(endOf));
    for (const kind of ["recursion", "exit", "memory"]) {
      const asked = ask();
      hear(workers.at(-1), { id: python.asked, problem: { kind, text: "it" } });
      await asked;
    }
    show([workers.length, python.failed]);"""
    kinds, counts = run(WORKERS + code)
    assert kinds == ["recursion", "recursion", "exit", "memory", "memory", None] and counts == [3, 0]


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
    const kinds = ["missing", "corrupt", "memory", "broken", "stopped", "recursion", "exit", "unheard of"];
    for (const kind of kinds) show(trouble({ kind, message: "numpy.whl" }));"""
    said = run(code)
    assert len(set(said)) == 7 and said[3] == said[7]
    assert all("press" in sentence.lower() for sentence in said)
    assert all("numpy.whl" in said[number] for number in (0, 1, 3))
    assert "calls itself without end" in said[5] and "os._exit()" in said[6]
    assert all("Your code ended Python" in sentence for sentence in said[5:7])


def test_a_silence_is_explained_by_what_is_awaited() -> None:
    """Loading, running, other answers that run first; where nothing was heard at all, no step is counted."""
    code = """const { slow, stage } = await from("words.js");
    show([stage(""), slow(""), slow("numpy"), slow("running"), slow("running", 2)]);"""
    (((first, unheard, loading, running, others),),) = [run(code)]
    assert "step" not in first + unheard and "Stop" in unheard and "starts it anew" in unheard
    assert "step 2 of 4" in loading and "Still loading" in loading
    assert "never ends" in running and "other answers" not in running and "other answers" in others


@pytest.mark.parametrize(("status", "wanted"), [(404, True), (200, False), (503, False), (0, False)])
def test_a_renewed_website_is_known_by_its_folder(status: int, wanted: bool) -> None:
    """It answers that the folder is not there; without a connection, nothing is known."""
    code = f"""const {{ gone }} = await from("gone.js");
    const asked = [];
    globalThis.fetch = async (url, {{ cache }}) => {{
      asked.push(String(url), cache);
      if (!{status}) throw new TypeError("offline");
      return {{ status: {status} }};
    }};
    show([await gone("https://host/live/0123/panel.js"), asked]);"""
    assert run(code) == [[wanted, ["https://host/live/0123/index.json", "no-store"]]]


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
        r"<p style='p\6fsition: fixed; left: 0'>over all, in disguise</p>",
        r"<p style='background: u\72l(//elsewhere.example/y)'>look, in disguise</p>",
        "<p style='margin-top: -900px'>over what stands above</p>",
        "<p style='translate: 0 -900px'>over what stands above</p>",
        "<p class='position-fixed fixed-top'>over all, by the theme</p>",
        "<svg><rect fill='url(//elsewhere.example/z#a)'/></svg>",
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
    for part in ("script", "iframe", "javascript", "onerror", "onbegin", "form", "url(", "position", "style", "class"):
        assert part not in left, part
    assert "look" in left and "here" in left


def test_feedback_keeps_its_own_looks(browser: Browser) -> None:
    """Every style that the grader gives to feedback and its pictures is let through."""
    cell = f"width:1.1em;height:1.5em;background:{picture.GAPS};border:2px solid transparent"
    styles = [feedback.BOX, feedback.CELL, feedback.PRE, picture.SMALL, picture.TABLE, picture.FRAME, cell]
    styles += ["background:rgba(0,114,178,0.55);border:2px solid currentColor", "text-decoration:underline"]
    styles += ["margin:.2em 0 .2em 1.4em", "color:inherit;max-width:60em", "list-style:none;margin:0;padding:0"]
    parts = "".join(f'<div style="{style}"></div>' for style in styles)
    whole = f'<div class="unrolled-feedback">{parts}<svg><rect fill="rgba(128,128,128,.25)"></rect></svg></div>'
    code = """async (html) => {
        const { harmless } = await import("/output.js");
        document.body.replaceChildren(...harmless(html));
        return document.body.innerHTML;
    }"""
    with served(bundle.SCRIPT) as address:
        page = browser.new_page()
        page.goto(f"{address}/package.json")
        assert page.evaluate(code, whole) == whole
        page.close()


def test_the_folder_of_pyodide_is_named_by_its_version() -> None:
    """What never changes under its name may be kept by browsers for ever."""
    wanted = json.loads((bundle.SCRIPT / "package.json").read_text())["dependencies"]
    assert f"pyodide-{wanted['pyodide']}" == place.RUNTIME
