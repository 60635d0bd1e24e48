"""Taking an array apart along an axis."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.split_axis import fill_missing
from chainer.functions.array.stack import stack
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Separate(FunctionNode):
    """Node of :func:`separate`. The outputs are views.

    Args:
        axis: Axis to take apart.
    """

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        if self.axis >= 0:
            type_check.expect(self.axis < x_type.ndim)
        else:
            type_check.expect(-x_type.ndim <= self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        lead = (slice(None),) * (self.axis % x.ndim)
        ys = tuple([x[(*lead, i, ...)] for i in range(x.shape[self.axis])])  # `...` keeps 0-d results arrays
        self._shapes = [y.shape for y in ys]
        return ys

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (stack(fill_missing(self, grad_outputs), self.axis),)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        gys = fill_missing(self, grad_outputs)
        return (backend.get_array_module(*gys).stack(gys, self.axis),)


def separate(x: VariableLike, axis: int = 0) -> tuple[Variable, ...]:
    """Takes an array apart along an axis; the inverse of :func:`~chainer.functions.stack`.

    Args:
        x: Variable or array.
        axis: Axis to take apart.

    Returns:
        Tuple of variables, views of ``x`` without that axis.

    Raises:
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.separate(np.array([[1, 2], [3, 4]], np.float32), axis=1)
        (variable([1., 3.]), variable([2., 4.]))
    """
    return Separate(axis).apply((x,))
