"""Square root, and one over it."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Sqrt(Arithmetic):
    """Node of :func:`sqrt`."""

    label = "sqrt"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.sqrt(x)

    def gradient(self, y: Any, gy: Any) -> Any:
        return gy / (y * 2.0)


class RsqrtGPU(Arithmetic):
    """Node of :func:`rsqrt`; named when only GPUs had it as one function."""

    label = "rsqrt"
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.reciprocal(xp.sqrt(x))

    def gradient(self, x: Any, y: Any, gy: Any) -> Any:
        return y / x * -0.5 * gy


def sqrt(x: VariableLike) -> Variable:
    r"""Elementwise square root :math:`\sqrt{x}`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; NaN below zero. Its gradient at zero is infinite.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sqrt(np.array([1, 9], np.float32))
        variable([1., 3.])
    """
    return Sqrt().apply((x,))[0]


def rsqrt(x: VariableLike) -> Variable:
    r"""Elementwise one over the square root, :math:`1 / \sqrt{x}`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; infinite at zero and NaN below.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.rsqrt(np.array([1, 4], np.float32))
        variable([1. , 0.5])
    """
    return RsqrtGPU().apply((x,))[0]
