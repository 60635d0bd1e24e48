"""Joining arrays in depth."""

from __future__ import annotations

from collections.abc import Sequence

from chainer import backend
from chainer.functions.array._joining import Joining
from chainer.types import Arrays, VariableLike
from chainer.variable import Variable


class Dstack(Joining):
    """Node of :func:`dstack`."""

    def result_axis(self, ndim: int) -> int:
        return 2

    def adds_axis(self, ndim: int) -> bool:
        return ndim < 3

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(*inputs).dstack(inputs),)


def dstack(xs: Sequence[VariableLike]) -> Variable:
    """Joins arrays along the third axis, which they get if they have none.

    Args:
        xs: Variables or arrays of one dtype. Their shapes differ at most along the axis to join.

    Returns:
        Variable.

    Raises:
        chainer.utils.type_check.InvalidType: ``xs`` is empty, or shapes or dtypes do not fit.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.dstack((np.array([1, 2], np.float32), np.array([3, 4], np.float32)))
        variable([[[1., 3.],
                   [2., 4.]]])
    """
    return Dstack().apply(tuple(xs))[0]
