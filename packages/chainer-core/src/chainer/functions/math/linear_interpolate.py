"""Linear interpolation between two arrays."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class LinearInterpolate(FunctionNode):
    """Node of :func:`linear_interpolate`."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("p", "x", "y"))
        p, x, y = in_types
        type_check.expect(p.dtype.kind == "f", x.dtype == p.dtype, y.dtype == p.dtype)
        type_check.expect(p.shape == x.shape, p.shape == y.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        p, x, y = inputs
        return (p * x + (1 - p) * y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = LinearInterpolateGrad().apply((*self.get_retained_inputs(), grad_outputs[0]))
        return tuple([gxs[i] for i in indexes])


class LinearInterpolateGrad(FunctionNode):
    """Gradients of :func:`linear_interpolate`, all three."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2, 3))
        p, x, y, gz = inputs
        gx = p * gz
        return (x - y) * gz, gx, gz - gx

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        p, x, y, gz = self.get_retained_inputs()
        ggp, ggx, ggy = [0 if gg is None else gg for gg in grad_outputs]
        makers: Any = (
            lambda: (ggx - ggy) * gz,
            lambda: ggp * gz,
            lambda: -(ggp * gz),
            lambda: ggp * (x - y) + ggx * p + ggy * (1 - p),
        )
        return tuple([makers[i]() for i in indexes])


def linear_interpolate(p: VariableLike, x: VariableLike, y: VariableLike) -> Variable:
    r"""Elementwise linear interpolation :math:`p x + (1 - p) y`.

    Args:
        p: Weights of ``x``: variable or array of a float dtype.
        x: Variable or array of the same shape and dtype.
        y: Variable or array of the same shape and dtype.

    Returns:
        Variable of that shape and dtype.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> p, x, y = np.array([[0.25], [4], [0]], np.float32)
        >>> F.linear_interpolate(p, x, y)
        variable([1.])
    """
    return LinearInterpolate().apply((p, x, y))[0]
