"""Bars and lines that do not get into each other's way, on a terminal, in a notebook, and in a file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

ShowProgress = Callable[[float | None, str], None]


def is_live(out: TextIO | None) -> bool:
    """Whether ``out`` (``None`` is stdout) can be redrawn: a terminal, or the output of a notebook."""
    out = sys.stdout if out is None else out
    isatty = getattr(out, "isatty", None)
    return (isatty is not None and isatty()) or type(out).__module__.startswith("ipykernel.")


def write_line(out: TextIO | None, line: str) -> None:
    """Writes a line, above the bars if there are any."""
    out = sys.stdout if out is None else out
    if is_live(out):
        _tqdm().write(line, file=out)
    else:
        out.write(line + "\n")
    out.flush()


@contextlib.contextmanager
def bar(title: str, length: int, out: TextIO | None = None, position: int = 0) -> Iterator[ShowProgress]:
    """A bar that is redrawn in place.

    Args:
        title: What it shows.
        length: Its width in characters.
        out: Where it is.
        position: Line, counted from the top one of all bars.
    Yields:
        A function of the fraction that is done, or ``None``, and of a text to show behind the bar.
    """
    shown = _tqdm()(
        total=1.0,
        desc=title,
        file=sys.stdout if out is None else out,
        position=position,
        leave=False,
        bar_format=f"{{desc}} {{percentage:6.2f}}% |{{bar:{length}}}| {{postfix}}",
    )

    def show(fraction: float | None, text: str) -> None:
        if fraction is not None:
            shown.n = min(fraction, 1.0)
        shown.set_postfix_str(text, refresh=True)

    try:
        yield show
    finally:
        shown.close()


def _tqdm() -> Any:
    from tqdm.auto import tqdm

    return tqdm
