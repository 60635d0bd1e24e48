"""Smooth rectified linear unit."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._eltwise import eltwise, eltwise_backward
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Softplus(FunctionNode):
    """Node of :func:`softplus`."""

    is_elementwise = True

    def __init__(self, beta: float = 1.0) -> None:
        if beta == 0:
            raise ValueError("beta must not be 0: softplus divides by it")
        self.beta = float(beta)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        if (served := eltwise(x, "softplus", self.beta)) is not None:
            return (served,)
        xp = backend.get_array_module(x)
        z = x * self.beta
        y = abs(z)
        y = xp.log1p(xp.exp(-y))  # of at most 1: it cannot overflow
        y += xp.maximum(z, 0)
        y *= 1 / self.beta
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return SoftplusGrad(self.beta).apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return SoftplusGrad(self.beta).forward((y, grad_outputs[0]))


class SoftplusGrad(FunctionNode):
    r"""Gradient of :func:`softplus`, of ``(y, gy)``: the sigmoid of :math:`\beta x` is :math:`1 - \exp(-\beta y)`."""

    is_elementwise = True

    def __init__(self, beta: float) -> None:
        self.beta = beta

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        if (served := eltwise_backward(y, gy, "softplus", self.beta)) is not None:
            return (served,)
        gx = backend.get_array_module(y).expm1(y * -self.beta)
        gx *= -gy
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.math.exponential import exp

        y, gy = self.get_retained_inputs()
        ggx: Any = grad_outputs[0]
        complement = exp(-self.beta * y)
        return (
            self.beta * ggx * gy * complement if 0 in indexes else None,
            ggx * (1 - complement) if 1 in indexes else None,
        )


def softplus(x: VariableLike, beta: float = 1.0) -> Variable:
    r"""Smooth rectified linear unit, elementwise :math:`\log(1 + \exp(\beta x)) / \beta`.

    Args:
        x: Variable or array of a float dtype, of any shape.
        beta: How closely it follows the rectified linear unit; not 0.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        ValueError: ``beta`` is 0.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.softplus(np.array([-1, 0, 1], np.float32))
        variable([0.3133, 0.693 , 1.313 ])
    """
    return Softplus(beta).apply((x,))[0]
