"""Exchanging two axes."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Swapaxes(FunctionNode):
    """Node of :func:`swapaxes`.

    Args:
        axis1: An axis.
        axis2: The other axis.
    """

    def __init__(self, axis1: int, axis2: int) -> None:
        self.axis1 = axis1
        self.axis2 = axis2

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0].swapaxes(self.axis1, self.axis2),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Swapaxes(self.axis1, self.axis2).apply(grad_outputs)


def swapaxes(x: VariableLike, axis1: int, axis2: int) -> Variable:
    """Exchanges two axes.

    Args:
        x: Variable or array.
        axis1: An axis.
        axis2: The other axis.

    Returns:
        Variable, a view of ``x``.

    Raises:
        TypeError: An axis is not an int.
        numpy.exceptions.AxisError: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.swapaxes(np.zeros((2, 3, 4), np.float32), 0, 2).shape
        (4, 3, 2)
    """
    return Swapaxes(axis1, axis2).apply((x,))[0]
