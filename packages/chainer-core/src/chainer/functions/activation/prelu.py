"""Rectified linear unit that learns how much it leaks."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._channelwise import expect_parameter, extended_shape, reduced_axes
from chainer.functions.activation._piecewise_linear import negative_slope
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class PReLUFunction(FunctionNode):
    """Node of :func:`prelu`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "W"))
        expect_parameter(*in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        x, W = inputs
        self.retain_inputs((0, 1))
        self._extended_shape = extended_shape(x, W)
        self._reduced_axes = reduced_axes(x, W)
        xp = backend.get_array_module(x)
        y = xp.minimum(x, 0)
        y *= W.reshape(self._extended_shape)
        y += xp.maximum(x, 0)
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W = self.get_retained_inputs()
        grad = PReLUFunctionGrad(x.array >= 0, self._reduced_axes, self._extended_shape)
        return grad.apply((x, W, grad_outputs[0]))


class PReLUFunctionGrad(FunctionNode):
    """Gradients of :func:`prelu`, of ``(x, W, gy)``.

    Args:
        cond: Where the input is not negative.
        reduce_axes: Axes of the input along which ``W`` is the same.
        extended_shape: Shape in which ``W`` broadcasts against the input.
    """

    def __init__(self, cond: NdArray, reduce_axes: tuple[int, ...], extended_shape: Shape) -> None:
        self.cond = cond
        self.reduce_axes = reduce_axes
        self.extended_shape = extended_shape

    def forward(self, inputs: Arrays) -> Arrays:
        x, W, gy = inputs
        self.retain_inputs((0, 1, 2))
        gx = negative_slope(~self.cond, W.reshape(self.extended_shape), x.dtype)
        gx *= gy
        gW = backend.get_array_module(x).minimum(x, 0)
        gW *= gy
        return gx, gW.sum(axis=self.reduce_axes)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.math.sum import sum

        x, W, gy = self.get_retained_inputs()
        ggx, ggW = grad_outputs
        is_negative = (~self.cond).astype(x.dtype)
        gx = gW = ggy = None
        if ggx is not None:
            gW = sum(ggx * gy * is_negative, self.reduce_axes)
            ggy = ggx * (W.reshape(self.extended_shape) * is_negative + self.cond.astype(x.dtype))
        if ggW is not None:
            by_x = ggW.reshape(self.extended_shape) * is_negative
            gx = by_x * gy
            ggy = by_x * x if ggy is None else ggy + by_x * x
        return gx, gW, ggy


def prelu(x: VariableLike, W: VariableLike) -> Variable:
    r"""Rectified linear unit that learns how much it leaks: :math:`x` for :math:`x \ge 0`, else :math:`W x`.

    Args:
        x: Variable or array of a float dtype, the batch along the first axis.
        W: Slopes for negative values, of the dtype of ``x``: shape ``x.shape[1 : 1 + W.ndim]``. So ``W`` of shape
            ``(C,)`` has one slope a channel, and a 0-d one a single slope.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        He et al., *Delving Deep into Rectifiers*, arXiv:1502.01852.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.prelu(np.array([[-2, -2], [3, 3]], np.float32), np.array([0.5, 0.25], np.float32))
        variable([[-1. , -0.5],
                  [ 3. ,  3. ]])
    """
    return PReLUFunction().apply((x, W))[0]
