"""What may stand in a cell of a table that people open in a spreadsheet."""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula, behind an apostrophe if need be, and without control characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in cell)
    formula = text.lstrip().startswith(FORMULA) and text.strip() != "-" and not NUMBER.fullmatch(text)
    return f"'{text}" if formula else text
