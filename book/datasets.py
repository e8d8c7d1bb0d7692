"""The data of the book, from ``book/data``; ``LICENCES.md`` there says where each file is from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).with_name("data")


def alice() -> str:
    """The text of Alice's Adventures in Wonderland, without the file's carriage returns and its end-of-file mark."""
    return (FOLDER / "alice29.txt").read_text(encoding="ascii").rstrip("\x1a")


def seattle() -> np.ndarray:
    """The highest temperature of each day in Seattle, 2012 to 2015, in degrees Celsius: (1461,)."""
    return np.loadtxt(FOLDER / "seattle-weather.csv", delimiter=",", skiprows=1, usecols=2)


def sunspots() -> np.ndarray:
    """The mean sunspot number of each month, January 1749 to June 2009: (3126,)."""
    lines = (FOLDER / "sunspots_monthly.dat").read_text(encoding="ascii").splitlines()
    years = [line.split()[1:] for line in lines if line[:4].isdigit()]
    return np.array([float(number) for year in years for number in year])


SYMBOLS = "\n" + "".join(map(chr, range(32, 127)))  # what a line of source code is made of: V = 96


def ids_of(text: str) -> np.ndarray:
    """The numbers of the symbols of a source text; all other characters are left out."""
    return np.array([SYMBOLS.index(symbol) for symbol in text if symbol in SYMBOLS])
