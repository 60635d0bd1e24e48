"""Mean squared error."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.loss._difference import expect_alike
from chainer.functions.loss._reduction import scaled_sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.variable import Variable


class MeanSquaredError(FunctionNode):
    """Node of :func:`mean_squared_error`."""

    def check_type_forward(self, in_types: Any) -> None:
        expect_alike(in_types, ("x0", "x1"))

    def forward(self, inputs: Arrays) -> Arrays:
        x0, x1 = inputs
        self.retain_inputs((0, 1))
        difference = (x0 - x1).ravel()
        coeff = 1 / difference.size if difference.size else float("nan")
        if difference.dtype.itemsize > 2:
            return (difference.dot(difference) * coeff,)
        difference = difference.astype("float32")
        difference *= difference
        return (scaled_sum(difference, coeff).astype(x0.dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x0, x1 = self.get_retained_inputs()
        gx = (grad_outputs[0] * (2 / max(x0.size, 1))) * (x0 - x1)  # type: ignore[operator]
        return gx, (-gx if 1 in indexes else None)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x0, x1 = self.get_retained_input_arrays()
        gx = x0 - x1
        gx *= grad_outputs[0] * (2 / max(gx.size, 1))
        return tuple([-gx if i else gx for i in indexes])


def mean_squared_error(x0: VariableLike, x1: VariableLike) -> Variable:
    """Mean over all elements of ``(x0 - x1) ** 2``.

    Args:
        x0: Variable or array of a float dtype.
        x1: Of the shape and dtype of ``x0``.

    Returns:
        0-d variable of the dtype of ``x0``; nan if there are no elements.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ, or are no floats.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.mean_squared_error(np.array([1, 2], np.float32), np.array([3, 2], np.float32))
        variable(2.)
    """
    return MeanSquaredError().apply((x0, x1))[0]
