"""Sums over axes, and down to a shape."""

from __future__ import annotations

from typing import Any

from chainer import backend, utils
from chainer.function_node import FunctionNode
from chainer.functions.math._axes import check_axes, expect_axes, keep_axes, kept_shape
from chainer.types import Arrays, AxisLike, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Sum(FunctionNode):
    """Node of :func:`sum`."""

    def __init__(self, axis: AxisLike = None, keepdims: bool = False) -> None:
        self.axis = check_axes(axis)
        self.keepdims = keepdims

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axes(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (x.sum(axis=self.axis, keepdims=self.keepdims),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to

        (gy,) = grad_outputs
        shape = self.inputs[0].shape  # type: ignore[index]
        if self.axis is not None:
            gy = keep_axes(gy, shape, self.axis)  # type: ignore[arg-type]
        return (broadcast_to(gy, shape),)  # type: ignore[arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        if self.axis is not None:
            gy = gy.reshape(kept_shape(shape, self.axis))
        return (backend.get_array_module(gy).broadcast_to(gy, shape),)


class SumTo(FunctionNode):
    """Node of :func:`sum_to`."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def forward(self, inputs: Arrays) -> Arrays:
        return (utils.sum_to(inputs[0], self._shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to

        return (broadcast_to(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]


def sum(x: VariableLike, axis: AxisLike = None, keepdims: bool = False) -> Variable:
    """Sum of array elements over axes.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to sum over; ``None`` sums all elements to a 0-d array.
        keepdims: Whether the summed axes remain, with length 1.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 2], [3, 4]], np.float32)
        >>> F.sum(x, axis=0)
        variable([4., 6.])
    """
    return Sum(axis, keepdims).apply((x,))[0]


def sum_to(x: VariableLike, shape: Shape) -> Variable:
    """Sums over axes so that the result has a given shape: the transpose of broadcasting.

    Args:
        x: Variable or array.
        shape: A shape that broadcasts to that of ``x``.

    Returns:
        Variable of shape ``shape``; ``x`` itself if it has that shape.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sum_to(np.ones((2, 3), np.float32), (1, 3))
        variable([[2., 2., 2.]])
    """
    if x.shape == shape:
        return as_variable(x)
    return SumTo(shape).apply((x,))[0]
