"""The smaller of two arrays."""

from __future__ import annotations

from chainer import backend
from chainer.functions.math._select import Choice, ChoiceGrad
from chainer.types import Arrays, NdArray, VariableLike
from chainer.variable import Variable


class MinimumGrad(ChoiceGrad):
    """Gradient of :func:`minimum`. Of two equal elements the first gets it."""

    def __init__(self, x1: NdArray, x2: NdArray) -> None:
        super().__init__(x1 <= x2)


class Minimum(Choice):
    """Node of :func:`minimum`."""

    gradient = MinimumGrad

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        return (backend.get_array_module(*inputs).minimum(*inputs),)


def minimum(x1: VariableLike, x2: VariableLike) -> Variable:
    """Elementwise smaller of two arrays. Where they are equal, the gradient goes to the first.

    Args:
        x1: Variable or array of a float dtype.
        x2: Variable or array of the same dtype, of a shape that can be broadcast with that of ``x1``.

    Returns:
        Variable of the broadcast shape.

    Raises:
        chainer.utils.type_check.InvalidType: Dtypes or shapes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.minimum(np.array([1, 4], np.float32), np.array([3, 2], np.float32))
        variable([1., 2.])
    """
    return Minimum().apply((x1, x2))[0]
