"""Signs."""

from __future__ import annotations

from chainer.functions.math._rounding import constant
from chainer.types import VariableLike
from chainer.variable import Variable


def sign(x: VariableLike) -> Variable:
    """Elementwise sign: -1, 0 or 1. Its gradient is zero: the result is a constant.

    Args:
        x: Variable or array.

    Returns:
        Variable of the shape and dtype of ``x``, behind which there is no graph.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sign(np.array([-1.5, 0, 2], np.float32))
        variable([-1.,  0.,  1.])
    """
    return constant("sign", x)
