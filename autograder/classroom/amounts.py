"""What stands behind the keys of ``course.yml``: dates, durations, and shares of a score."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from autograder.classroom.table import Value, nearest

END = time(23, 59, 59)  # of a day: the last second that is not late
YEARS = range(2000, 2101)
DURATION = re.compile(r"(\d{1,4}(?:\.\d{1,4})?) *(min|minute|hour|day|week)s?")
SHARE = re.compile(r"(\d{1,4}(?:\.\d{1,4})?) *(%|percent|points?)")


@dataclass(frozen=True)
class Share:
    """Points, or a percentage of the points that a submission has earned."""

    value: float
    percent: bool

    def of(self, score: float) -> float:
        """How many points of ``score`` it is; may be more than there are."""
        return score * self.value / 100 if self.percent else self.value

    def __str__(self) -> str:
        return f"{self.value:g} %" if self.percent else f"{self.value:g} point{'s' * (self.value != 1)}"


def zone(value: Value) -> tzinfo:
    """A time zone by its name, such as Europe/Berlin."""
    return _zone(value.text) or value.wrong(
        f"{value.text!r} is no time zone, such as Europe/Berlin; {nearest(value.text, sorted(available_timezones()))}"
    )


def _zone(name: str) -> tzinfo | None:
    if name in ("UTC", "GMT", "Z"):
        return UTC
    return ZoneInfo(name) if name in available_timezones() else None


def moment(value: Value, zone: tzinfo) -> datetime:
    """A date with or without time and zone, with ``zone`` where it names none; a date alone is the end of that day."""
    text = value.text
    before, _, last = text.rpartition(" ")
    if before and (own := _zone(last)):  # 2026-12-01 23:59:59 UTC, as nbgrader writes it
        text, zone = before.strip(), own
    elif re.search(r"\d [+-]\d", text):
        text = f"{before}{last}"
    try:
        try:
            found = datetime.combine(date.fromisoformat(text), END)
        except ValueError:
            found = datetime.fromisoformat(text)
    except ValueError:
        value.wrong(f"{value.text!r} is no date; write it as 2026-12-01, or 2026-12-01 18:00")
    if found.year not in YEARS:
        value.wrong(f"{value.text!r} is no year of a course; write it as 2026-12-01, or 2026-12-01 18:00")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def duration(value: Value) -> timedelta:
    """A number of minutes, hours, days or weeks."""
    found = DURATION.fullmatch(value.text)
    if not found:
        _negative(value)
        value.wrong(f"{value.text!r} is no duration; write it as 30 minutes, 2 hours, or 3 days")
    unit = {"min": "minutes"}.get(found[2], f"{found[2]}s")
    return timedelta(**{unit: float(found[1])})


def share(value: Value) -> Share:
    """Points or percent."""
    found = SHARE.fullmatch(value.text)
    if not found:
        _negative(value)
        value.wrong(f"{value.text!r} is neither points nor percent; write it as 10%, or 2 points")
    percent = found[2] in ("%", "percent")
    if percent and float(found[1]) > 100:
        value.wrong(f"{value.text!r} is more than all; 100% is the most")
    return Share(float(found[1]), percent)


def _negative(value: Value) -> None:
    if re.match(r"[-−–] *\d", value.text):
        value.wrong(f"{value.text!r} is negative; write how much is taken off, or given, without the minus")
