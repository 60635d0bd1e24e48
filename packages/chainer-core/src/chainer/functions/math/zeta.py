"""Hurwitz zeta function."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._elementwise import special
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_array


class Zeta(FunctionNode):
    """Node of :func:`zeta`, with the exponent a constant."""

    label = "zeta"
    is_elementwise = True

    def __init__(self, x: NdArray | float) -> None:
        self.x = x

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("q",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (q,) = inputs
        self.retain_inputs((0,))
        return (special(backend.get_array_module(q), "zeta", q, self.x),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (q,) = self.get_retained_inputs()
        gq = zeta(self.x + 1, q) * -self.x * grad_outputs[0]
        return (sum_to(gq, q.shape),)


def zeta(x: VariableLike | float, q: VariableLike) -> Variable:
    r"""Elementwise Hurwitz zeta function :math:`\zeta(x, q) = \sum_{k=0}^\infty (k + q)^{-x}`.

    Args:
        x: Exponent: a number, or an array of a shape that can be broadcast with that of ``q``.
        q: Variable or array of a float dtype.

    Returns:
        Variable of the dtype of ``q``. It can be differentiated with respect to ``q``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.zeta(2, np.array([1, 2], np.float32)).array.round(3)
        array([1.645, 0.645], dtype=float32)
    """
    return Zeta(as_array(x)).apply((q,))[0]
