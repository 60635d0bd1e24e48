"""Base of text that redraws itself on a terminal, for extensions of one's own."""

from __future__ import annotations

import collections
import sys
import time
from typing import TextIO


class ProgressBar:
    """Some lines that are written over those before. Subclasses provide :meth:`get_lines`.

    Args:
        bar_length: Width of a bar in characters; what it means is up to the subclass.
        out: Where to write; ``None`` is stdout.
    """

    def __init__(self, bar_length: int | None = None, out: TextIO | None = None) -> None:
        self._bar_length = 50 if bar_length is None else bar_length
        self._out = sys.stdout if out is None else out
        self._recent_timing: collections.deque[tuple[float, float, float]] = collections.deque(maxlen=100)

    def get_lines(self) -> list[str]:
        """The lines to show, each with its line break.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override get_lines")

    def update(self) -> None:
        """Writes the lines and moves the cursor back to the first of them."""
        self.erase_console()
        lines = self.get_lines()
        self._out.write("".join(lines))
        self.move_cursor_up(len(lines))
        self.flush()

    def close(self) -> None:
        """Removes the lines."""
        self.erase_console()
        self.flush()

    def erase_console(self) -> None:
        """Removes everything below the cursor."""
        self._out.write("\033[J")

    def move_cursor_up(self, n: int) -> None:
        """Moves the cursor ``n`` lines up."""
        self._out.write(f"\033[{n:d}A")

    def flush(self) -> None:
        """Makes what was written visible."""
        if hasattr(self._out, "flush"):
            self._out.flush()

    def update_speed(self, iteration: int, epoch_detail: float) -> tuple[float, float]:
        """Notes where training is; returns iterations and epochs a second, over the last hundred calls."""
        now = time.monotonic()
        self._recent_timing.append((iteration, epoch_detail, now))
        old_iteration, old_epoch_detail, old_time = self._recent_timing[0]
        seconds = now - old_time
        if seconds <= 0:
            return float("inf"), float("inf")
        return (iteration - old_iteration) / seconds, (epoch_detail - old_epoch_detail) / seconds
