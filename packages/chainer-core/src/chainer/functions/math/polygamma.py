"""Derivatives of the digamma function."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._elementwise import special
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import force_array, type_check
from chainer.variable import Variable, as_array


class PolyGamma(FunctionNode):
    """Node of :func:`polygamma`. No gradient flows into the order."""

    label = "polygamma"
    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("n", "x"))
        n, x = in_types
        type_check.expect(n.dtype.kind == "i", x.dtype.kind == "f")
        type_check.expect_broadcast_shapes(n.shape, x.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        n, x = inputs
        return (special(backend.get_array_module(x), "polygamma", x, n),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        n, x = self.get_retained_inputs()
        next_n = force_array(as_array(n) + 1)
        return tuple([None if i == 0 else sum_to(polygamma(next_n, x) * gy, x.shape) for i in indexes])


def polygamma(n: VariableLike | int, x: VariableLike) -> Variable:
    r"""Elementwise polygamma function, the derivative of order ``n`` of the digamma function, :math:`\psi^{(n)}(x)`.

    Args:
        n: Order: an int, or an array of ints of a shape that can be broadcast with that of ``x``.
        x: Variable or array of a float dtype.

    Returns:
        Variable of the dtype of ``x``. It can be differentiated with respect to ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.polygamma(1, np.array([1, 2], np.float32)).array.round(3)
        array([1.645, 0.645], dtype=float32)
    """
    if isinstance(n, int):
        n = backend.get_array_module(as_array(x)).asarray(n, dtype=numpy.int32)
    return PolyGamma().apply((n, x))[0]
