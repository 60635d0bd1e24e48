"""Joining arrays on top of each other."""

from __future__ import annotations

from collections.abc import Sequence

from chainer import backend
from chainer.functions.array._joining import Joining
from chainer.types import Arrays, VariableLike
from chainer.variable import Variable


class Vstack(Joining):
    """Node of :func:`vstack`."""

    def result_axis(self, ndim: int) -> int:
        return 0

    def adds_axis(self, ndim: int) -> bool:
        return ndim < 2

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(*inputs).vstack(inputs),)


def vstack(xs: Sequence[VariableLike]) -> Variable:
    """Joins arrays along the first axis, where vectors are rows.

    Args:
        xs: Variables or arrays of one dtype. Their shapes differ at most along the axis to join.

    Returns:
        Variable.

    Raises:
        chainer.utils.type_check.InvalidType: ``xs`` is empty, or shapes or dtypes do not fit.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.vstack((np.array([1, 2], np.float32), np.array([3, 4], np.float32)))
        variable([[1., 2.],
                  [3., 4.]])
    """
    return Vstack().apply(tuple(xs))[0]
