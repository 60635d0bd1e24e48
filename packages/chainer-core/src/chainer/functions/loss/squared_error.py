"""Squared error."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.loss._difference import expect_alike
from chainer.types import Arrays, VariableLike, Variables
from chainer.variable import Variable


class SquaredError(FunctionNode):
    """Node of :func:`squared_error`."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        expect_alike(in_types, ("x0", "x1"))

    def forward(self, inputs: Arrays) -> Arrays:
        x0, x1 = inputs
        self.retain_inputs((0, 1))
        y = x0 - x1
        y *= y
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x0, x1 = self.get_retained_inputs()
        gx = (2 * grad_outputs[0]) * (x0 - x1)  # type: ignore[operator]
        return gx, (-gx if 1 in indexes else None)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x0, x1 = self.get_retained_input_arrays()
        gx = x0 - x1
        gx *= grad_outputs[0]
        gx *= 2
        return tuple([-gx if i else gx for i in indexes])


def squared_error(x0: VariableLike, x1: VariableLike) -> Variable:
    """Elementwise squared error, ``(x0 - x1) ** 2``.

    Args:
        x0: Variable or array of a float dtype.
        x1: Of the shape and dtype of ``x0``.

    Returns:
        Variable of the shape and dtype of ``x0``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ, or are no floats.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.squared_error(np.array([1, 2], np.float32), np.array([3, 2], np.float32))
        variable([4., 0.])
    """
    return SquaredError().apply((x0, x1))[0]


def squared_difference(x1: VariableLike, x2: VariableLike) -> Variable:
    """Elementwise squared difference: :func:`squared_error` under another name."""
    return squared_error(x1, x2)
