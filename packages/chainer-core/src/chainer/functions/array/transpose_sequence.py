"""Sequences of a batch as batches of a time step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.split_axis import fill_missing
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def transposed(xs: Sequence[NdArray], n_out: int) -> Arrays:
    """Array ``t`` of ``n_out`` holds element ``t`` of each sequence that is long enough.

    Args:
        xs: Sequences, none longer than the one before.
        n_out: Number of results, at least the length of the longest sequence.
    """
    first = xs[0]
    # Written once, side by side, and cut into views: the copy is one of contiguous blocks a sequence.
    table = backend.get_array_module(*xs).empty((n_out, len(xs), *first.shape[1:]), first.dtype)
    counts = [0] * n_out
    for i, x in enumerate(xs):
        table[: len(x), i] = x
        for t in range(len(x)):
            counts[t] += 1
    return tuple([row[:count] for row, count in zip(table, counts)])


class TransposeSequence(FunctionNode):
    """Node of :func:`transpose_sequence`.

    Args:
        length: Number of outputs.
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def check_type_forward(self, in_types: Any) -> None:
        for before, after in zip(in_types, in_types[1:]):
            type_check.expect(
                before.shape[0] >= after.shape[0],
                before.shape[1:] == after.shape[1:],
                before.dtype == after.dtype,
            )

    def forward(self, inputs: Arrays) -> Arrays:
        ys = transposed(inputs, self._length)
        self._shapes = [y.shape for y in ys]
        return ys

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = TransposeSequence(len(self.inputs)).apply(fill_missing(self, grad_outputs))  # type: ignore[arg-type]
        return tuple([gxs[i] for i in indexes])


def transpose_sequence(xs: Sequence[VariableLike]) -> tuple[Variable, ...]:
    """Turns sequences into batches, one a time step.

    Args:
        xs: Sequences in descending order of length: variables or arrays of one dtype, whose shapes differ in the first
            axis only.

    Returns:
        Tuple of variables, one a time step: number ``t`` holds element ``t`` of each sequence that is long enough.
        Applied to them, the function gives ``xs`` again, but for sequences of length zero.

    Raises:
        chainer.utils.type_check.InvalidType: A sequence is longer than the one before, or shapes or dtypes differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.transpose_sequence([np.array([1, 2, 3], np.float32), np.array([4, 5], np.float32)])
        (variable([1., 4.]), variable([2., 5.]), variable([3.]))
    """
    if not xs:
        return ()
    return TransposeSequence(len(xs[0])).apply(xs)
