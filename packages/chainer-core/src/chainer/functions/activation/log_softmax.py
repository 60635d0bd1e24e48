"""Logarithm of the softmax."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def logsumexp(x: NdArray, axis: int) -> NdArray:
    r"""Logarithm of the sum of exponentials of an array over one axis, which remains with length 1.

    Args:
        x: Array.
        axis: Axis to sum over.
    """
    xp = backend.get_array_module(x)
    largest = x.max(axis=axis, keepdims=True)
    y = x - largest
    xp.exp(y, out=y)
    total = y.sum(axis=axis, keepdims=True)
    xp.log(total, out=total)
    total += largest
    return total


def expect_axis(x_type: Any, axis: int) -> None:
    """Requires of the input type of a softmax a float dtype, and the axis to be one of its axes."""
    type_check.expect(x_type.dtype.kind == "f", -x_type.ndim <= axis, axis < x_type.ndim)


class LogSoftmax(FunctionNode):
    """Node of :func:`log_softmax`. Asks for the kernel ``log_softmax(x, axis)``, which may return ``None``."""

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
        kernel = kernels.find("log_softmax", x)
        if kernel is not None and (y := kernel(x, self.axis)) is not None:
            return (y,)
        return (x - logsumexp(x, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return LogSoftmaxGrad(axis=self.axis).apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return LogSoftmaxGrad(axis=self.axis).forward((y, grad_outputs[0]))


class LogSoftmaxGrad(FunctionNode):
    r"""Gradient of :func:`log_softmax`, of ``(y, gy)``: :math:`g_y - e^y \sum g_y`.

    Asks for the kernel ``log_softmax_backward(y, gy, axis)``, which may return ``None`` to leave it to the plain body.

    Args:
        x_xp: Kept for the published signature, as the next two: all that is needed is in ``y``.
        x_shape: See ``x_xp``.
        x_dtype: See ``x_xp``.
        axis: Axis of the softmax.
    """

    def __init__(
        self, x_xp: ModuleType | None = None, x_shape: Shape | None = None, x_dtype: Any = None, axis: int = 1
    ) -> None:
        self.axis = axis

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        kernel = kernels.find("log_softmax_backward", y)
        if kernel is not None and (gx := kernel(y, gy, self.axis)) is not None:
            return (gx,)
        gx = backend.get_array_module(y).exp(y)
        gx *= gy.sum(axis=self.axis, keepdims=True)
        return (gy - gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.broadcast import broadcast_to
        from chainer.functions.math.exponential import exp
        from chainer.functions.math.sum import sum

        y, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        probability = exp(y)
        weighted = probability * ggx
        return (
            -weighted * broadcast_to(sum(gy, self.axis, keepdims=True), y.shape) if 0 in indexes else None,
            ggx - broadcast_to(sum(weighted, self.axis, keepdims=True), y.shape) if 1 in indexes else None,
        )


def log_softmax(x: VariableLike, axis: int = 1) -> Variable:
    r"""Logarithm of the softmax along an axis, :math:`x_i - \log \sum_j \exp x_j`.

    It stays exact where the softmax itself is too small for its logarithm.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which the exponentials of the result sum to one.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or has no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log_softmax(np.array([[0, 0], [0, 1000]], np.float32))
        variable([[-6.931472e-01, -6.931472e-01],
                  [-1.000000e+03,  0.000000e+00]])
    """
    return LogSoftmax(axis).apply((x,))[0]
