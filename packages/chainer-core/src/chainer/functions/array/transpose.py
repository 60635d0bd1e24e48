"""Axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

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
        axes = self.axes
        if axes is not None:
            n = len(axes)
            axes = tuple(numpy.argsort([axis % n for axis in axes]).tolist())
        return (transpose(grad_outputs[0], axes),)


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
