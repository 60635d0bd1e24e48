"""Square."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Square(Arithmetic):
    """Node of :func:`square`."""

    label = "square"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.square(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy * (x * 2.0)


def square(x: VariableLike) -> Variable:
    r"""Elementwise square :math:`x^2`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.square(np.array([-1, 3], np.float32))
        variable([1., 9.])
    """
    return Square().apply((x,))[0]
