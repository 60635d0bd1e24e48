"""Diagonals."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Diagonal(FunctionNode):
    """Node of :func:`diagonal`.

    Args:
        offset: As for :func:`diagonal`.
        axis1: As for :func:`diagonal`.
        axis2: As for :func:`diagonal`.
    """

    def __init__(self, offset: int, axis1: int, axis2: int) -> None:
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        for axis in (self.axis1, self.axis2):
            if axis >= 0:
                type_check.expect(x_type.ndim > axis)
            else:
                type_check.expect(-x_type.ndim <= axis)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0].diagonal(self.offset, self.axis1, self.axis2),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        return DiagonalGrad(shape, self.offset, self.axis1, self.axis2).apply(grad_outputs)


class DiagonalGrad(FunctionNode):
    """Gradient of :func:`diagonal`: zeros, with the gradient on the diagonal.

    Args:
        out_shape: Shape of the output.
        offset: As for :func:`diagonal`.
        axis1: As for :func:`diagonal`.
        axis2: As for :func:`diagonal`.
    """

    def __init__(self, out_shape: Shape, offset: int, axis1: int, axis2: int) -> None:
        self.out_shape = out_shape
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        gx = xp.zeros(self.out_shape, gy.dtype)
        # diagonal() gives a view that must not be written to; with the two axes last, a step is a stride of its own.
        plane = xp.moveaxis(gx, (self.axis1, self.axis2), (-2, -1))
        i = xp.arange(gy.shape[-1])
        plane[..., i + max(-self.offset, 0), i + max(self.offset, 0)] = gy
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Diagonal(self.offset, self.axis1, self.axis2).apply(grad_outputs)


def diagonal(x: VariableLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """Diagonals of the matrices that lie in two axes.

    Args:
        x: Variable or array with two axes or more.
        offset: How far above the main diagonal; below it if negative.
        axis1: Axis of the rows.
        axis2: Axis of the columns.

    Returns:
        Variable, a view of ``x``: the two axes are gone and the diagonal is the last.

    Raises:
        ValueError: The two axes are the same.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.diagonal(np.array([[1, 2, 3], [4, 5, 6]], np.float32), offset=1)
        variable([2., 6.])
    """
    return Diagonal(offset, axis1, axis2).apply((x,))[0]
