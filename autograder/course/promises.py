"""What the grader promises, as a page of the book: what each wall stops, tried when the page is built; the attacks."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from IPython.display import HTML

from autograder.course import CourseError
from autograder.judge import parts, selftest
from autograder.judge.box import LAYERS, Box

ALL = LAYERS["boxed"]
WALLS: dict[str, tuple[str, list[str]]] = {  # heading: level, and the locks that workers take
    "limits": ("inner", ["limits"]),
    "Landlock": ("inner", ["landlock"]),
    "seccomp": ("inner", ["seccomp"]),
    "bubble&shy;wrap": ("boxed", []),
    "all but the last: inner": ("inner", ALL),
    "all: boxed": ("boxed", ALL),
}
WHOLE = ("all but the last: inner", "all: boxed")
ATTACKS = "autograder.tests.attacks"  # the golden suite; its `themes()` are dicts of attacks with `tries` and `must`


def walls() -> dict[str, set[str]]:
    """The escapes of the self-test that get through, by what stands in their way; all boxes start at once.

    CourseError where one gets through all of it, so that no such page is published.
    """
    tried = {name: made for name, made in WALLS.items() if made[0] != "boxed" or parts.bubblewrap()[0]}
    boxes = {name: Box(level, layers=layers) for name, (level, layers) in tried.items()}
    try:
        found = {name: set(selftest.holes(box)) for name, box in boxes.items()}
    finally:
        for box in boxes.values():
            box.close()
    for name in WHOLE:
        if got := found.get(name):
            raise CourseError(f"{name}: learners' code could {', '.join(sorted(got))}")
    return found


def sentence(found: Mapping[str, set[str]]) -> HTML:
    """At which levels nothing got through, and who asked."""
    levels = " and ".join(name.partition(": ")[2] for name in WHOLE if name in found)
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    at = f"at the level{'s' if ' and ' in levels else ''} {levels}"
    text = f"{len(_escapes())} ways out were tried, as {who}; {at} none led anywhere."
    missing = (
        "" if WHOLE[1] in found else " bubblewrap gets no namespaces where this page was built, so it is left out."
    )
    return _shown([f"<p><strong>{text}</strong>{missing}</p>"])


def table(found: Mapping[str, set[str]]) -> HTML:
    """A row for each escape: stopped, or not, by each wall alone and by all of them."""
    head = "".join(f'<th scope="col">{heading}</th>' for heading in ["what is tried", *found])
    rows = []
    for escape_ in _escapes():
        cells = "".join("<td>open</td>" if escape_ in open_ else "<td>✓</td>" for open_ in found.values())
        rows.append(f'<tr><th scope="row">{escape(escape_)}</th>{cells}</tr>')
    caption = "<caption>✓: refused. open: it worked.</caption>"
    made = f'<table class="table">{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return _shown([f'<div class="wide" role="region" tabindex="0" aria-label="what each wall stops">{made}</div>'])


def attacks() -> HTML:
    """The golden suite, folded by theme: what each attack tries, and what must come of it."""
    if not importlib.util.find_spec(ATTACKS):
        return _shown(["<p>The self-test's attempts above are all there are so far.</p>"])
    themes = importlib.import_module(ATTACKS).themes()
    count = sum(map(len, themes.values()))
    head = f"<p><strong>{count} attacks in {len(themes)} groups.</strong></p>"
    return _shown([head, *(_theme(name, suite) for name, suite in themes.items())])


def _theme(name: str, suite: Sequence[object]) -> str:
    items = "".join(f"<li>{_code(_line(a, 'tries'))} <em>{_code(_line(a, 'must'))}</em></li>" for a in suite)
    return (
        f"<details><summary>{escape(name.replace('_', ' '))}: {len(suite)} attacks</summary><ul>{items}</ul></details>"
    )


def _line(attack: object, what: str) -> str:
    text = str(getattr(attack, what)).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _escapes() -> list[str]:
    return [name.replace("_", " ") for name in selftest.probe_names() if name != "work"]


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _shown(parts_: Sequence[str] | Iterator[str]) -> HTML:
    return HTML(f'<div class="proof walls">{"".join(parts_)}</div>')  # type: ignore[no-untyped-call]
