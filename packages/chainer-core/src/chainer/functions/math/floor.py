"""Rounding down."""

from __future__ import annotations

from chainer import backend
from chainer.types import VariableLike
from chainer.utils import force_array
from chainer.variable import Variable, as_array


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
    array = as_array(x)
    return Variable(force_array(backend.get_array_module(array).floor(array), array.dtype), requires_grad=False)
