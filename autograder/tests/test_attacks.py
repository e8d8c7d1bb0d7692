"""Every attack of the golden suite is contained, at both levels and by whomever it is run; and what is not, is seen."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.judge import box, selftest
from autograder.judge.session import Judge
from autograder.tests.attacks import Attack, people, read, run, themes
from autograder.tests.attacks.world import World


def lines(outcomes: list[dict[str, object]]) -> list[str]:
    """What was seen of each attack that was not contained."""
    return [f"{each['theme']}/{each['name']}: {each['seen']}" for each in outcomes if each["seen"]]


@pytest.mark.parametrize("level", ["boxed", "inner"])
@pytest.mark.parametrize("person", ["oneself", "ordinary_user"])
def test_every_attack_is_contained(level: str, person: str) -> None:
    """The grade is the deserved one, the next submission is unaffected, no file is changed, no process survives."""
    if person == "ordinary_user" and (reason := people.why_not()):
        pytest.skip(reason)
    with getattr(people, person)() as somebody:
        outcomes, said = somebody.run(level)
    assert not said
    assert len(outcomes) == sum(map(len, themes().values()))
    assert lines(outcomes) == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="some attacks make system calls by the numbers of x86-64")
def test_the_attacks_are_real() -> None:
    """Where nothing isolates, each attack that says what it breaks breaks it: so it is the walls that contain them."""
    expected = {attack.name: attack.breaks for theme in themes().values() for attack in theme if attack.breaks}
    with people.oneself() as somebody:
        outcomes, said = somebody.run("bare")
    assert not said and len(outcomes) == len(expected)
    assert {each["name"]: expected[each["name"]] in each["seen"] for each in outcomes} == dict.fromkeys(expected, True)


ENTRY = """
[[attack]]
name = "one"
tries = "t"
must = "m"
status = "failed"
code = "x = 1"
"""
WRONG = {
    "shares is no key": ENTRY + "shares = 1",
    "tries is missing": ENTRY.replace('tries = "t"', ""),
    "fails is no status": ENTRY.replace("failed", "fails"),
    "either code or made": ENTRY + "made = 'maker'",
    "rnn_stepp is no exercise": ENTRY + "of = 'rnn_stepp'",
    "process is nothing that can be seen": ENTRY + "breaks = 'process'",
    "one stands there twice": ENTRY * 2,
    "tables are expected": "attacks = []",
}


@pytest.mark.parametrize("said", WRONG)
def test_an_attack_that_is_not_as_it_has_to_be_is_named(said: str) -> None:
    """A misspelt key or name would otherwise make an attack that tests nothing."""
    with pytest.raises(ValueError, match=said):
        read("theme", WRONG[said])


RIGHT = "    return right(x, h_prev, Wx, Wh, b)"
BREAKS = {
    "got_through": "got('it')",
    "canary_read": "raise ValueError(open('@classmate@').read())",
    "canary_written": "open('@gradebook@', 'a').write('x')",
    "connected": "import socket; socket.create_connection(('127.0.0.1', @port@))",
    "process_left": "import os, time; os.fork() or (os.fork() and os._exit(0)) or time.sleep(60)",
    "judge_signalled": "import os; os.kill(@judge_pid@, 10)",
    "warm_lost": "import os; os.kill(@warm_pid@, 9)",
    "sibling_lost": "import os; os.kill(@sibling_pid@, 9)",
    "grade_changed": "x = 0 * x",
}


def attack(line: str) -> Attack:
    """The right answer to rnn_step with one line in front of it."""
    code = f"def rnn_step(x, h_prev, Wx, Wh, b):\n    {line}\n{RIGHT}"
    return Attack("one", "theme", "tries", "must", ("passed",), code=code, share=(1.0, 1.0))


@pytest.fixture(scope="module")
def open_world() -> Iterator[tuple[World, Judge]]:
    """A world whose judge isolates nothing."""
    with World() as world, Judge(allow_unisolated=True, levels=()) as judge:
        world.surround(judge)
        yield world, judge


@pytest.mark.parametrize("what", BREAKS)
def test_what_gets_through_is_seen(open_world: tuple[World, Judge], what: str) -> None:
    """Each kind of harm is seen where it is done, and mended; a right answer after it shows none."""
    world, judge = open_world
    first, second = run.suite(judge, world, [attack(BREAKS[what]), attack("pass")], together=1)
    assert what in first.seen
    assert second.seen == {}


def test_a_harmed_neighbour_or_successor_is_seen(open_world: tuple[World, Judge]) -> None:
    """Right answers that get less than full marks, in the same notebook or in the next, are told."""
    world, judge = open_world
    spoilt = replace(attack("pass"), before="import sys\nsys.modules['__main__'].rnn_forward = 1")
    assert run.attempt(judge, world, spoilt).seen == {}
    spoils = "import numpy\nnumpy.stack = None"
    assert (
        "another exercise suffered" in run.attempt(judge, world, replace(spoilt, before=spoils)).seen["grade_changed"]
    )
    harmed = judge.verdict(run.hand_in(world, replace(spoilt, before=spoils)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "verdict", lambda *arguments: harmed)
        assert "rnn_forward" in run.attempt(judge, world, spoilt).seen["next_harmed"]


def test_an_attack_that_stops_the_grading_is_seen(open_world: tuple[World, Judge]) -> None:
    """Who takes every new box along, whatever its number, leaves no verdict; and the next attack finds a box."""
    world, judge = open_world
    always = attack("import os; os.kill(os.getppid(), 9)")
    first, second = run.suite(judge, world, [always, attack("pass")], together=1)
    assert "3 times" in first.seen["no_verdict"] and "warm_lost" in first.seen
    assert second.seen == {}


HOLES = {
    "limits": ("bombs", "memory_in_one_piece", "the code said that it got what it wanted"),
    "landlock": ("kernel", "path_descriptor", "a secret stands in the verdict"),
    "seccomp": ("bombs", "fork_loop", "a process is left"),
}


@pytest.mark.parametrize("missing", HOLES)
def test_a_hole_turns_the_suite_red(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    """A judge that lacks a wall, and a self-test that does not notice: the attacks do."""
    theme, name, said = HOLES[missing]
    monkeypatch.setitem(box.LAYERS, "inner", [layer for layer in HOLES if layer != missing])
    monkeypatch.setattr(selftest, "holes", lambda *arguments: [])
    monkeypatch.setattr(sys, "argv", ["run", "inner", theme, "--only", name])
    assert run.main() == 1
    assert f"{theme}/{name}: {said}" in capsys.readouterr().out
