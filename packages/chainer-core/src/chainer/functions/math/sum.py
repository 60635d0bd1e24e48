"""Sums over axes, and down to a shape."""

from __future__ import annotations

from typing import Any

from chainer import utils
from chainer.function_node import FunctionNode
from chainer.types import Arrays, AxisLike, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Sum(FunctionNode):
    """Node of :func:`sum`."""

    def __init__(self, axis: AxisLike = None, keepdims: bool = False) -> None:
        self.axis = _check_axis(axis)
        self.keepdims = keepdims

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        for axis in self.axis or ():
            type_check.expect(axis < in_types[0].ndim, -in_types[0].ndim <= axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (x.sum(axis=self.axis, keepdims=self.keepdims),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to

        (gy,) = grad_outputs
        shape = self.inputs[0].shape  # type: ignore[index]
        if shape and self.axis is not None and not self.keepdims:
            gy = gy.reshape(kept_shape(shape, self.axis))  # type: ignore[union-attr]
        return (broadcast_to(gy, shape),)


class SumTo(FunctionNode):
    """Node of :func:`sum_to`."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def forward(self, inputs: Arrays) -> Arrays:
        return (utils.sum_to(inputs[0], self._shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to

        return (broadcast_to(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index]


def kept_shape(shape: Shape, axis: tuple[int, ...]) -> Shape:
    """Shape after a reduction over ``axis`` that keeps the axes, with length 1."""
    reduced = {a % len(shape) for a in axis}
    return tuple([1 if i in reduced else n for i, n in enumerate(shape)])


def _check_axis(axis: AxisLike) -> tuple[int, ...] | None:
    if axis is None:
        return None
    if isinstance(axis, int):
        return (axis,)
    if not isinstance(axis, tuple | list) or not all(isinstance(a, int) for a in axis):
        raise TypeError(f"axis must be None, an int or a tuple of ints, got {axis!r}")
    if len(set(axis)) != len(axis):
        raise ValueError(f"duplicate value in axis: {tuple(axis)}")
    return tuple(axis)


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
