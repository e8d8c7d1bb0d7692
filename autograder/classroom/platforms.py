"""Who handed a file in, and when: what Canvas, Moodle, Gradescope, Brightspace and Blackboard write into names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

METADATA = "submission_metadata.yml"

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
GRADESCOPE = re.compile(r"submission_\d+")
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
    """Reads ways to files; Gradescope's list, which lies beside the submissions, has to be shown to it first."""

    def __init__(self) -> None:
        self._listed: dict[str, list[Sender]] = {}

    def learn(self, data: bytes) -> str:
        """Take in Gradescope's list; returns what is wrong with it, or nothing."""
        try:
            listed = yaml.safe_load(data)
            for folder, entry in listed.items():
                self._listed[folder] = [_gradescope(entry, who) for who in entry[":submitters"]]
        except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
            return "not the list that Gradescope writes; export the submissions again"
        return ""

    def senders(self, way: tuple[str, ...]) -> list[Sender]:
        """Who handed in the file at the end of this way; several where a group did, none where no name tells it."""
        for part in way[1:]:  # the first is the name of the download
            if part in self._listed:
                return self._listed[part]
        for part in way[1:]:
            for read in (_moodle, _brightspace, _blackboard, _canvas):
                if sender := read(part):
                    return [sender]
        return [Sender("folder", ids=_plain(way))] if len(way) > 1 else []


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


def _plain(way: tuple[str, ...]) -> tuple[str, ...]:
    """What may be an id in a folder: the folders' names, innermost first, and the beginning of the file's name."""
    *folders, file = way[1:]
    stem = file.rsplit(".", 1)[0]
    return (*reversed(folders), stem, *_beginnings(stem))


def _beginnings(stem: str) -> Iterable[str]:
    parts = re.split(r"[_\- ]", stem)
    return ("_".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))
