"""Exponential and logarithms."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Exp(Arithmetic):
    """Node of :func:`exp`."""

    label = "exp"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.exp(x)

    def gradient(self, y: Any, gy: Any) -> Any:
        return y * gy


class Log(Arithmetic):
    """Node of :func:`log`."""

    label = "log"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.log(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy / x


class Log2(Arithmetic):
    """Node of :func:`log2`."""

    label = "log2"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.log2(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy / x * (1 / math.log(2))


class Log10(Arithmetic):
    """Node of :func:`log10`."""

    label = "log10"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.log10(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy / x * (1 / math.log(10))


def exp(x: VariableLike) -> Variable:
    r"""Elementwise exponential :math:`e^x`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.exp(np.array([0, 1], np.float32)).array.round(3)
        array([1.   , 2.718], dtype=float32)
    """
    return Exp().apply((x,))[0]


def log(x: VariableLike) -> Variable:
    r"""Elementwise natural logarithm :math:`\log x`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; minus infinity at zero and NaN below.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log(np.array([1, 2], np.float32)).array.round(3)
        array([0.   , 0.693], dtype=float32)
    """
    return Log().apply((x,))[0]


def log2(x: VariableLike) -> Variable:
    r"""Elementwise logarithm to base 2, :math:`\log_2 x`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log2(np.array([1, 8], np.float32))
        variable([0., 3.])
    """
    return Log2().apply((x,))[0]


def log10(x: VariableLike) -> Variable:
    r"""Elementwise logarithm to base 10, :math:`\log_{10} x`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log10(np.array([1, 100], np.float32)).array.round(3)
        array([0., 2.], dtype=float32)
    """
    return Log10().apply((x,))[0]
