"""Pairs of sequences to translate between, made up on the spot."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

MONTHS = "January February March April May June July August September October November December".split()
PATTERNS = ("{month} {day}, {year}", "{day} {month} {year}", "{day:02}/{number:02}/{year}", "{short} {day} {year}")


def make_date_pairs(n: int, rng: np.random.Generator) -> list[tuple[list[str], list[str]]]:
    """Dates as people write them, and as ISO 8601 does, both as lists of characters."""
    pairs = []
    for ordinal in rng.integers(datetime.date(1950, 1, 1).toordinal(), datetime.date(2050, 1, 1).toordinal(), n):
        date = datetime.date.fromordinal(int(ordinal))
        month = MONTHS[date.month - 1]
        pattern = PATTERNS[rng.integers(len(PATTERNS))]
        written = pattern.format(day=date.day, month=month, short=month[:3], number=date.month, year=date.year)
        pairs.append((list(written), list(date.isoformat())))
    return pairs


def read_pairs(source: Path, target: Path, max_length: int = 50) -> list[tuple[list[str], list[str]]]:
    """Sentences of two files, line by line, as lists of words; empty and overlong ones are left out."""
    with source.open(encoding="utf-8") as sources, target.open(encoding="utf-8") as targets:
        pairs = [(x.split(), y.split()) for x, y in zip(sources, targets)]
    return [(x, y) for x, y in pairs if 0 < len(x) <= max_length and 0 < len(y) <= max_length]
