"""A verdict in plain words: how it stands, what to do first, and how it was judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from markupsafe import Markup

from autograder.classroom.rebuild import line
from autograder.judge.verdict import ExerciseVerdict, Verdict

NUMBERS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
DEVICES = {"cpu": "on the processor of a computer", "cuda": "on a graphics card"}
ISOLATION = {
    "boxed": "shut off from networks, files and other programs",
    "inner": "shut off from networks and files",
    "none": "not shut off from anything",
}


def standing(verdict: Verdict, untouched: Collection[str]) -> Markup:
    """How many exercises are right, and which one to begin with; ``untouched`` names those left as handed out."""
    if verdict.message:
        return Markup("Nothing could be judged, so there are no points for it. The reason, and what to do:")
    left = [one for one in verdict.exercises if one.status != "passed"]
    count, right = len(verdict.exercises), len(verdict.exercises) - len(left)
    if not left:
        all_ = "Both" if count == 2 else f"All {number(count)}"
        return Markup(f"{all_} exercises are right: there is nothing to mend.")
    begin = min(left, key=lambda one: (one.name in untouched, -_close(one)))
    parts = [Markup(f"{number(right).capitalize()} of {number(count)} exercises {'is' if right < 2 else 'are'} right.")]
    if begin.name in untouched:
        what = "The others are not" if right else "Nothing is"
        parts.append(Markup("{} written yet: begin with {}.").format(what, _names([begin.name])))
    else:
        parts.append(_begin(begin, len(left) - len(untouched)))
        if untouched:
            blank = _names(one.name for one in left if one.name in untouched)
            parts.append(Markup("Not written yet: {}.").format(blank))
    return Markup(" ").join(parts)


def judging(verdict: Verdict) -> str:
    """Where the code ran, what it was shut off from, and where its inputs came from."""
    where = DEVICES.get(verdict.device, f"on {line(verdict.device)}")
    return (
        f"Your code ran {where}, {ISOLATION[verdict.isolation]}. "
        "Its inputs were drawn by lot, the same for everybody who was graded with you; "
        f"with the number {verdict.seed} your teacher can draw them again."
    )


def number(count: int) -> str:
    """Up to twelve as a word."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _begin(one: ExerciseVerdict, wrong: int) -> Markup:
    """The exercise to begin with, and what is the matter with it; ``wrong`` is the number of wrong answers."""
    passed = sum(check.passed for check in one.checks)
    hold = ("holds" if passed < 2 else "hold") + (" already" if passed else " yet")
    what = {
        "failed": f"{number(passed)} of its {number(len(one.checks))} checks {hold}",
        "error": "its code breaks off with an error",
        "timeout": "its code takes too long, perhaps in a loop that never ends",
        "forbidden": "it uses something that is not allowed there",
    }.get(one.status, "its code could not be run, or has another name")
    known = any(found.id.startswith("mutant:") for found in one.diagnosis)
    named = ", and its mistake is a known one" if known else ""
    closest = ", which is closest" if _close(one) else ""
    text = f"Begin with {{}}{closest}: {{}}{{}}." if wrong > 1 else "What is left to mend is {}: {}{}."
    return Markup(text).format(_names([one.name]), what, named)


def _close(one: ExerciseVerdict) -> float:
    """The share of its points that an answer has, if that is half of them; else it is as far away as any other."""
    share = one.score / one.max_score
    return share if share >= 0.5 else 0.0


def _names(names: Iterable[str]) -> Markup:
    """Exercises, each a link to what this page says of it."""
    return Markup(", ").join(Markup('<a href="#{0}"><code>{0}</code></a>').format(name) for name in names)
