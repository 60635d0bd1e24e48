"""Hyperbolic cosine and sine."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Elementwise
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Cosh(Elementwise):
    """Node of :func:`cosh`."""

    label = "cosh"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.cosh(x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return sinh(x) * gy


class Sinh(Elementwise):
    """Node of :func:`sinh`."""

    label = "sinh"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.sinh(x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return cosh(x) * gy


def cosh(x: VariableLike) -> Variable:
    r"""Elementwise hyperbolic cosine :math:`(e^x + e^{-x}) / 2`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cosh(np.array([0, 1], np.float32)).array.round(3)
        array([1.   , 1.543], dtype=float32)
    """
    return Cosh().apply((x,))[0]


def sinh(x: VariableLike) -> Variable:
    r"""Elementwise hyperbolic sine :math:`(e^x - e^{-x}) / 2`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sinh(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 1.175], dtype=float32)
    """
    return Sinh().apply((x,))[0]
