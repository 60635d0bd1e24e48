"""Remainder of a division."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math.fix import fix
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Fmod(FunctionNode):
    """Node of :func:`fmod`."""

    label = "fmod"
    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "divisor"))
        x, divisor = in_types
        type_check.expect(x.dtype == divisor.dtype, x.dtype.kind == "f")
        type_check.expect_broadcast_shapes(x.shape, divisor.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        return (backend.get_array_module(*inputs).fmod(*inputs),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        x, divisor = self.get_retained_inputs()
        # y = x - fix(x / divisor) divisor, and fix is constant almost everywhere.
        return tuple(
            [sum_to(gy, x.shape) if i == 0 else sum_to(-fix(x / divisor) * gy, divisor.shape) for i in indexes]
        )


def fmod(x: VariableLike, divisor: VariableLike) -> Variable:
    r"""Elementwise remainder :math:`x - \mathrm{fix}(x / d)\, d`, which has the sign of ``x``, as in C.

    Args:
        x: Variable or array of a float dtype.
        divisor: Variable or array of the same dtype, of a shape that can be broadcast with that of ``x``.

    Returns:
        Variable of the broadcast shape.

    Raises:
        chainer.utils.type_check.InvalidType: Dtypes or shapes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.fmod(np.array([-3, 5], np.float32), np.array([2, 3], np.float32))
        variable([-1.,  2.])
    """
    return Fmod().apply((x, divisor))[0]
