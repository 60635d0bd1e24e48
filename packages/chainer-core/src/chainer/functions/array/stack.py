"""Joining arrays along a new axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Stack(FunctionNode):
    """Node of :func:`stack`.

    Args:
        axis: Index of the new axis in the result.
    """

    def __init__(self, axis: int) -> None:
        if not isinstance(axis, int | numpy.integer):
            raise TypeError(f"axis must be int, got {axis!r}")
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 0)
        first = in_types[0]
        if self.axis >= 0:
            type_check.expect(first.ndim >= self.axis)
        else:
            type_check.expect(-first.ndim - 1 <= self.axis)
        for other in in_types[1:]:
            type_check.expect(other.dtype == first.dtype, other.shape == first.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(*inputs).stack(inputs, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.separate import Separate

        gxs = Separate(self.axis).apply(grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        lead = (slice(None),) * (self.axis % gy.ndim)
        return tuple([gy[(*lead, i, ...)] for i in indexes])


def stack(xs: Iterable[VariableLike], axis: int = 0) -> Variable:
    """Joins arrays along a new axis.

    Args:
        xs: Variables or arrays of one shape and dtype.
        axis: Index of the new axis in the result; negative counts from behind.

    Returns:
        Variable with one axis more than ``xs``, whose length is their number.

    Raises:
        TypeError: ``axis`` is not an int.
        chainer.utils.type_check.InvalidType: ``xs`` is empty, or shapes or dtypes differ, or there is no place for the
            axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.stack([np.zeros((2, 3), np.float32)] * 4, axis=1).shape
        (2, 4, 3)
    """
    return Stack(axis).apply(tuple(xs))[0]
