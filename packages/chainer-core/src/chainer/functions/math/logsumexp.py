"""Logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._axes import check_axes, expect_axes, keep_axes, kept_shape
from chainer.functions.math.exponential import exp
from chainer.types import Arrays, AxisLike, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class LogSumExp(FunctionNode):
    """Node of :func:`logsumexp`."""

    def __init__(self, axis: AxisLike = None) -> None:
        self.axis = check_axes(axis)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axes(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        xp = backend.get_array_module(x)
        largest = x.max(axis=self.axis, keepdims=True)
        # Where that is infinite, so is the result; a difference of infinities would make it NaN.
        shift = xp.where(xp.isfinite(largest), largest, x.dtype.type(0))
        total = xp.exp(x - shift).sum(axis=self.axis)
        with numpy.errstate(divide="ignore"):
            return (xp.log(total) + shift.reshape(total.shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        assert gy is not None
        return (exp(x - keep_axes(y, x.shape, self.axis)) * keep_axes(gy, x.shape, self.axis),)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (x,) = self.get_retained_input_arrays()
        (y,) = self.get_retained_output_arrays()
        shape = kept_shape(x.shape, self.axis)
        gx = backend.get_array_module(x).exp(x - y.reshape(shape))
        gx *= grad_outputs[0].reshape(shape)
        return (gx,)


def logsumexp(x: VariableLike, axis: AxisLike = None) -> Variable:
    r"""Logarithm of the sum of exponentials over axes, :math:`\log \sum_i e^{x_i}`, without overflow.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to reduce; ``None`` takes all elements.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice, or there are no elements.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.logsumexp(np.array([[1000, 1000]], np.float32), axis=1).array.round(3)
        array([1000.693], dtype=float32)
    """
    return LogSumExp(axis).apply((x,))[0]
