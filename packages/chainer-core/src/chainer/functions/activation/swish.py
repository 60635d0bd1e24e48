"""Swish."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._channelwise import expect_parameter, extended_shape, reduced_axes
from chainer.functions.activation.sigmoid import sigmoid
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _sigmoid(x: NdArray) -> NdArray:
    y = backend.get_array_module(x).tanh(x * 0.5)
    y *= 0.5
    y += 0.5
    return y


class Swish(FunctionNode):
    """Node of :func:`swish`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "beta"))
        expect_parameter(*in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        x, beta = inputs
        self.retain_inputs((0, 1))
        self._extended_shape = extended_shape(x, beta)
        self._reduced_axes = reduced_axes(x, beta)
        y = _sigmoid(beta.reshape(self._extended_shape) * x)
        y *= x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, beta = self.get_retained_inputs()
        return SwishGrad(self._extended_shape, self._reduced_axes).apply((x, beta, grad_outputs[0]))


class SwishGrad(FunctionNode):
    r"""Gradients of :func:`swish`, of ``(x, beta, gy)``.

    With :math:`u = \beta x` and :math:`s = \sigma(u)`, they are :math:`g_y (s + u s')` and :math:`g_y x^2 s'`.

    Args:
        extended_shape: Shape in which ``beta`` broadcasts against ``x``.
        reduction_axes: Axes of ``x`` along which ``beta`` is the same.
    """

    def __init__(self, extended_shape: Shape, reduction_axes: tuple[int, ...]) -> None:
        self.extended_shape = extended_shape
        self.reduction_axes = reduction_axes

    def forward(self, inputs: Arrays) -> Arrays:
        x, beta, gy = inputs
        self.retain_inputs((0, 1, 2))
        u = beta.reshape(self.extended_shape) * x
        s = _sigmoid(u)
        ds = 1 - s
        ds *= s
        gx = u * ds
        gx += s
        gx *= gy
        ds *= x
        ds *= x
        ds *= gy
        return gx, ds.sum(axis=self.reduction_axes)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.math.sum import sum

        x, beta, gy = self.get_retained_inputs()
        ggx, ggbeta = grad_outputs
        b = beta.reshape(self.extended_shape)
        u = b * x
        s = sigmoid(u)
        ds = s * (1 - s)
        dds = ds * (1 - 2 * s)
        by_x_and_beta = x * (2 * ds + u * dds)
        parts = []  # gradients of x, beta and gy through each of the outputs
        if ggx is not None:
            parts.append((ggx * gy * b * (2 * ds + u * dds), ggx * gy * by_x_and_beta, ggx * (s + u * ds)))
        if ggbeta is not None:
            g = ggbeta.reshape(self.extended_shape)
            parts.append((g * gy * by_x_and_beta, g * gy * x * x * x * dds, g * x * x * ds))
        gx, gbeta, ggy = parts[0] if len(parts) == 1 else (a + b for a, b in zip(*parts, strict=True))
        return gx, sum(gbeta, self.reduction_axes), ggy


def swish(x: VariableLike, beta: VariableLike) -> Variable:
    r"""Swish, elementwise :math:`x \, \sigma(\beta x)` with the logistic sigmoid :math:`\sigma`.

    Args:
        x: Variable or array of a float dtype, the batch along the first axis.
        beta: Of the dtype of ``x`` and shape ``x.shape[1 : 1 + beta.ndim]``: one value for each channel, or a 0-d
            array for all.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Ramachandran et al., *Searching for Activation Functions*, arXiv:1710.05941.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.swish(np.array([[-1, 0, 2]], np.float32), np.array(1, np.float32))
        variable([[-0.269,  0.   ,  1.762]])
    """
    return Swish().apply((x, beta))[0]
