"""Products with logarithms that have a limit where the logarithm has none."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.distributions._parametric import inside_or
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.variable import Variable, as_array, as_variable


class ModifiedXLogX(FunctionNode):
    r"""Node of :math:`x \log x`, which is 0 at 0, for an :math:`\log x` that is known more exactly than from ``x``.

    Its gradient goes into ``x`` alone, :math:`\log x + 1`, and is 0 at 0, where it has no limit.

    Args:
        logx: The logarithm of the input. Variable or array.
    """

    is_elementwise = True

    def __init__(self, logx: VariableLike) -> None:
        self.logx = as_variable(logx)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        return (x * xp.where(x == 0, xp.zeros((), x.dtype), self.logx.array),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        (x,) = self.get_retained_input_arrays()
        return (gy * inside_or(x != 0, self.logx + 1, 0.0),)


def xlogx(x: Variable, logx: Variable) -> Variable:
    """:class:`ModifiedXLogX`, applied."""
    return ModifiedXLogX(logx).apply((x,))[0]


def xlogy(x: VariableLike, logy: Variable) -> Variable:
    r""":math:`x \log y`, which is 0 where ``x`` and ``y`` are, given :math:`\log y`."""
    array: Any = as_array(x)
    return inside_or(~((array == 0) & logy.xp.isinf(logy.array)), logy, 0.0) * x
