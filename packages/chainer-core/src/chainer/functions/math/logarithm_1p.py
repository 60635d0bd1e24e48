"""Logarithm of one plus."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Log1p(Arithmetic):
    """Node of :func:`log1p`."""

    label = "log1p"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.log1p(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy / (x + 1.0)


def log1p(x: VariableLike) -> Variable:
    r"""Elementwise :math:`\log(1 + x)`, exact also near zero.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log1p(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 0.693], dtype=float32)
    """
    return Log1p().apply((x,))[0]
