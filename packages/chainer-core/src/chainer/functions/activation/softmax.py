"""Softmax."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions.activation.log_softmax import expect_axis
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def softmax_array(x: NdArray, axis: int) -> NdArray:
    """Softmax of an array that is not empty."""
    y = x - x.max(axis=axis, keepdims=True)
    backend.get_array_module(x).exp(y, out=y)
    y /= y.sum(axis=axis, keepdims=True)
    return y


class Softmax(FunctionNode):
    """Node of :func:`softmax`. Asks for the kernel ``softmax(x, axis)``, which may return ``None``."""

    def __init__(self, axis: int = 1) -> None:
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        expect_axis(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        if x.size == 0:
            return (x.copy(),)
        kernel = kernels.find("softmax", x)
        if kernel is not None and (y := kernel(x, self.axis)) is not None:
            return (y,)
        return (softmax_array(x, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return _SoftmaxGrad(self.axis).apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return _SoftmaxGrad(self.axis).forward((y, grad_outputs[0]))


class _SoftmaxGrad(FunctionNode):
    r"""Gradient of :func:`softmax`, of ``(y, gy)``: :math:`y (g_y - \sum y g_y)`.

    Asks for the kernel ``softmax_backward(y, gy, axis)``, which may return ``None`` to leave it to the plain body.
    """

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        kernel = kernels.find("softmax_backward", y)
        if kernel is not None and (gx := kernel(y, gy, self.axis)) is not None:
            return (gx,)
        gx = y * gy
        gx -= y * gx.sum(axis=self.axis, keepdims=True)
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to
        from chainer.functions.math.sum import sum

        y, gy = self.get_retained_inputs()
        ggx: Any = grad_outputs[0]

        def mean_of(g: Variable) -> Variable:
            """Mean of ``g`` under the distribution ``y``."""
            return broadcast_to(sum(y * g, self.axis, keepdims=True), y.shape)

        centred = ggx - mean_of(ggx)
        return (
            gy * centred - ggx * mean_of(gy) if 0 in indexes else None,
            y * centred if 1 in indexes else None,
        )


def softmax(x: VariableLike, axis: int = 1) -> Variable:
    r"""Softmax along an axis, :math:`\exp x_i / \sum_j \exp x_j`.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which the result sums to one.

    Returns:
        Variable of the shape and dtype of ``x``, with values in :math:`[0, 1]`.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or has no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.softmax(np.array([[0, 0], [0, 1000]], np.float32))
        variable([[0.5, 0.5],
                  [0. , 1. ]])
    """
    return Softmax(axis).apply((x,))[0]
