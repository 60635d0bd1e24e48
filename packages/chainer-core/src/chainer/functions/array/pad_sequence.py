"""Sequences of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.split_axis import fill_missing
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class PadSequence(FunctionNode):
    """Node of :func:`pad_sequence`.

    Args:
        length: Length of the result, or ``None`` for that of the longest sequence.
        padding: Value of the padding.
    """

    def __init__(self, length: int | None, padding: float) -> None:
        self.length = length
        self.padding = padding

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 0)
        type_check.argname(in_types, [f"x{i}" for i in range(type_check.eval(in_types.size()))])
        first = in_types[0]
        for x_type in in_types:
            type_check.expect(x_type.ndim > 0)
            if self.length is not None:
                type_check.expect(x_type.shape[0] <= self.length)
        for x_type in in_types[1:]:
            type_check.expect(x_type.dtype == first.dtype, x_type.shape[1:] == first.shape[1:])

    def forward(self, inputs: Arrays) -> Arrays:
        first = inputs[0]
        length = max([len(x) for x in inputs]) if self.length is None else self.length
        shape = (len(inputs), length, *first.shape[1:])
        y = backend.get_array_module(*inputs).full(shape, self.padding, first.dtype)
        for row, x in zip(y, inputs):
            row[: len(x)] = x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs: Any = self.inputs
        gxs = UnpadSequence([node.shape[0] for node in inputs]).apply(grad_outputs)
        return tuple([gxs[i] for i in indexes])


class UnpadSequence(FunctionNode):
    """Gradient of :func:`pad_sequence`: takes the sequences out again, as views.

    Args:
        lengths: Their lengths.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = lengths

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        gxs = tuple([row[:length] for row, length in zip(gy, self.lengths)])
        self._shapes = [gx.shape for gx in gxs]
        return gxs

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        length: Any = self.inputs[0].shape[1]  # type: ignore[index]
        return PadSequence(length, 0).apply(fill_missing(self, grad_outputs))


def pad_sequence(xs: Sequence[VariableLike], length: int | None = None, padding: float = 0) -> Variable:
    """Joins sequences of different lengths in one array, the shorter ones padded at their ends.

    Args:
        xs: Sequences: variables or arrays of one dtype, whose shapes differ in the first axis only.
        length: Length of the result along its second axis; ``None`` for that of the longest sequence.
        padding: Value to pad with.

    Returns:
        Variable of the dtype of ``xs``. Shape ``(len(xs), length, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: ``xs`` is empty, a sequence is longer than ``length``, or shapes or dtypes
            differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.pad_sequence([np.array([1, 2], np.float32), np.array([3], np.float32)], padding=-1)
        variable([[ 1.,  2.],
                  [ 3., -1.]])
    """
    return PadSequence(length, padding).apply(tuple(xs))[0]
