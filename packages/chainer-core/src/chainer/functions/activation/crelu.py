"""Concatenated rectified linear unit."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._piecewise_linear import Slope
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class CReLU(FunctionNode):
    """Node of :func:`crelu`."""

    def __init__(self, axis: int = 1) -> None:
        if not isinstance(axis, int):
            raise TypeError(f"axis must be an integer value, got {axis!r}")
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        type_check.expect(x_type.dtype.kind == "f", x_type.ndim > self.axis, x_type.ndim >= -self.axis)

    def get_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output for an input of a shape: twice as long along the axis."""
        shape = list(input_shape)
        shape[self.axis] *= 2
        return tuple(shape)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        y = xp.empty(self.get_output_shape(x.shape), x.dtype)
        positive, negative = xp.split(y, 2, self.axis)
        xp.maximum(x, 0, out=positive)
        xp.negative(x, out=negative)
        xp.maximum(negative, 0, out=negative)
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gy: Any = grad_outputs[0]
        x = self.get_retained_inputs()[0].array
        n = x.shape[self.axis]
        before = (slice(None),) * (self.axis % x.ndim)
        gx = Slope(x > 0).apply((gy[(*before, slice(None, n))],))[0]
        return (gx - Slope(x < 0).apply((gy[(*before, slice(n, None))],))[0],)


def crelu(x: VariableLike, axis: int = 1) -> Variable:
    r"""Rectified linear units of an array and of its negative, side by side: :math:`(\max(0, x), \max(0, -x))`.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which the two are concatenated.

    Returns:
        Variable of the dtype of ``x``, twice as long along ``axis``.

    Raises:
        TypeError: ``axis`` is not an integer.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or has no such axis.

    References:
        Shang et al., *Understanding and Improving Convolutional Neural Networks via Concatenated Rectified Linear
        Units*, arXiv:1603.05201.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.crelu(np.array([[-1, 0, 2]], np.float32))
        variable([[0., 0., 2., 1., 0., 0.]])
    """
    return CReLU(axis).apply((x,))[0]
