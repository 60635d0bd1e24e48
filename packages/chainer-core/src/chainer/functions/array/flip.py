"""Reversing the order along an axis."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Flip(FunctionNode):
    """Node of :func:`flip`.

    Args:
        axis: Axis to reverse.
    """

    def __init__(self, axis: int) -> None:
        if not isinstance(axis, int):
            raise TypeError(f"axis must be int, got {axis!r}")
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        if self.axis >= 0:
            type_check.expect(in_types[0].ndim > self.axis)
        else:
            type_check.expect(in_types[0].ndim >= -self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (x[(slice(None),) * (self.axis % x.ndim) + (slice(None, None, -1),)],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Flip(self.axis).apply(grad_outputs)


def flip(x: VariableLike, axis: int) -> Variable:
    """Reverses the order of the elements along an axis.

    Args:
        x: Variable or array.
        axis: Axis to reverse.

    Returns:
        Variable, a view of ``x``.

    Raises:
        TypeError: ``axis`` is not an int.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.flip(np.array([[1, 2], [3, 4]], np.float32), axis=1)
        variable([[2., 1.],
                  [4., 3.]])
    """
    return Flip(axis).apply((x,))[0]
