"""Rounding down."""

from __future__ import annotations

from chainer.functions.math._rounding import constant
from chainer.types import VariableLike
from chainer.variable import Variable


def floor(x: VariableLike) -> Variable:
    """Elementwise largest integer that is not greater. Its gradient is zero: the result is a constant.

    Args:
        x: Variable or array.

    Returns:
        Variable of the shape and dtype of ``x``, behind which there is no graph.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.floor(np.array([-1.5, 1.5], np.float32))
        variable([-2.,  1.])
    """
    return constant("floor", x)
