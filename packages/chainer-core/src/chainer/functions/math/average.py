"""Weighted average over axes."""

from __future__ import annotations

import math
from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.reshape import reshape
from chainer.functions.math._axes import check_axes, expect_axes, keep_axes, kept_shape
from chainer.functions.math.sum import sum as sum_axes
from chainer.types import Arrays, AxisLike, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Mean(FunctionNode):
    """Node of :func:`average` without weights."""

    def __init__(self, axis: AxisLike, keepdims: bool) -> None:
        self.axis = check_axes(axis)
        self.keepdims = keepdims

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axes(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        size = x.size if self.axis is None else math.prod([x.shape[axis] for axis in self.axis])
        if size == 0:
            raise ZeroDivisionError(f"average of no elements: x has shape {x.shape}, and axis is {self.axis}")
        self._size = size
        if x.dtype != numpy.float16:
            return (x.sum(axis=self.axis, keepdims=self.keepdims) / size,)
        # A sum of float16 overflows long before the mean does.
        y = x.sum(axis=self.axis, dtype=numpy.float32, keepdims=self.keepdims) / size
        return (y.astype(x.dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        assert gy is not None
        shape = self.inputs[0].shape  # type: ignore[index]
        if self.axis is not None:
            gy = keep_axes(gy, shape, self.axis)  # type: ignore[arg-type]
        return (broadcast_to(gy * (1 / self._size), shape),)  # type: ignore[arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        gx = gy.reshape(kept_shape(shape, self.axis)) * (1 / self._size)
        return (backend.get_array_module(gy).broadcast_to(gx, shape),)


def average(
    x: VariableLike, axis: AxisLike = None, weights: VariableLike | None = None, keepdims: bool = False
) -> Variable:
    r"""Average over axes, :math:`\sum_i w_i x_i / \sum_i w_i`, or with equal weights.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to average over; ``None`` averages all elements.
        weights: Variable of the dtype of ``x``, or array. Without ``axis`` it has the shape of ``x``, with an axis it
            is a vector as long as that.
        keepdims: Whether the averaged axes remain, with length 1.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice, or several axes together with weights.
        ZeroDivisionError: There are no elements to average, and no weights.
        chainer.utils.type_check.InvalidType: The dtype is not a float, or shapes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 2], [3, 6]], np.float32)
        >>> F.average(x, axis=0)
        variable([2., 4.])
        >>> F.average(x, axis=0, weights=np.array([3, 1], np.float32))
        variable([1.5, 3. ])
    """
    if weights is None:
        return Mean(axis, keepdims).apply((x,))[0]
    axes = check_axes(axis)
    if axes is not None and len(axes) != 1:
        raise ValueError(f"tuple axis is not supported when weights is given, got {axis!r}; reshape x to one axis")
    if not isinstance(weights, Variable):
        weights = Variable(weights.astype(x.dtype, copy=False), requires_grad=False)
    x = as_variable(x)
    divisor = sum_axes(weights)
    if axes is not None:
        shape = [1] * x.ndim
        shape[axes[0]] = x.shape[axes[0]]
        weights = reshape(weights, tuple(shape))
    total = sum_axes(x * broadcast_to(weights, x.shape), axes, keepdims)
    return total / broadcast_to(divisor, total.shape)
