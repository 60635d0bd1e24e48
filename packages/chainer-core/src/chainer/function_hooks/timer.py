"""Times of functions."""

from __future__ import annotations

from typing import Any, TextIO

from chainer._stopwatch import UNITS, Stopwatch
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.types import Arrays


class TimerHook(FunctionHook):
    """Measures the time of each forward and backward pass of functions. On a GPU it waits for the work to be done.

    Attributes:
        call_history: Pairs of the name of a function and seconds, in the order in which calls ended.

    Example:
        >>> import chainer, numpy as np
        >>> import chainer.functions as F
        >>> hook = chainer.function_hooks.TimerHook()
        >>> with hook:
        ...     y = F.relu(F.relu(np.zeros((2, 3), np.float32)))
        >>> hook.summary()["ReLU"]["occurrence"]
        2
    """

    name = "TimerHook"
    table = UNITS

    def __init__(self) -> None:
        self._stopwatch = Stopwatch()

    @property
    def call_history(self) -> list[tuple[str, float]]:
        """Pairs of the name of a function and seconds, in the order in which calls ended."""
        return self._stopwatch.call_history

    def forward_preprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._stopwatch.start(in_data)

    def forward_postprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._stopwatch.stop(_name_of(function), in_data)

    def backward_preprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._stopwatch.start(out_grad)

    def backward_postprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._stopwatch.stop(_name_of(function), out_grad)

    def total_time(self) -> float:
        """Seconds in all functions."""
        return self._stopwatch.total_time()

    def summary(self) -> dict[str, dict[str, Any]]:
        """``elapsed_time`` in seconds and ``occurrence``, by the name of the function."""
        return self._stopwatch.summary()

    def print_report(self, unit: str = "auto", file: TextIO | None = None) -> None:
        """Prints the summary as a table.

        Args:
            unit: ``'sec'``, ``'ms'``, ``'us'``, ``'ns'``, or ``'auto'`` for what fits the longest time.
            file: Where to; standard output unless given.

        Raises:
            ValueError: ``unit`` is none of these.
        """
        self._stopwatch.print_report("FunctionName", unit, file)


def _name_of(function: FunctionNode) -> str:
    return type(function._old_style_function or function).__name__
