"""Bars and lines that do not get into each other's way, on a terminal, in a notebook, and in a file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO


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
def bar(title: str, length: int, out: TextIO | None = None, position: int = 0) -> Iterator[Callable[[float], None]]:
    """A bar that is redrawn in place.

    Args:
        title: What it shows.
        length: Its width in characters.
        out: Where it is.
        position: Line, counted from the top one of all that are redrawn.
    Yields:
        A function of the fraction that is done.
    """
    line = _line(f"{{desc}} |{{bar:{length}}}| {{percentage:6.2f}}%", out, position, desc=title)

    def show(fraction: float) -> None:
        line.n = min(fraction, 1.0)
        line.refresh()

    with contextlib.closing(line):
        yield show


@contextlib.contextmanager
def status(out: TextIO | None = None, position: int = 0) -> Iterator[Callable[[str], None]]:
    """A line of text that is redrawn in place.

    Args:
        out: Where it is.
        position: Line, counted from the top one of all that are redrawn.
    Yields:
        A function of the text.
    """
    line = _line("{desc}", out, position)
    with contextlib.closing(line):
        yield line.set_description_str


def _line(bar_format: str, out: TextIO | None, position: int, **kwargs: Any) -> Any:
    return _tqdm()(
        total=1.0,
        file=sys.stdout if out is None else out,
        position=position,
        leave=False,
        bar_format=bar_format,
        **kwargs,
    )


def _tqdm() -> Any:
    from tqdm.auto import tqdm

    return tqdm
