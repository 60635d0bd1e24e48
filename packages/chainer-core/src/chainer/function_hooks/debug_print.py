"""What goes in and out of functions, as text."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from chainer import backend
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray
from chainer.variable import Variable


class PrintHook(FunctionHook):
    """Prints the inputs of each function before it runs, and the gradients of its outputs before its backward pass.

    Args:
        sep: Separator, as for :func:`print`.
        end: What follows each line, as for :func:`print`.
        file: Where to; standard output unless given.
        flush: Whether to flush after each function.

    Example:
        >>> import chainer, numpy as np
        >>> import chainer.functions as F
        >>> with chainer.function_hooks.PrintHook():
        ...     y = F.relu(np.zeros((2, 3), np.float32))  # doctest: +ELLIPSIS
        function	ReLU
        input data
        <variable at 0x...>
        - device: CPU
        - backend: <class 'numpy.ndarray'>
        - shape: (2, 3)
        - dtype: float32
        - statistics: mean=0.00000000, std=0.00000000
        - grad: None
    """

    name = "PrintHook"

    def __init__(self, sep: str | None = None, end: str = "\n", file: TextIO | None = None, flush: bool = True) -> None:
        self.sep = sep
        self.end = end
        self.file = sys.stdout if file is None else file
        self.flush = flush

    def forward_preprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._print_inputs(function, in_data)
        self._flush()

    def backward_preprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._print_inputs(function, in_data)
        self._print("output gradient")
        for gy in out_grad:
            if gy is None:
                self._print("(none)")
            else:
                variable = Variable(backend.get_array_module(gy).zeros_like(gy))
                variable.grad = gy
                self._print(variable.debug_print())
        self._flush()

    def _print_inputs(self, function: FunctionNode, in_data: Sequence[NdArray | None]) -> None:
        self._print(f"function\t{function.label}")
        self._print("input data")
        for x in in_data:
            self._print("(removed)" if x is None else Variable(x).debug_print())

    def _print(self, text: str) -> None:
        print(text, sep=self.sep, end=self.end, file=self.file)

    def _flush(self) -> None:
        if self.flush and hasattr(self.file, "flush"):
            self.file.flush()
