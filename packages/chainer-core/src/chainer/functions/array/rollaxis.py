"""Moving an axis in front of another."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.moveaxis import moveaxis
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Rollaxis(FunctionNode):
    """Node of :func:`rollaxis`.

    Args:
        axis: Axis to move.
        start: Axis in front of which it comes.
    """

    def __init__(self, axis: int, start: int) -> None:
        for name, value in (("axis", axis), ("start", start)):
            if not isinstance(value, int):
                raise TypeError(f"{name} must be int, got {value!r}")
        self.axis = axis
        self.start = start

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        type_check.expect(x_type.ndim > (self.axis if self.axis >= 0 else -self.axis - 1))
        if self.start >= 0:
            type_check.expect(x_type.ndim >= self.start)
        else:
            type_check.expect(x_type.ndim > -self.start - 1)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).rollaxis(x, self.axis, self.start),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        n = gy.ndim  # type: ignore[union-attr]
        axis = self.axis % n
        start = self.start + n if self.start < 0 else self.start
        # The place in front of `start` moves down by one when the axis is taken from before it.
        return (moveaxis(gy, start - 1 if axis < start else start, axis),)


def rollaxis(x: VariableLike, axis: int, start: int = 0) -> Variable:
    """Moves an axis in front of another; the others stay in order.

    Args:
        x: Variable or array.
        axis: Axis to move.
        start: Axis in front of which it comes; the number of axes puts it last.

    Returns:
        Variable, a view of ``x``.

    Raises:
        TypeError: An argument is not an int.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.rollaxis(np.zeros((2, 3, 4), np.float32), 2).shape
        (4, 2, 3)
    """
    return Rollaxis(axis, start).apply((x,))[0]
