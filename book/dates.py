"""Dates as people write them, and as ISO 8601 does: pairs for translation, made with babel."""

from __future__ import annotations

import datetime
import random

import torch
from babel.dates import format_date
from torch import Tensor

FORMATS = ("short", "medium", "long", "d MMM yyyy", "d MMMM yyyy", "d MMM yy", "EEE d MMM yyyy", "dd.MM.yyyy", "d.M.yy")
FIRST, LAST = datetime.date(1970, 1, 1), datetime.date(2029, 12, 31)  # so that two digits of a year are enough
Pair = tuple[str, str]


def pairs(held_out: int = 500, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """(as written, ISO) for every day of sixty years, each in one of nine formats; the days held out for the test."""
    rng = random.Random(seed)
    days = [datetime.date.fromordinal(n) for n in range(FIRST.toordinal(), LAST.toordinal() + 1)]
    rng.shuffle(days)
    both = [(format_date(day, rng.choice(FORMATS), locale="en"), day.isoformat()) for day in days]
    return both[held_out:], both[:held_out]


class Alphabet:
    """All characters of some pairs, numbered from 1; 0 is padding, and the sign to start."""

    def __init__(self, texts: list[Pair]) -> None:
        self.letters = "\0" + "".join(sorted(set("".join(a + b for a, b in texts))))
        self.longest = max(len(a) for a, _ in texts)

    def encode(self, texts: list[Pair]) -> tuple[Tensor, Tensor]:
        """Padded in front, so that the last step is the last character: x (B, T), y (B, 10)."""
        number = {letter: n for n, letter in enumerate(self.letters)}
        x = [[number[letter] for letter in a.rjust(self.longest, "\0")] for a, _ in texts]
        return torch.tensor(x), torch.tensor([[number[letter] for letter in b] for _, b in texts])

    def decode(self, ids: Tensor) -> list[str]:
        """Numbers (B, T) -> texts."""
        return ["".join(self.letters[n] for n in row if n) for row in ids.tolist()]


def by_rule(written: str) -> str:
    """A baseline that sorts digits and reads no words: the last number is the year, the others are day and month."""
    numbers = [int(part) for part in "".join(c if c.isdigit() else " " for c in written).split()]
    day, month = numbers[0], numbers[1] if len(numbers) == 3 else 1
    if month > 12:
        day, month = month, day
    year = numbers[-1] if numbers[-1] > 99 else numbers[-1] + (2000 if numbers[-1] < 30 else 1900)
    return f"{year}-{month:02}-{day:02}"
