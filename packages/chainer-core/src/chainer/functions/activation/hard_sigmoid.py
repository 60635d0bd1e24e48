"""Sigmoid made of straight lines."""

from __future__ import annotations

from chainer import backend
from chainer.functions.activation._piecewise_linear import PiecewiseLinear, Slope
from chainer.types import Arrays, NdArray, VariableLike
from chainer.variable import Variable


class HardSigmoid(PiecewiseLinear):
    """Node of :func:`hard_sigmoid`."""

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        y = x * 0.2
        y += 0.5
        return (backend.get_array_module(x).clip(y, 0, 1),)

    def gradient(self, retained: NdArray) -> Slope:
        return HardSigmoidGrad(retained)


class HardSigmoidGrad(Slope):
    """Gradient of :func:`hard_sigmoid`.

    Args:
        x: Input of the function.
    """

    def __init__(self, x: NdArray) -> None:
        super().__init__(((x > -2.5) & (x < 2.5)).astype(x.dtype) * 0.2)


def hard_sigmoid(x: VariableLike) -> Variable:
    r"""Sigmoid made of straight lines, elementwise :math:`\min(\max(0, 0.2 x + 0.5), 1)`.

    Args:
        x: Variable or array of a float dtype, of any shape.

    Returns:
        Variable of the shape and dtype of ``x``, with values in :math:`[0, 1]`.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.hard_sigmoid(np.array([-9, 0, 1, 9], np.float32))
        variable([0. , 0.5, 0.7, 1. ])
    """
    return HardSigmoid().apply((x,))[0]
