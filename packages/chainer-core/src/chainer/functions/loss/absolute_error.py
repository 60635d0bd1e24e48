"""Absolute error."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.loss._difference import expect_alike
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.variable import Variable


class AbsoluteError(FunctionNode):
    """Node of :func:`absolute_error`."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        expect_alike(in_types, ("x0", "x1"))

    def forward(self, inputs: Arrays) -> Arrays:
        x0, x1 = inputs
        self.retain_inputs((0, 1))
        return (abs(x0 - x1),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gx = grad_outputs[0] * self._slope()
        return gx, (-gx if 1 in indexes else None)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        gx = grad_outputs[0] * self._slope()
        return tuple([-gx if i else gx for i in indexes])

    def _slope(self) -> NdArray:
        x0, x1 = self.get_retained_input_arrays()
        return backend.get_array_module(x0).sign(x0 - x1)


def absolute_error(x0: VariableLike, x1: VariableLike) -> Variable:
    """Elementwise absolute error, ``|x0 - x1|``.

    Args:
        x0: Variable or array of a float dtype.
        x1: Of the shape and dtype of ``x0``.

    Returns:
        Variable of the shape and dtype of ``x0``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ, or are no floats.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.absolute_error(np.array([1, 2], np.float32), np.array([3, 2], np.float32))
        variable([2., 0.])
    """
    return AbsoluteError().apply((x0, x1))[0]
