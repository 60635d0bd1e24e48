"""Dropping axes of length one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.types import Arrays, AxisLike, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def argone(iterable: Iterable[int]) -> list[int]:
    """Positions of the ones.

    Example:
        >>> argone((1, 3, 1))
        [0, 2]
    """
    return [i for i, n in enumerate(iterable) if n == 1]


class Squeeze(FunctionNode):
    """Node of :func:`squeeze`.

    Args:
        axis: Axis or axes to drop; ``None`` drops all of length one.
    """

    def __init__(self, axis: AxisLike = None) -> None:
        if isinstance(axis, int):
            axis = (axis,)
        elif axis is not None and not (isinstance(axis, tuple) and all(isinstance(a, int) for a in axis)):
            raise TypeError(f"axis must be None, int or tuple of ints, got {axis!r}")
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        for axis in self.axis or ():
            if axis >= 0:
                type_check.expect(x_type.ndim > axis)
            else:
                type_check.expect(-x_type.ndim <= axis)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0].squeeze(self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (reshape(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0].reshape(self.inputs[0].shape),)  # type: ignore[index]


def squeeze(x: VariableLike, axis: AxisLike = None) -> Variable:
    """Drops axes of length one.

    Args:
        x: Variable or array.
        axis: Axis or tuple of axes to drop; ``None`` drops all of length one.

    Returns:
        Variable, a view of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is not of length one, or is given twice.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.zeros((1, 3, 1, 2), np.float32)
        >>> F.squeeze(x).shape, F.squeeze(x, axis=0).shape
        ((3, 2), (3, 1, 2))
    """
    return Squeeze(axis).apply((x,))[0]
