"""Rounding towards zero."""

from __future__ import annotations

from chainer.functions.math._rounding import constant
from chainer.types import VariableLike
from chainer.variable import Variable


def fix(x: VariableLike) -> Variable:
    """Elementwise integer part: rounds towards zero. Its gradient is zero: the result is a constant.

    Args:
        x: Variable or array.

    Returns:
        Variable of the shape and dtype of ``x``, behind which there is no graph.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.fix(np.array([-1.5, 1.5], np.float32))
        variable([-1.,  1.])
    """
    return constant("trunc", x)
