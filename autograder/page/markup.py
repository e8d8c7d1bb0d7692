"""The HTML of live cells: what stands in the page before a script has run."""

from __future__ import annotations

from html import escape

NOTE = "Here you would edit and check this code, but no scripts run in your browser. The notebook has it, too."
NOTE_CODE = "Here you would edit and run this code, but no scripts run in your browser."
KEYS = (
    '<p class="live-keys">{check}<kbd>Shift</kbd>+<kbd>Enter</kbd> runs the code. '
    "<kbd>Tab</kbd> indents; <kbd>Esc</kbd>, then <kbd>Tab</kbd>, leaves the editor.</p>"
)
HIDDEN = {
    "restore": "Bring my code back",
    "theirs": "Take the other tab's code",
    "mine": "Keep what stands here",
}
CHECK = "<kbd>Ctrl</kbd>+<kbd>Enter</kbd> checks, "


def exercise(name: str, chapter: str) -> str:
    """What opens the cell of an exercise."""
    given = f'data-live="exercise" data-exercise="{name}" data-chapter="{chapter}" data-keep="{name}"'
    return f'<section class="live" id="live-{name}" {given} data-state="idle" aria-label="Write {name} here">\n'


def code(key: str, number: int, chapter: str) -> str:
    """What opens a cell with code to try."""
    given = f'data-live="code" data-chapter="{chapter}" data-keep="{escape(key)}"'
    return (
        f'<section class="live" id="live-code-{number}" {given} data-state="idle" aria-label="Code to try, {number}">\n'
    )


def bar(name: str, check: bool = True) -> str:
    """Buttons, which the script enables; keys; and the place for what happens."""
    buttons = [
        _button("check", "Check", "Control+Enter") if check else "",
        _button("run", "Run", "Shift+Enter"),
        _button("stop", "Stop"),
        _button("reset", "Reset"),
        _button("edit", "Edit"),  # goes once the editor is there, and moves no other
        *(_button(do, words, hidden=True) for do, words in HIDDEN.items()),
    ]
    keys, note = KEYS.format(check=CHECK if check else ""), NOTE if check else NOTE_CODE
    return (
        f'<div class="live-bar" role="group" aria-label="{name}">{"".join(buttons)}</div>\n'
        f'{keys}\n<noscript><p class="live-note">{note}</p></noscript>\n'
        '<div class="live-status" role="status"></div>\n'
    )


def output(name: str) -> str:
    """The place for what came of a press: below the hints, which stay near the code however long it is."""
    return f'<div class="live-output" tabindex="0" role="group" aria-label="What came of {name}" hidden></div>\n'


def hint(number: int, kind: str) -> str:
    """What opens a hint."""
    return f'<details class="live-hint"><summary>Hint {number}: {kind.lower()}</summary>\n'


def hand_in(chapter: str) -> str:
    """The button that makes a chapter's notebook."""
    button = _button("hand-in", "Download the notebook with my answers")
    note = '<noscript><p class="live-note">For this, scripts have to run in your browser.</p></noscript>'
    status = '<div class="live-status" role="status"></div>'
    return f'<div class="live-hand-in" data-chapter="{chapter}">{button}{note}{status}</div>\n'


def progress(title: str, link: str, names: list[str]) -> str:
    """A chapter's line in the list of what is solved; the script puts the count in."""
    words = f"{len(names)} exercises"
    count = f'<span class="live-count" data-exercises="{" ".join(names)}">{words}</span>'
    return f'<li><a href="{escape(link)}">{escape(title)}</a>: {count}</li>'


def _button(do: str, words: str, keys: str = "", hidden: bool = False) -> str:
    shortcut = f' aria-keyshortcuts="{keys}"' if keys else ""
    return f'<button type="button" data-do="{do}"{shortcut} disabled{" hidden" * hidden}>{words}</button>'
