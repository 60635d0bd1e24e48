"""Inserting an axis of length one."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class ExpandDims(FunctionNode):
    """Node of :func:`expand_dims`.

    Args:
        axis: Index of the new axis in the result.
    """

    def __init__(self, axis: int) -> None:
        self.axis = int(axis)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].ndim >= (self.axis if self.axis >= 0 else -self.axis - 1))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).expand_dims(x, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (reshape(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0].reshape(self.inputs[0].shape),)  # type: ignore[index]


def expand_dims(x: VariableLike, axis: int) -> Variable:
    """Inserts an axis of length one.

    Args:
        x: Variable or array.
        axis: Index of the new axis in the result; negative counts from behind.

    Returns:
        Variable, a view of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: There is no place for the axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.expand_dims(np.zeros((2, 3), np.float32), axis=-1).shape
        (2, 3, 1)
    """
    return ExpandDims(axis).apply((x,))[0]
