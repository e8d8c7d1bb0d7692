"""The page of promises: every test that it names exists, and its tables say what was tried."""

from __future__ import annotations

import ast
import re
import sys
from types import ModuleType, SimpleNamespace

import pytest

from autograder import paths
from autograder.course import CourseError, promises
from autograder.judge import parts, selftest

PAGE = paths.ROOT / "book" / "promises.md"
TESTS = paths.PACKAGE / "tests"


def tables() -> list[list[list[str]]]:
    """The rows of the page's tables, each a list of its cells."""
    found = []
    for body in re.findall(r":::\{list-table\}\n(.*?)\n:::", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        rows = re.split(r"^\* - ", body, flags=re.MULTILINE)[1:]
        found.append([[cell.strip() for cell in re.split(r"\n  - ", row)] for row in rows])
    return found


def test_every_test_that_is_named_exists() -> None:
    """A promise whose test was renamed or removed is noticed."""
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 20
    for file, name in named:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"


def test_every_promise_names_its_test() -> None:
    """No row of the table of promises goes without."""
    (promised,) = (table for table in tables() if table[0] == ["promise", "test"])
    assert len(promised) > 15
    for promise, test in promised[1:]:
        assert re.fullmatch(r"(`test_\w+\.py::test_\w+`(, )?)+", test), promise


def test_the_page_has_the_numbers_of_the_code() -> None:
    """Memory, processor time and files are those of the locks."""
    from autograder.judge import sitting
    from autograder.worker import lockdown

    text = PAGE.read_text(encoding="utf-8")
    assert (lockdown.MEMORY, lockdown.GPU_MEMORY, lockdown.CPU_SECONDS) == (2 * 2**30, 4 * 2**30, 120)
    assert "more than 2 GiB of memory, two minutes of processor time" in text and "4 GiB of private memory" in text
    assert f"{lockdown.GPU_FILES} open files in place of {lockdown.FILES}" in text
    assert sitting.CALL_SECONDS == 5 and "stopped after five seconds" in text


def test_no_wall_is_enough_alone_and_each_adds_something() -> None:
    """As the page says: alone each lets something through, together they let nothing."""
    found = promises.walls()
    assert list(found) == list(promises.WALLS)
    alone = {name: open_ for name, open_ in found.items() if name not in promises.WHOLE}
    assert all(alone.values()) and not any(found[name] for name in promises.WHOLE)
    assert all(len(open_) < len(selftest.probe_names()) - 1 for open_ in alone.values())
    text = promises.table(found).data
    assert text.count("<tr>") == len(selftest.probe_names()) and text.count("open</td>") == sum(
        map(len, found.values())
    )
    assert "at the levels inner and boxed none led anywhere" in promises.sentence(found).data


def test_without_bubblewrap_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be built all the same, and shows what could be tried."""
    monkeypatch.setattr(parts, "bubblewrap_programs", lambda: [])
    monkeypatch.setattr(promises, "WALLS", {n: promises.WALLS[n] for n in promises.WHOLE})
    found = promises.walls()
    text = promises.sentence(found).data
    assert list(found) == [promises.WHOLE[0]] and "at the level inner none" in text and "it is left out" in text


def test_a_hole_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a wall that does not hold there is no page."""
    monkeypatch.setattr(promises, "WALLS", {promises.WHOLE[0]: ("inner", ["limits", "landlock"])})
    with pytest.raises(CourseError, match=r"learners' code could .*make processes"):
        promises.walls()


def test_attacks_are_listed_by_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    """What each tries and what must come of it, as text; where there is no suite, a sentence says so."""
    suite = ModuleType("suite")
    attack = SimpleNamespace(tries="forks `<until>` it falls", must="It is refused.")
    suite.themes = lambda: {"bombs_of_all_kinds": (attack, attack)}
    suite.__spec__ = SimpleNamespace(name="suite")
    monkeypatch.setitem(sys.modules, "suite", suite)
    monkeypatch.setattr(promises, "ATTACKS", "suite")
    text = promises.attacks().data
    assert "2 attacks in 1 groups" in text and "bombs of all kinds: 2 attacks" in text
    assert "<li>forks <code>&lt;until&gt;</code> it falls. <em>It is refused.</em></li>" in text
    monkeypatch.setattr(promises, "ATTACKS", "autograder.tests.no_such_suite")
    assert "all there are so far" in promises.attacks().data
