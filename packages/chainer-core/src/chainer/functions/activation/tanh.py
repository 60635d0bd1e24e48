"""Hyperbolic tangent."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._eltwise import eltwise, eltwise_backward
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Tanh(FunctionNode):
    """Node of :func:`tanh`. Asks for the kernel ``eltwise(x, "tanh")``."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        if (y := eltwise(x, "tanh")) is not None:
            return (y,)
        return (backend.get_array_module(x).tanh(x),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return TanhGrad().apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return TanhGrad().forward((y, grad_outputs[0]))


class TanhGrad(FunctionNode):
    """Gradient of :func:`tanh`, of ``(y, gy)``. Asks for the kernel ``eltwise_backward(y, gy, "tanh")``.

    Args:
        x: Kept for the published signature; what is needed of the input is in ``y``.
    """

    is_elementwise = True

    def __init__(self, x: NdArray | None = None) -> None:
        pass

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        if (gx := eltwise_backward(y, gy, "tanh")) is not None:
            return (gx,)
        gx = y * gy
        gx *= y
        return (gy - gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        y, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        return (
            -2 * y * gy * ggx if 0 in indexes else None,
            ggx * (1 - y * y) if 1 in indexes else None,
        )

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        y, gy = self.get_retained_input_arrays()
        (ggx,) = grad_outputs
        return tuple([ggx * (1 - y * y) if i else -2 * y * gy * ggx for i in indexes])


def tanh(x: VariableLike) -> Variable:
    r"""Hyperbolic tangent, elementwise :math:`\tanh x`.

    Args:
        x: Variable or array of a float dtype, of any shape.

    Returns:
        Variable of the shape and dtype of ``x``, with values in :math:`[-1, 1]`.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.tanh(np.array([-100, 0, 100], np.float32))
        variable([-1.,  0.,  1.])
    """
    return Tanh().apply((x,))[0]
