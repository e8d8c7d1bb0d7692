"""Who handed a file in, and when: what Canvas, Moodle, Gradescope, Brightspace and Blackboard write into names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import yaml

METADATA = "submission_metadata.yml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built

# What a student called the file comes last, and may look like any of these: each pattern ends at its first chance.
# Canvas: smithbob_LATE_340934_208490284_work.ipynb; family name first, the user's number, the submission's
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d{1,18})_(?P<number>\d{1,18})_")
# Moodle: a folder "Bob Smith_657737_assignsubmission_file_", or the same in front of the file's own name
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file(?:_|$)")
# Brightspace: "39786-640693 - Bob Smith - Oct 10, 2025 1022 AM", a folder, or in front of " - work.ipynb"
BRIGHTSPACE = re.compile(r"\d+-\d+ - (?P<name>.+?) - (?P<when>[A-Z][a-z]{2} \d{1,2}, \d{4} \d{3,4} [AP]M)(?: - |$)")
# Blackboard, and what nbgrader's manual has as its example: hw2_bob_attempt_2026-11-30-10-00-00_work.ipynb
BLACKBOARD = re.compile(r"(?P<who>.+?)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_|\.|$)")
LONGEST = 255  # letters of a name
CLOCKS = ("Brightspace", "Blackboard")  # that write times as a clock on the wall shows them


@dataclass(frozen=True)
class Sender:
    """Whoever handed a file in, as a platform writes it; ``attempt`` orders files of the same time."""

    platform: str
    name: str = ""
    ids: tuple[str, ...] = ()
    sent: datetime | None = None
    attempt: int = 0
    note: str = ""


class Platforms:
    """Reads ways to files; Gradescope's lists, which lie beside the submissions, have to be shown to it first.

    The outermost name that tells a sender counts: what lies within was named by the student.
    """

    def __init__(self, known: Callable[[str], bool], zone: tzinfo | None = None) -> None:
        """``known`` says whether a plain name is that of a student; ``zone`` is that of times that name none.

        Without one they are read as this computer's clock shows them.
        """
        self._known, self._zone = known, zone
        self._listed: dict[tuple[str, ...], list[Sender]] = {}  # by the way to the folder of a submission

    def learn(self, way: tuple[str, ...], data: bytes) -> str:
        """Take in Gradescope's list of whose the folders beside it are; returns what is wrong with it, or nothing."""
        try:
            listed = yaml.load(data, LOADER)
            found = {
                (*way[:-1], folder): [_gradescope(entry, who) for who in entry[":submitters"]]
                for folder, entry in listed.items()
            }
        except (
            yaml.YAMLError,
            UnicodeDecodeError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            RecursionError,
            OverflowError,
        ):
            return "not the list that Gradescope writes; export the submissions again"
        self._listed |= found
        return ""

    def senders(self, way: tuple[str, ...], named: int) -> list[Sender]:
        """Who handed in the file at the end of this way; several where a group did, none where no name tells it.

        Only the first ``named`` parts of the way are read: the others were named by the student.
        """
        for depth in range(1, named + 1):
            part = way[depth - 1]
            if len(part) > LONGEST:
                return []
            if way[:depth] in self._listed:
                return self._listed[way[:depth]]
            found = [(match.end(), self._sender(match)) for one in PATTERNS if (match := one.match(part))]
            if found:
                return [min(found, key=lambda each: each[0])[1]]
            plain = _beginnings(part) if depth == named else [part]
            if student := next(filter(self._known, plain), ""):
                return [Sender("folder", ids=(student,))]
        return []

    def _sender(self, found: re.Match[str]) -> Sender:
        if found.re is MOODLE:  # its grading worksheet writes "Participant 657737"; the bare number may be another's
            return Sender("Moodle", found["name"].replace("_", " "), (f"Participant {found['id']}",))
        if found.re is BRIGHTSPACE:
            day, time, half = found["when"].rsplit(" ", 2)
            return Sender(
                "Brightspace", found["name"], sent=self._clock(f"{day} {time:0>4} {half}", "%b %d, %Y %I%M %p")
            )
        if found.re is BLACKBOARD:  # the assignment's name comes first, and both may have underscores
            pieces = found["who"].split("_")
            ends = ["_".join(pieces[n:]) for n in range(len(pieces))]
            who = next(filter(self._known, ends), pieces[-1])
            return Sender("Blackboard", ids=(who,), sent=self._clock(found["when"], "%Y-%m-%d-%H-%M-%S"))
        note = "Canvas marks it late" if found["late"] else ""
        return Sender("Canvas", found["name"], (found["id"],), None, int(found["number"]), note)

    def _clock(self, written: str, form: str) -> datetime | None:
        """A time as the platform shows it to the instructor; None for what is none."""
        try:
            return datetime.strptime(written, form).replace(tzinfo=self._zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


PATTERNS = (MOODLE, BRIGHTSPACE, BLACKBOARD, CANVAS)


def _gradescope(entry: dict[str, Any], who: dict[str, Any]) -> Sender:
    ids = tuple(str(who[key]) for key in (":sid", ":email") if who.get(key) and isinstance(who[key], str | int))
    sent, name = entry.get(":created_at"), who.get(":name")
    if isinstance(sent, str):
        sent = datetime.fromisoformat(sent)
    sent = sent.replace(tzinfo=sent.tzinfo or UTC).astimezone(UTC) if isinstance(sent, datetime) else None
    return Sender("Gradescope", name if isinstance(name, str) else "", ids, sent)


def _beginnings(file: str) -> list[str]:
    """The name of a file without its ending, and each beginning of it: a_b_c, a_b, a."""
    stem = file.rsplit(".", 1)[0]
    return [stem, *(stem[: found.start()] for found in reversed([*re.finditer(r"[_\- ]", stem)]))]
