"""``course.yml`` in the course folder: the few things that a teacher decides about a term.

    site: https://example.org/unrolled/    # where your class reads the website
    timezone: Europe/Berlin                # of the dates below, UTC where none is named; and of what you download
    due:
      ch01_feedforward: 2026-10-12         # until the end of that day
      ch02_recurrence: 2026-10-19 12:00
    late:
      grace: 30 minutes                    # late by no more than that costs nothing
      per_day: 10%                         # of the points earned, for every day begun; or: 2 points
      at_most: 50%
    extensions:
      ada: 3 days                          # in every chapter
      ben:
        ch02_recurrence: 2026-10-26        # or as long as: 3 days

All of it is optional. Without ``late``, nbgrader's own late submission plugin decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from urllib.parse import urlsplit

from autograder import course
from autograder.classroom import amounts, table
from autograder.classroom.amounts import Share
from autograder.classroom.folder import ClassroomError
from autograder.classroom.table import Value

NAME = "course.yml"
KEYS = ("site", "timezone", "due", "late", "extensions")
LATE = ("grace", "per_day", "at_most")
NONE = "none"  # in the place of a date: there is none, whatever the gradebook says
DAY = timedelta(days=1)
ALL = Share(100.0, percent=True)
Longer = timedelta | datetime  # how much longer, or until when


@dataclass(frozen=True)
class Late:
    """What being late costs."""

    per_day: Share
    grace: timedelta = timedelta()
    at_most: Share = ALL

    def days(self, seconds: float) -> int:
        """Days of 24 hours begun since it was due; none within the grace, which makes none of them shorter."""
        whole = timedelta(seconds=math.floor(seconds))
        return 0 if whole <= self.grace else math.ceil(whole / DAY)

    def penalty(self, score: float, seconds: float) -> float:
        """Points taken off a score that was handed in so many seconds after it was due, extension included."""
        return min(self.days(seconds) * self.per_day.of(score), self.at_most.of(score), score)

    def sentence(self, seconds: float) -> str:
        """The rule in words, for a learner whom it has cost points."""
        days = self.days(seconds)
        count = "1 day begun" if days == 1 else f"{days} days begun"
        share = f"{self.per_day} of the points" if self.per_day.percent else str(self.per_day)
        most = "" if self.at_most == ALL else f", {self.at_most} at most"
        return f"Handed in late: {count} after it was due; {share} taken off for each{most}."


@dataclass(frozen=True)
class Settings:
    """What ``course.yml`` says; dates are in UTC, as nbgrader keeps them, without a zone.

    ``extensions`` is None where it says nothing about them; else nobody else has one.
    """

    site: str = ""  # ends with a slash; "" where none is named
    zone: tzinfo | None = None  # None: none is named, and dates are in UTC
    due: Mapping[str, datetime | None] = field(default_factory=dict)  # by chapter; None: none
    late: Late | None = None
    extensions: Mapping[str, Mapping[str, Longer]] | None = None  # by student and chapter; "" stands for all chapters

    def longer(self, student: str, chapter: str, due: datetime | None) -> timedelta | None:
        """The extension of a student in a chapter that is due at ``due``; None where there is none."""
        of = (self.extensions or {}).get(student, {})
        found = of.get(chapter, of.get(""))
        if due is None or found is None:
            return None
        if isinstance(found, timedelta):  # by the clock on the wall: three days end at the same hour
            local = due.replace(tzinfo=UTC).astimezone(self.zone or UTC)
            found = _utc(local + found)
        return max(found - due, timedelta()) or None

    def extension(
        self, student: str, chapter: str, due: datetime | None, entered: timedelta | None
    ) -> timedelta | None:
        """The extension that counts: the one that was ``entered`` in the gradebook, where nothing is said of any."""
        return entered if self.extensions is None else self.longer(student, chapter, due)


def read(root: Path) -> Settings:
    """The settings of the course folder ``root``; ClassroomError, one line, where one of them is wrong."""
    path = root / NAME
    other = path.with_suffix(".yaml")
    if other.exists() and not path.exists():
        raise ClassroomError(f"{other}: rename it {NAME}, or nothing of it counts", 2)
    whole = table.read(path) if path.exists() or path.is_symlink() else None
    if whole is None:
        return Settings()
    found = whole.table("key", KEYS)
    zone = amounts.zone(found["timezone"]) if "timezone" in found else None
    return Settings(
        site=_site(found["site"]) if "site" in found else "",
        zone=zone,
        due=_due(found["due"], zone or UTC) if "due" in found else {},
        late=_late(found["late"]) if "late" in found else None,
        extensions=_extensions(found["extensions"], zone or UTC) if "extensions" in found else None,
    )


def _site(value: Value) -> str:
    try:
        parts = urlsplit(value.text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and value.text.isprintable()
    except ValueError:
        good = False
    if value.text.endswith((".html", ".htm")):
        value.wrong(f"{value.text!r} is a page; name the folder of the website: https://example.org/unrolled/")
    if not good or any(sign in value.text for sign in " ?#\"'<>"):
        value.wrong(f"{value.text!r} is no address; write it as https://example.org/unrolled/")
    return value.text.rstrip("/") + "/"


def _due(value: Value, zone: tzinfo) -> dict[str, datetime | None]:
    dates = value.table("chapter", course.chapters())
    return {name: None if one.text == NONE else _utc(amounts.moment(one, zone)) for name, one in dates.items()}


def _late(value: Value) -> Late:
    found = value.table("key", LATE)
    if "per_day" not in found:
        value.wrong("per_day is missing; write for example 'per_day: 10%'")
    late = Late(amounts.share(found["per_day"]))
    grace = amounts.duration(found["grace"]) if "grace" in found else late.grace
    return Late(late.per_day, grace, amounts.share(found["at_most"]) if "at_most" in found else late.at_most)


def _extensions(value: Value, zone: tzinfo) -> dict[str, dict[str, Longer]]:
    return {student: _longer(one, zone) for student, one in value.table("student").items()}


def _longer(value: Value, zone: tzinfo) -> dict[str, Longer]:
    if not value.is_table:
        if re.match(r"\d{4}-", value.text):
            value.wrong(f"a date is for one chapter; write below, in a line of its own: CHAPTER: {value.text}")
        return {"": amounts.duration(value)}
    chapters = value.table("chapter", course.chapters())
    return {name: _until(one, zone) for name, one in chapters.items()}


def _until(value: Value, zone: tzinfo) -> Longer:
    if amounts.DURATION.fullmatch(value.text):
        return amounts.duration(value)
    try:
        return _utc(amounts.moment(value, zone))
    except ClassroomError:
        value.wrong(f"{value.text!r} is neither a duration nor a date; write it as 3 days, or 2026-12-01")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
