"""Exponential linear unit."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation._eltwise import eltwise, eltwise_backward
from chainer.functions.activation._piecewise_linear import negative_slope
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class ELU(FunctionNode):
    """Node of :func:`elu`."""

    is_elementwise = True

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = float(alpha)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        # With a positive alpha the output has the sign of the input, which need not be kept then.
        if self.alpha <= 0:
            self.retain_inputs((0,))
        self.retain_outputs((0,))
        if self.alpha > 0 and (served := eltwise(x, "elu", self.alpha)) is not None:
            return (served,)
        xp = backend.get_array_module(x)
        y = xp.expm1(xp.minimum(x, 0))  # zero where the input is positive
        y *= self.alpha
        y += xp.maximum(x, 0)
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        (source,) = self.get_retained_inputs() or (y,)
        return ELUGrad(self.alpha, source.array >= 0).apply((y, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        if self.alpha > 0 and (gx := eltwise_backward(y, grad_outputs[0], "elu", self.alpha)) is not None:
            return (gx,)
        (source,) = self.get_retained_input_arrays() or (y,)
        return ELUGrad(self.alpha, source >= 0).forward((y, grad_outputs[0]))


class ELUGrad(FunctionNode):
    """Gradient of :func:`elu`, of ``(y, gy)``: the exponential is ``y + alpha``.

    Args:
        alpha: As for :func:`elu`.
        cond: Where the input is not negative.
    """

    is_elementwise = True

    def __init__(self, alpha: float, cond: NdArray) -> None:
        self.alpha = alpha
        self.cond = cond

    def forward(self, inputs: Arrays) -> Arrays:
        y, gy = inputs
        self.retain_inputs((0, 1))
        gx = negative_slope(~self.cond, y + self.alpha, y.dtype)
        gx *= gy
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        y, gy = self.get_retained_inputs()
        ggx: Any = grad_outputs[0]
        is_negative = (~self.cond).astype(y.dtype)
        return (
            ggx * gy * is_negative if 0 in indexes else None,
            ggx * (y * is_negative + (self.cond + self.alpha * is_negative)) if 1 in indexes else None,
        )


def elu(x: VariableLike, alpha: float = 1.0) -> Variable:
    r"""Exponential linear unit, elementwise :math:`x` for :math:`x \ge 0`, else :math:`\alpha (\exp x - 1)`.

    Args:
        x: Variable or array of a float dtype, of any shape.
        alpha: Scale of the negative part.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    References:
        Clevert et al., *Fast and Accurate Deep Network Learning by Exponential Linear Units*, arXiv:1511.07289.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.elu(np.array([-1, 0, 2], np.float32))
        variable([-0.632,  0.   ,  2.   ])
    """
    return ELU(alpha).apply((x,))[0]
