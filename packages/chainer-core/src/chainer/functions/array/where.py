"""Choosing between two arrays, element by element."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend, utils
from chainer.function_node import FunctionNode
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_array


class Where(FunctionNode):
    """Node of :func:`where`.

    Args:
        condition: Boolean array, a constant of the function.
    """

    is_elementwise = True

    def __init__(self, condition: NdArray) -> None:
        self.condition = condition

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "y"))
        x_type, y_type = in_types
        condition = type_check.make_variable(self.condition, "condition")
        type_check.expect(condition.dtype == numpy.bool_, x_type.dtype == y_type.dtype)
        type_check.expect_broadcast_shapes(condition.shape, x_type.shape, y_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(self.condition).where(self.condition, *inputs),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        zero = gy.xp.zeros((), gy.dtype)  # type: ignore[union-attr]
        gradients: list[Variable] = []
        for i in indexes:
            choice: Any = (gy, zero) if i == 0 else (zero, gy)
            gradients += Where(self.condition).apply(choice)
        return tuple([sum_to(gx, inputs[i].shape) for i, gx in zip(indexes, gradients)])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        where = backend.get_array_module(gy).where
        inputs: Any = self.inputs
        zero = gy.dtype.type(0)
        return tuple(
            [utils.sum_to(where(self.condition, *((zero, gy) if i else (gy, zero))), inputs[i].shape) for i in indexes]
        )


def where(condition: VariableLike, x: VariableLike, y: VariableLike) -> Variable:
    """Elements of ``x`` where a condition holds, and of ``y`` elsewhere.

    The three arrays are broadcast against each other. No gradient flows into the condition.

    Args:
        condition: Variable or array of booleans.
        x: Variable or array.
        y: Variable or array of the dtype of ``x``.

    Returns:
        Variable of that dtype.

    Raises:
        chainer.utils.type_check.InvalidType: ``condition`` is not an array of booleans, or dtypes
            differ, or shapes do not fit.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, y = np.array([1, 2], np.float32), np.array([-1, -2], np.float32)
        >>> F.where(np.array([True, False]), x, y)
        variable([ 1., -2.])
    """
    mask = as_array(condition)
    if isinstance(mask, bool):
        mask = numpy.asarray(mask)
    if not isinstance(mask, backend.get_array_types()):
        raise type_check.InvalidType("isinstance(condition, ndarray)", f"condition is a {type(mask).__name__}")
    return Where(mask).apply((x, y))[0]
