"""Times of nested calls, and the table that the timer hooks print."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from chainer import backend
from chainer.backends import cuda

UNITS = {"sec": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


class Stopwatch:
    """Measures calls that may contain others, each with what it contains."""

    def __init__(self) -> None:
        self.call_history: list[tuple[str, float]] = []
        self._started: list[float] = []

    def start(self, arrays: Sequence[Any]) -> None:
        """Begins a call on the given arrays."""
        _finish_work_on(arrays)
        self._started.append(time.perf_counter())

    def stop(self, name: str, arrays: Sequence[Any]) -> None:
        """Ends the call that began last."""
        _finish_work_on(arrays)
        self.call_history.append((name, time.perf_counter() - self._started.pop()))

    def abandon(self) -> None:
        """Forgets the call that began last: it failed."""
        self._started.pop()

    def total_time(self) -> float:
        """Seconds in all calls."""
        return sum(seconds for _, seconds in self.call_history)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Seconds and number of calls, by name."""
        table: dict[str, dict[str, Any]] = {}
        for name, seconds in self.call_history:
            row = table.setdefault(name, {"elapsed_time": 0.0, "occurrence": 0})
            row["elapsed_time"] += seconds
            row["occurrence"] += 1
        return table

    def print_report(self, heading: str, unit: str, file: TextIO | None) -> None:
        """Prints the summary as a table."""
        rows = [(name, row["elapsed_time"], row["occurrence"]) for name, row in self.summary().items()]
        if unit == "auto":
            unit = _unit_of(max((seconds for _, seconds, _ in rows), default=0.0))
        if unit not in UNITS:
            raise ValueError(f"unit must be auto, {', '.join(UNITS)}, got {unit!r}")
        cells = [(name, f"{seconds * UNITS[unit]:.2f}{unit}", str(n)) for name, seconds, n in rows]
        print_table((heading, "ElapsedTime", "Occurrence"), cells, file)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], file: TextIO | None) -> None:
    """Prints rows of text, aligned on the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        print("  ".join([cell.rjust(width) for cell, width in zip(row, widths, strict=True)]), file=file or sys.stdout)


def _unit_of(seconds: float) -> str:
    """The largest unit in which a time is at least 1."""
    return next((unit for unit, factor in UNITS.items() if seconds * factor >= 1), "ns")


def _finish_work_on(arrays: Sequence[Any]) -> None:
    if cuda.available and backend.get_array_module(*arrays) is not backend.CpuDevice().xp:  # pragma: no cover
        cuda.cupy.cuda.get_current_stream().synchronize()
