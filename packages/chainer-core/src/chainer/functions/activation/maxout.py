"""Maxout."""

from __future__ import annotations

from chainer.functions.array.reshape import reshape
from chainer.functions.math.minmax import max
from chainer.types import VariableLike
from chainer.utils.type_check import InvalidType
from chainer.variable import Variable


def maxout(x: VariableLike, pool_size: int, axis: int = 1) -> Variable:
    """Largest of every ``pool_size`` neighbours along an axis.

    Args:
        x: Variable or array of a float dtype.
        pool_size: Number of elements from which the largest is taken; a divisor of the length of the axis.
        axis: Axis of the elements.

    Returns:
        Variable of the dtype of ``x``, shorter by the factor ``pool_size`` along ``axis``.

    Raises:
        ValueError: ``pool_size`` is not positive.
        IndexError: ``x`` has no such axis.
        chainer.utils.type_check.InvalidType: ``pool_size`` does not divide the length of the axis.

    References:
        Goodfellow et al., *Maxout Networks*, ICML 2013.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.maxout(np.array([[1, 3, 2, 0]], np.float32), 2)
        variable([[3., 2.]])
    """
    if pool_size <= 0:
        raise ValueError(f"pool_size must be a positive integer, got {pool_size}")
    n = x.shape[axis]
    if n % pool_size != 0:
        raise InvalidType(
            f"x.shape[{axis}] % pool_size == 0",
            f"{n} % {pool_size} != 0",
            msg=f"axis dimension must be divided by pool_size: axis {axis} has length {n}, pool_size is {pool_size}",
        )
    axis %= x.ndim
    return max(reshape(x, (*x.shape[:axis], n // pool_size, pool_size, *x.shape[axis + 1 :])), axis + 1)
