"""Where the time of a step goes."""

from __future__ import annotations

import cProfile
import pstats
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.worker.timing import calibrate

if TYPE_CHECKING:
    from benchmarks.workload import Step

    Row = dict[str, Any]

ROWS = 25


def profile(step: Step, seconds: float) -> list[Row]:
    """Return the functions that take most time themselves, heaviest first.

    The profiler adds its cost to each call, so small functions look heavier than they are.
    """
    loops = calibrate(step, seconds)
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(loops):
        step()
    profiler.disable()
    stats: Any = pstats.Stats(profiler)  # its mapping `stats` is documented, but not typed
    entries = stats.stats.items()
    total = sum(own for _, (_, _, own, _, _) in entries)
    rows = [
        {
            "function": place(*where),
            "calls": calls / loops,
            "own": own / loops,
            "all": whole / loops,
            "share": own / total,
        }
        for where, (_, calls, own, whole, _) in entries
    ]
    return sorted(rows, key=lambda row: row["own"], reverse=True)[:ROWS]


def place(path: str, line: int, function: str) -> str:
    """Name a function by its file as it is imported, not by where that is installed."""
    if path == "~":  # a function written in C
        return function
    roots = [root for root in map(Path, sys.path) if root in Path(path).parents]
    shown = Path(path).relative_to(max(roots, key=lambda root: len(root.parts))) if roots else Path(path).name
    return f"{shown}:{line} {function}"
