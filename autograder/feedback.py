"""A verdict for people: as text for a terminal, as a fragment of HTML for notebooks and pages.

Everything in a verdict may have been written by a learner: it is escaped, and control characters are taken out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from autograder.judge.verdict import CheckVerdict, Example, ExerciseVerdict, Verdict

SIGNS = {True: "✓", False: "✗"}
WORDS = {
    "passed": "passed",
    "failed": "not right yet",
    "error": "stopped by an error",
    "missing": "nothing to judge",
    "timeout": "took too long",
    "forbidden": "uses what it may not use",
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf|True|False)")
MARKED = 6  # differing entries that are marked
LOOKS_LIKE = "What this looks like"
LINE = 160  # characters of a line in a summary

BORDER = "1px solid rgba(128,128,128,.5)"
CELL = f"text-align:left;vertical-align:top;padding:.25em .6em;border:{BORDER};background:transparent;color:inherit"
PRE = "margin:0;padding:0;background:transparent;color:inherit;border:0;font-size:.9em;white-space:pre;overflow-x:auto"
BOX = f"border:{BORDER};border-left:.3em solid rgba(128,128,128,.8);padding:.4em .8em;margin:.6em 0"


def exercise_text(verdict: ExerciseVerdict) -> str:
    """The feedback on one exercise as lines of text."""
    if verdict.status == "passed":
        passed = [f"  ✓ {_clean(check.sentence)}" for check in verdict.checks]
        note = [f"  note: {_clean(verdict.message)}"] if verdict.message else []
        return "\n".join([_headline(verdict), *passed, *note])
    lines = [_headline(verdict)]
    if verdict.status not in ("failed", "error"):
        lines.append(f"  {_clean(verdict.message)}")
    if verdict.diagnosis:
        lines.append(f"  {LOOKS_LIKE}")
    lines += [f"    {_clean(d.believes)} ({_clean(d.evidence)})" for d in verdict.diagnosis]
    if common := _common(verdict):
        lines.append(f"  {common}")
    first, messages = _first_example(verdict), {} if common else _messages(verdict)
    for check in _shown(verdict):
        lines.append(f"  {SIGNS[check.passed]} {_clean(check.sentence)}")
        if check.name in messages:
            lines.append(f"      {messages[check.name]}")
        if check is first and check.example:
            lines += _example_lines(check.example)
    return "\n".join(lines)


def exercise_html(verdict: ExerciseVerdict, pictures: Mapping[str, str] = MappingProxyType({})) -> str:
    """The feedback on one exercise as a fragment of HTML that needs no style sheet and no script.

    ``pictures`` holds HTML of ours by the name of a check: it is shown below the example that is shown in full.
    """
    parts = [f'<p style="margin:.2em 0"><strong>{escape(_headline(verdict))}</strong></p>']
    if verdict.message and verdict.status not in ("failed", "error"):
        parts.append(f'<p style="margin:.2em 0">{escape(_clean(verdict.message))}</p>')
    if verdict.diagnosis:
        looks = [f"{_code(found.believes)} <em>({_code(found.evidence)})</em>" for found in verdict.diagnosis]
        sentences = "".join(f'<p style="margin:.2em 0">{sentence}</p>' for sentence in looks)
        parts.append(f'<div style="{BOX}"><strong>{LOOKS_LIKE}</strong>{sentences}</div>')
    if common := _common(verdict):
        parts.append(f'<p style="margin:.2em 0">{_code(common)}</p>')
    first, messages = _first_example(verdict), {} if common else _messages(verdict)
    items = [
        _check_item(check, messages.get(check.name, ""), check is first, pictures.get(check.name, ""))
        for check in _shown(verdict)
    ]
    if items:
        parts.append(f'<ul style="list-style:none;margin:.2em 0;padding:0">{"".join(items)}</ul>')
    return f'<div class="unrolled-feedback" style="color:inherit;max-width:60em">{"".join(parts)}</div>'


def verdict_text(verdict: Verdict) -> str:
    """One submission on one screen: a line for each exercise, and for what is wrong the first reason."""
    who = " · ".join(_clean(part) for part in (verdict.chapter, verdict.student) if part)
    points = f"{round(verdict.score, 2):g} of {verdict.max_score:g} points"
    lines = [f"{who or 'submission'}: {points} (isolation: {verdict.isolation})"]
    if verdict.message:
        lines.append(f"  {_short(verdict.message)}")
    for exercise in verdict.exercises:
        lines.append(f"  {_headline(exercise)}")
        lines += [f"      {line}" for line in _reasons(exercise)]
    lines += [f"  note: {_short(note)}" for note in verdict.notes[:5]]
    lines += [f"  {len(verdict.notes) - 5} more notes"] * (len(verdict.notes) > 5)
    lines += [f"  not shut off: {_short(hole)}" for hole in verdict.holes]
    return "\n".join(lines)


def _headline(verdict: ExerciseVerdict) -> str:
    sign = SIGNS[verdict.status == "passed"]
    points = f"{round(verdict.score, 2):g} of {verdict.max_score:g} points"
    return f"{sign} {_clean(verdict.name)}: {WORDS[verdict.status]}, {points}"


def _reasons(verdict: ExerciseVerdict) -> list[str]:
    """Why an exercise did not pass, in at most three lines; the name of a mistake is never cut short."""
    if verdict.status == "passed":
        return [f"note: {_short(verdict.message)}"] if verdict.message else []
    reasons = [verdict.message]
    if verdict.status in ("failed", "error"):
        reasons += [check.message for check in verdict.checks if not check.passed][:1]
    named = [_clean(diagnosis.believes) for diagnosis in verdict.diagnosis[:1]]
    return [*dict.fromkeys(_short(reason) for reason in reasons), *named]


def _shown(verdict: ExerciseVerdict) -> Sequence[CheckVerdict]:
    """No list of checks where none of them has anything to say."""
    return [] if verdict.status in ("missing", "forbidden") else verdict.checks


def _first_example(verdict: ExerciseVerdict) -> CheckVerdict | None:
    """The failing check whose example is shown in full: the first one with an input small enough to be printed."""
    with_example = [check for check in verdict.checks if check.example and not check.passed]
    return min(with_example, key=_vagueness, default=None)


def _vagueness(check: CheckVerdict) -> tuple[bool, bool, int]:
    """Inputs that are printed come first, then values that can be compared, then printed inputs that are small."""
    example = check.example
    assert example
    printed = "= [" in example.call
    lines = example.call.partition("\n(below")[0].count("\n") if printed else 0
    return not printed, not example.expected, lines


def _messages(verdict: ExerciseVerdict) -> dict[str, str]:
    """What each failing check says, by its name; what has just been said is not said again."""
    messages: dict[str, str] = {}
    said = ""
    for check in verdict.checks:
        if not check.passed:
            messages[check.name] = "the same here" if check.message == said else _clean(check.message)
            said = check.message
    return messages


def _common(verdict: ExerciseVerdict) -> str:
    """What all failing checks say, where two or more say the very same; else ""."""
    failed = [check for check in _shown(verdict) if not check.passed]
    if len(failed) < 2 or len({check.message for check in failed}) > 1 or not failed[0].message:
        return ""
    count = f"all {len(failed)}" if len(failed) == len(verdict.checks) else f"{len(failed)} of {len(verdict.checks)}"
    return f"{count} checks stop at the same place: {_clean(failed[0].message)}"


def _example_lines(example: Example) -> list[str]:
    lines = []
    expected, returned, differ = _marked(example, "*", "*")
    for label, text in [("called", _clean(example.call, "\n")), ("expected", expected), ("returned", returned)]:
        rows = text.splitlines() if text else []
        lines += [f"      {label if number == 0 else '':<9} {row}" for number, row in enumerate(rows)]
    if differ:
        lines.append(f"      {'':<9} (*...* differs)")
    return lines


def _check_item(check: CheckVerdict, message: str, in_full: bool, picture: str) -> str:
    word = "passed" if check.passed else "not passed"
    weight = "" if check.weight == 1 else f" (weight {check.weight:g})"
    parts = [f"{SIGNS[check.passed]} {_code(check.sentence)} <em>{word}{weight}</em>"]
    if message:
        parts.append(f'<div style="margin:.2em 0 .2em 1.4em">{_code(message)}</div>')
    if not check.passed:
        if check.example and in_full:
            parts.append(_example_table(check.example) + picture)
        elif check.example:
            summary = '<summary style="margin-left:1.4em;cursor:pointer">the input on which it fails</summary>'
            parts.append(f"<details>{summary}{_example_table(check.example)}</details>")
    return f'<li style="margin:.3em 0;padding:0">{"".join(parts)}</li>'


def _example_table(example: Example) -> str:
    expected, returned, differ = _marked(example, "\x01", "\x02")
    rows = [("called", _clean(example.call, "\n")), ("expected", expected), ("returned", returned)]
    cells = [
        f'<tr style="background:transparent"><th scope="row" style="{CELL}">{label}</th>'
        f'<td style="{CELL}"><pre style="{PRE}">{_marks(escape(text))}</pre></td></tr>'
        for label, text in rows
        if text
    ]
    table = f'<table style="border-collapse:collapse;margin:0;color:inherit">{"".join(cells)}</table>'
    legend = "<div><em>bold and underlined: entries that differ</em></div>" if differ else ""
    reachable = 'tabindex="0" role="group" aria-label="example"'  # by keyboard, where it is wider than the page
    return f'<div {reachable} style="overflow-x:auto;margin:.3em 0 .3em 1.4em">{table}{legend}</div>'


def _marks(text: str) -> str:
    return text.replace("\x01", '<b style="text-decoration:underline">').replace("\x02", "</b>")


def _marked(example: Example, before: str, after: str) -> tuple[str, str, bool]:
    """Both texts, with the first differing numbers marked where number stands against number."""
    expected, returned = _clean(example.expected, "\n"), _clean(example.returned, "\n")
    ours, theirs = NUMBER.findall(expected), NUMBER.findall(returned)
    if len(ours) != len(theirs) or expected.startswith("shape"):
        return expected, returned, False
    differ = [number for number, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other][:MARKED]
    return _mark(expected, differ, before, after), _mark(returned, differ, before, after), bool(differ)


def _mark(text: str, which: list[int], before: str, after: str) -> str:
    counter = iter(range(len(text)))
    return NUMBER.sub(lambda m: f"{before}{m[0]}{after}" if next(counter) in which else m[0], text)


def _clean(text: str, keep: str = "") -> str:
    """Printable characters alone: no escape sequence reaches a terminal, no line break a line."""
    if text.isprintable():  # nearly every text is
        return text
    return "".join(char if char.isprintable() or char in keep else " " for char in text)


def _short(text: str) -> str:
    text = _clean(text)
    return text if len(text) <= LINE else textwrap.shorten(text, LINE, placeholder=" ...")


def _code(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(_clean(text)))
