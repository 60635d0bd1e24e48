"""Times of links."""

from __future__ import annotations

from typing import Any, TextIO

from chainer._stopwatch import UNITS, Stopwatch
from chainer.link_hook import LinkHook
from chainer.types import NdArray
from chainer.variable import Variable


class TimerHook(LinkHook):
    """Measures the time of each forward pass of links, the links inside included. On a GPU it waits for the work.

    Attributes:
        call_history: Pairs of the name of a link's class and seconds, in the order in which calls ended.

    Example:
        >>> import numpy as np
        >>> import chainer.links as L
        >>> from chainer import link_hooks
        >>> model, hook = L.Linear(3, 2), link_hooks.TimerHook()
        >>> with hook:
        ...     y = model(np.zeros((1, 3), np.float32))
        >>> [name for name, _ in hook.call_history]
        ['Linear']
    """

    name = "TimerHook"
    table = UNITS

    def __init__(self) -> None:
        self._stopwatch = Stopwatch()

    @property
    def call_history(self) -> list[tuple[str, float]]:
        """Pairs of the name of a link's class and seconds, in the order in which calls ended."""
        return self._stopwatch.call_history

    def forward_preprocess(self, args: Any) -> None:
        self._stopwatch.start(_arrays_in(args.args))

    def forward_postprocess(self, args: Any) -> None:
        self._stopwatch.stop(type(args.link).__name__, _arrays_in(args.args))

    def forward_failed(self, args: Any) -> None:
        self._stopwatch.abandon()

    def total_time(self) -> float:
        """Seconds in all links; those inside others count twice."""
        return self._stopwatch.total_time()

    def summary(self) -> dict[str, dict[str, Any]]:
        """``elapsed_time`` in seconds and ``occurrence``, by the name of the class."""
        return self._stopwatch.summary()

    def print_report(self, unit: str = "auto", file: TextIO | None = None) -> None:
        """Prints the summary as a table.

        Args:
            unit: ``'sec'``, ``'ms'``, ``'us'``, ``'ns'``, or ``'auto'`` for what fits the longest time.
            file: Where to; standard output unless given.

        Raises:
            ValueError: ``unit`` is none of these.
        """
        self._stopwatch.print_report("LinkName", unit, file)


def _arrays_in(args: Any) -> list[NdArray]:
    return [x.array if isinstance(x, Variable) else x for x in args]
