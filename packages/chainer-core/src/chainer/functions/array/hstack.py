"""Joining arrays side by side."""

from __future__ import annotations

from collections.abc import Sequence

from chainer import backend
from chainer.functions.array._joining import Joining
from chainer.types import Arrays, VariableLike
from chainer.variable import Variable


class Hstack(Joining):
    """Node of :func:`hstack`."""

    def result_axis(self, ndim: int) -> int:
        return 0 if ndim < 2 else 1

    def adds_axis(self, ndim: int) -> bool:
        return ndim < 1

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(*inputs).hstack(inputs),)


def hstack(xs: Sequence[VariableLike]) -> Variable:
    """Joins arrays along the second axis; vectors along the first, scalars into a vector.

    Args:
        xs: Variables or arrays of one dtype. Their shapes differ at most along the axis to join.

    Returns:
        Variable.

    Raises:
        chainer.utils.type_check.InvalidType: ``xs`` is empty, or shapes or dtypes do not fit.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.hstack((np.array([1, 2], np.float32), np.array([3, 4], np.float32)))
        variable([1., 2., 3., 4.])
    """
    return Hstack().apply(tuple(xs))[0]
