"""Who handed a file in, and when: what Canvas, Moodle, Gradescope, Brightspace and Blackboard write into names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

METADATA = "submission_metadata.yml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built

# Canvas: smithbob_LATE_340934_208490284_work-1.ipynb; family name first, the user's number, the submission's
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
# Moodle: a folder "Bob Smith_657737_assignsubmission_file_", or the same in front of the file's own name
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_file(?:_(?P<file>.*))?")
# Brightspace: "39786-640693 - Bob Smith - Oct 10, 2025 1022 AM", a folder, or in front of " - work.ipynb"
BRIGHTSPACE = re.compile(
    r"\d+-\d+ - (?P<name>.+?) - (?P<when>[A-Z][a-z]{2} \d{1,2}, \d{4} \d{3,4} [AP]M)(?: - (?P<file>.+))?"
)
# Blackboard, and what nbgrader's manual has as its example: ..._bob_attempt_2026-11-30-10-00-00_work.ipynb
BLACKBOARD = re.compile(r"(?:.*_)?(?P<id>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+))?")
AGAIN = re.compile(r"-(\d+)(?=\.\w+$)")  # Canvas numbers what is handed in again


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

    def __init__(self, known: Callable[[str], bool]) -> None:
        """``known`` says whether a plain name is that of a student."""
        self._known = known
        self._listed: dict[tuple[str, ...], list[Sender]] = {}  # by the way to the folder of a submission

    def learn(self, way: tuple[str, ...], data: bytes) -> str:
        """Take in Gradescope's list of whose the folders beside it are; returns what is wrong with it, or nothing."""
        try:
            listed = yaml.load(data, LOADER)
            found = {
                (*way[:-1], folder): [_gradescope(entry, who) for who in entry[":submitters"]]
                for folder, entry in listed.items()
            }
        except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            return "not the list that Gradescope writes; export the submissions again"
        self._listed |= found
        return ""

    def senders(self, way: tuple[str, ...]) -> list[Sender]:
        """Who handed in the file at the end of this way; several where a group did, none where no name tells it."""
        for depth in range(2, len(way) + 1):  # the first name is that of the download
            part = way[depth - 1]
            if way[:depth] in self._listed:
                return self._listed[way[:depth]]
            for read in (_moodle, _brightspace, _blackboard, _canvas):
                if sender := read(part):
                    return [sender]
            plain = _beginnings(part) if depth == len(way) else [part]
            if student := next(filter(self._known, plain), ""):
                return [Sender("folder", ids=(student,))]
        return []


def _gradescope(entry: dict[str, Any], who: dict[str, Any]) -> Sender:
    ids = tuple(str(who[key]) for key in (":sid", ":email") if who.get(key))
    sent = entry.get(":created_at")
    if isinstance(sent, str):
        sent = datetime.fromisoformat(sent)
    sent = sent.replace(tzinfo=sent.tzinfo or UTC).astimezone(UTC) if isinstance(sent, datetime) else None
    return Sender("Gradescope", str(who.get(":name") or ""), ids, sent)


def _moodle(part: str) -> Sender | None:
    found = MOODLE.fullmatch(part)
    # its grading worksheet calls the number "Participant 657737"; another number on a roster may look the same
    return Sender("Moodle", found["name"].replace("_", " "), (f"Participant {found['id']}",)) if found else None


def _brightspace(part: str) -> Sender | None:
    if not (found := BRIGHTSPACE.fullmatch(part)):
        return None
    try:
        day, time, half = found["when"].rsplit(" ", 2)
        when = datetime.strptime(f"{day} {time:0>4} {half}", "%b %d, %Y %I%M %p")
    except ValueError:
        return Sender("Brightspace", found["name"])
    return Sender("Brightspace", found["name"], sent=when.astimezone(UTC))  # it has the instructor's clock


def _blackboard(part: str) -> Sender | None:
    if not (found := BLACKBOARD.fullmatch(part)):
        return None
    try:
        when = datetime.strptime(found["when"], "%Y-%m-%d-%H-%M-%S").astimezone(UTC)
    except ValueError:
        when = None
    return Sender("Blackboard", ids=(found["id"],), sent=when)


def _canvas(part: str) -> Sender | None:
    if not (found := CANVAS.fullmatch(part)):
        return None
    again = AGAIN.search(found["file"])
    return Sender(
        "Canvas",
        found["name"],
        (found["id"],),
        None,
        int(again[1]) if again else 0,
        "Canvas marks it late" if found["late"] else "",
    )


def _beginnings(file: str) -> list[str]:
    """The name of a file without its ending, and each beginning of it: a_b_c, a_b, a."""
    stem = file.rsplit(".", 1)[0]
    return [stem, *(stem[: found.start()] for found in reversed([*re.finditer(r"[_\- ]", stem)]))]
