"""Logistic sigmoid."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._eltwise import eltwise, eltwise_backward
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Sigmoid(FunctionNode):
    """Node of :func:`sigmoid`. Asks for the kernel ``eltwise(x, "sigmoid")``."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        if (y := eltwise(x, "sigmoid")) is not None:
            return (y,)
        # Through tanh, no exponential can overflow.
        y = backend.get_array_module(x).tanh(x * 0.5)
        y *= 0.5
        y += 0.5
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return SigmoidGrad().apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return SigmoidGrad().forward((y, grad_outputs[0]))


class SigmoidGrad(FunctionNode):
    """Gradient of :func:`sigmoid`, of ``(y, gy)``. Asks for the kernel ``eltwise_backward(y, gy, "sigmoid")``.

    Args:
        inputs: Kept for the published signature; what is needed of the input is in ``y``.
    """

    is_elementwise = True

    def __init__(self, inputs: Arrays | None = None) -> None:
        pass

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("y", "gy"))
        y_type, gy_type = in_types
        type_check.expect(y_type.dtype.kind == "f", gy_type.dtype == y_type.dtype, gy_type.shape == y_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        if (gx := eltwise_backward(y, gy, "sigmoid")) is not None:
            return (gx,)
        gx = 1 - y
        gx *= y
        gx *= gy
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        y, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        return (
            ggx * gy * (1 - 2 * y) if 0 in indexes else None,
            ggx * y * (1 - y) if 1 in indexes else None,
        )

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        y, gy = self.get_retained_input_arrays()
        (ggx,) = grad_outputs
        return tuple([ggx * y * (1 - y) if i else ggx * gy * (1 - 2 * y) for i in indexes])


def sigmoid(x: VariableLike) -> Variable:
    r"""Logistic sigmoid, elementwise :math:`(1 + \exp(-x))^{-1}`.

    Args:
        x: Variable or array of a float dtype, of any shape.

    Returns:
        Variable of the shape and dtype of ``x``, with values in :math:`[0, 1]`.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sigmoid(np.array([-100, 0, 100], np.float32))
        variable([0. , 0.5, 1. ])
    """
    return Sigmoid().apply((x,))[0]
