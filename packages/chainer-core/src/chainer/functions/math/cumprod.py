"""Cumulative products."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math._axes import check_axis, expect_axis, reversed_along
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Cumprod(FunctionNode):
    r"""Node of :func:`cumprod`.

    Its gradient is exact where elements are zero: nothing is divided. With :math:`p_k` the product of the
    elements before :math:`x_k`, it is :math:`p_k r_k`, where :math:`r_k = gy_k + x_{k+1} r_{k+1}`.

    Args:
        axis: Axis along which to multiply; ``None`` flattens the array first.
        reverse: Whether to begin at the end of the axis.
    """

    def __init__(self, axis: int | None, reverse: bool = False) -> None:
        self.axis = check_axis(axis)
        self.reverse = reverse

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axis(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        if not self.reverse or self.axis is None:
            return (xp.cumprod(x, axis=self.axis),)
        return (reversed_along(xp.cumprod(reversed_along(x, self.axis), axis=self.axis), self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        flat, axis = (reshape(x, (x.size,)), 0) if self.axis is None else (x, self.axis)
        before = products_before(flat, axis, self.reverse)
        (r,) = Cumprodsum(axis, not self.reverse).apply((shift(flat, axis, self.reverse), gy))
        return (reshape(before * r, x.shape),)


class Cumprodsum(FunctionNode):
    """The linear recurrence ``y[i] = x[i] * y[i - 1] + b[i]`` along an axis, from ``x`` and ``b`` of one shape.

    Args:
        axis: Axis along which it runs.
        reverse: Whether it begins at the end.
    """

    def __init__(self, axis: int, reverse: bool = False) -> None:
        self.axis = axis
        self.reverse = reverse

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        xp = backend.get_array_module(*inputs)
        first = [reversed_along(x, self.axis) if self.reverse else x for x in inputs]
        factor, y = [xp.moveaxis(x, self.axis, 0).copy() for x in first]
        # Steps are affine maps. Composed with the one before, then with the two before these, and so on, each map
        # reaches back to the start after log2(n) rounds over the whole array.
        step = 1
        while step < len(y):
            y[step:] += factor[step:] * y[:-step]
            factor[step:] = factor[step:] * factor[:-step]
            step *= 2
        y = xp.moveaxis(y, 0, self.axis)
        return (reversed_along(y, self.axis) if self.reverse else y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        (gb,) = Cumprodsum(self.axis, not self.reverse).apply((shift(x, self.axis, self.reverse), grad_outputs[0]))
        return tuple([gb * shift(y, self.axis, not self.reverse) if i == 0 else gb for i in indexes])


class Shift(FunctionNode):
    """Elements moved by one along an axis; a number fills the gap, and the last one is lost.

    Args:
        axis: Axis along which to move them.
        onward: Whether towards its end.
        fill: The number that fills the gap.
    """

    def __init__(self, axis: int, onward: bool, fill: float = 0.0) -> None:
        self.axis = axis
        self.onward = onward
        self.fill = fill

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        lead = (slice(None),) * (self.axis % x.ndim)
        late, early = (*lead, slice(1, None)), (*lead, slice(None, -1))
        y: NdArray = backend.get_array_module(x).full_like(x, self.fill)
        if self.onward:
            y[late] = x[early]
        else:
            y[early] = x[late]
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Shift(self.axis, not self.onward).apply(grad_outputs)


def shift(x: Variable, axis: int, onward: bool, fill: float = 0.0) -> Variable:
    """Elements moved by one along an axis, towards its end or its beginning."""
    return Shift(axis, onward, fill).apply((x,))[0]


def products_before(x: Variable, axis: int, reverse: bool = False) -> Variable:
    """For each element the product of all that are before it (or behind it) along an axis."""
    return Cumprod(axis, reverse).apply((shift(x, axis, not reverse, fill=1.0),))[0]


def cumprod(x: VariableLike, axis: int | None = None) -> Variable:
    r"""Cumulative product along an axis, :math:`y_i = \prod_{j \le i} x_j`.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which to multiply; ``None`` flattens the array first.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None`` nor an int.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cumprod(np.array([[1, 2], [3, 4]], np.float32), axis=1)
        variable([[ 1.,  2.],
                  [ 3., 12.]])
    """
    return Cumprod(axis).apply((x,))[0]
