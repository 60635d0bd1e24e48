"""Cumulative sums."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math._axes import check_axis, expect_axis, reversed_along
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Cumsum(FunctionNode):
    """Node of :func:`cumsum`.

    Args:
        axis: Axis along which to add; ``None`` flattens the array first.
        reverse: Whether to begin at the end of the axis, as the gradient does.
    """

    def __init__(self, axis: int | None = None, reverse: bool = False) -> None:
        self.axis = check_axis(axis)
        self.reverse = reverse

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axis(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        xp = backend.get_array_module(x)
        if not self.reverse or self.axis is None:
            return (xp.cumsum(x, axis=self.axis),)
        return (reversed_along(xp.cumsum(reversed_along(x, self.axis), axis=self.axis), self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        axis = 0 if self.axis is None else self.axis
        (gx,) = Cumsum(axis, not self.reverse).apply(grad_outputs)
        return (reshape(gx, self.inputs[0].shape),)  # type: ignore[index,arg-type]


def cumsum(x: VariableLike, axis: int | None = None) -> Variable:
    r"""Cumulative sum along an axis, :math:`y_i = \sum_{j \le i} x_j`.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which to add; ``None`` flattens the array first.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None`` nor an int.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cumsum(np.array([[1, 2], [3, 4]], np.float32), axis=1)
        variable([[1., 3.],
                  [3., 7.]])
    """
    return Cumsum(axis).apply((x,))[0]
