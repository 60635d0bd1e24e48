"""Axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Transpose(FunctionNode):
    """Node of :func:`transpose`."""

    def __init__(self, axes: Sequence[int] | None = None) -> None:
        self.axes = axes

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        if self.axes is not None:
            type_check.expect(in_types[0].ndim == len(self.axes))

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0].transpose(self.axes),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (transpose(grad_outputs[0], self._inverse_axes()),)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0].transpose(self._inverse_axes()),)

    def _inverse_axes(self) -> tuple[int, ...] | None:
        if self.axes is None:
            return None
        n = len(self.axes)
        inverse = [0] * n
        for i, axis in enumerate(self.axes):
            inverse[axis % n] = i
        return tuple(inverse)


def transpose(x: VariableLike, axes: Sequence[int] | None = None) -> Variable:
    """Permutes the axes of an array.

    Args:
        x: Variable or array.
        axes: For each axis of the result, the axis of ``x`` that it is; ``None`` reverses their order.

    Returns:
        Variable, a view where the array module makes one.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.transpose(np.zeros((2, 3, 4), np.float32), (1, 0, 2)).shape
        (3, 2, 4)
    """
    return Transpose(axes).apply((x,))[0]
