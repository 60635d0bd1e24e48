"""Products over axes."""

from __future__ import annotations

import math
from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.array.transpose import transpose
from chainer.functions.math._axes import check_axes, expect_axes, keep_axes
from chainer.functions.math.cumprod import products_before
from chainer.types import Arrays, AxisLike, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Prod(FunctionNode):
    """Node of :func:`prod`. Its gradient is exact where elements are zero: nothing is divided."""

    def __init__(self, axis: AxisLike = None, keepdims: bool = False) -> None:
        self.axis = check_axes(axis)
        self.keepdims = keepdims

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axes(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        return (x.prod(axis=self.axis, keepdims=self.keepdims),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        return (_product_of_others(x, self.axis) * keep_axes(gy, x.shape, self.axis),)


def _product_of_others(x: Variable, axis: tuple[int, ...] | None) -> Variable:
    """For each element the product of all others over the axes."""
    reduced = sorted(range(x.ndim) if axis is None else [a % x.ndim for a in axis])
    order = (*[i for i in range(x.ndim) if i not in reduced], *reduced)
    moved = transpose(x, order)
    n_kept = x.ndim - len(reduced)
    row = reshape(moved, (*moved.shape[:n_kept], math.prod(moved.shape[n_kept:])))
    others = products_before(row, n_kept) * products_before(row, n_kept, reverse=True)
    back = tuple([order.index(i) for i in range(x.ndim)])
    return transpose(reshape(others, moved.shape), back)


def prod(x: VariableLike, axis: AxisLike = None, keepdims: bool = False) -> Variable:
    """Product of array elements over axes.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to multiply over; ``None`` takes all elements.
        keepdims: Whether the axes remain, with length 1.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.prod(np.array([[1, 2], [3, 4]], np.float32), axis=0)
        variable([3., 8.])
    """
    return Prod(axis, keepdims).apply((x,))[0]
