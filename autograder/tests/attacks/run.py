"""Run the golden suite: ``python -m autograder.tests.attacks.run boxed|inner|bare [THEME...]``.

One judge at that level judges every attack, the sibling submissions that each brings along, and a right submission
after each. A line for each attack that was not contained; then the exit status is 1.
At the level *bare* nothing isolates: the attacks that say what they break are run, and must break just that.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.errors import UserError
from autograder.judge.session import Judge
from autograder.judge.verdict import ExerciseVerdict, Verdict
from autograder.tests.attacks import FOLDER, SEEN, Attack, themes
from autograder.tests.attacks.world import World

LEVELS = ("boxed", "inner", "bare")
TOGETHER = 6  # attacks that are judged side by side
TOOLS = FOLDER / "tools.py"


@dataclass
class Outcome:
    """What came of an attack: what was seen, by a name of ``SEEN``; nothing where it was contained."""

    theme: str
    name: str
    seen: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """A line for each thing that was seen."""
        return [f"{self.theme}/{self.name}: {SEEN[what]} ({how})" for what, how in self.seen.items()]


def suite(judge: Judge, world: World, attacks: Sequence[Attack], together: int = TOGETHER) -> Iterator[Outcome]:
    """Hand in the attacks, some at a time; what is seen of the world is said of all that ran meanwhile."""
    with ThreadPoolExecutor(together) as pool:
        for start in range(0, len(attacks), together):
            batch = attacks[start : start + together]
            outcomes = list(pool.map(lambda attack: attempt(judge, world, attack), batch))
            if around := world.seen(judge):
                world.mend(judge)
            for outcome in outcomes:
                outcome.seen |= around
                yield outcome


def attempt(judge: Judge, world: World, attack: Attack) -> Outcome:
    """Judge one attack, and a right submission after it."""
    outcome = Outcome(attack.theme, attack.name)
    try:
        verdict = judge.verdict(hand_in(world, attack), attack.exercise.chapter, attack.name)
    except UserError as error:
        outcome.seen["no_verdict"] = str(error)
    else:
        outcome.seen |= _of_the_verdict(world, attack, verdict)
    others = attack.others()
    after = judge.verdict(_write(world.handed_in / f"{attack.name}-next", [e.source for e in others]))
    if any(after.exercise(e.name).status != "passed" for e in others):
        outcome.seen["next_harmed"] = "; ".join(_said(after.exercise(e.name)) for e in others)
    return outcome


def _of_the_verdict(world: World, attack: Attack, verdict: Verdict) -> dict[str, str]:
    """What is seen of an attack in its verdict."""
    seen, text = {}, verdict.to_json()
    if "got through" in text:
        seen["got_through"] = verdict.exercise(attack.of).message
    if world.leaks(text):
        seen["canary_read"] = "a secret"
    if wrong := undeserved(attack, verdict):
        seen["grade_changed"] = wrong
    return seen


def hand_in(world: World, attack: Attack) -> Path:
    """Write the file that an attack hands in, beside right answers to other exercises."""
    folder = world.handed_in / attack.name
    if attack.made:
        from autograder.tests.attacks import makers

        folder.mkdir(parents=True, exist_ok=True)
        made: Path = getattr(makers, attack.made)(world, folder, attack)
        return made
    cells = [TOOLS.read_text(encoding="utf-8"), world.aim(attack.before), world.aim(attack.code)]
    return _write(folder, [*cells, *(other.source for other in attack.others())])


def undeserved(attack: Attack, verdict: Verdict) -> str:
    """What is not as it has to be in a verdict; "" when all is."""
    found = verdict.exercise(attack.of)
    low, high = attack.share
    if found.status not in attack.status or not low - 1e-9 <= found.score / found.max_score <= high + 1e-9:
        return _said(found)
    if not re.search(attack.says, found.message) or "\n" in found.message:
        return f'its message is "{found.message}"'
    if attack.spares and (lost := [e for e in map(verdict.exercise, _names(attack)) if e.status != "passed"]):
        return f"another exercise suffered: {_said(lost[0])}"
    return ""


def main() -> int:
    """Run what the command line names; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("level", choices=LEVELS)
    parser.add_argument("theme", nargs="*", choices=[[], *themes()], help="all when none is named")
    parser.add_argument("--only", metavar="NAME", help="one attack alone")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each attack")
    asked = parser.parse_args()
    attacks = [a for t in asked.theme or themes() for a in themes()[t] if asked.only in (None, a.name)]
    bare = asked.level == "bare"
    if bare:
        attacks = [attack for attack in attacks if attack.breaks]
    levels, patience, together = ((), 1.0, 1) if bare else ((asked.level,), 5.0, TOGETHER)
    good = True
    try:
        with World(patience) as world, Judge(allow_unisolated=bare, levels=levels) as judge:
            world.surround(judge)
            for attack, outcome in zip(attacks, suite(judge, world, attacks, together), strict=True):
                as_expected = attack.breaks in outcome.seen if bare else not outcome.seen
                good = good and as_expected
                _tell(attack, outcome, as_expected, asked.json)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.status
    return 0 if good else 1


def _tell(attack: Attack, outcome: Outcome, as_expected: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(outcome)), flush=True)
    elif not as_expected:
        lines = outcome.lines() or [f"{outcome.theme}/{outcome.name}: nothing was seen, and {attack.breaks} should be"]
        print("\n".join(lines), flush=True)


def _names(attack: Attack) -> list[str]:
    return [other.name for other in attack.others()]


def _said(found: ExerciseVerdict) -> str:
    return f"{found.name} is {found.status}, {found.score} of {found.max_score}: {found.message}"


def _write(folder: Path, cells: Sequence[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "answers.py"
    path.write_text("\n# %%\n".join(cells), encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
