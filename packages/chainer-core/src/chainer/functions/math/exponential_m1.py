"""Exponential minus one."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Expm1(Arithmetic):
    """Node of :func:`expm1`."""

    label = "expm1"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.expm1(x)

    def gradient(self, y: Any, gy: Any) -> Any:
        return (y + 1.0) * gy


def expm1(x: VariableLike) -> Variable:
    r"""Elementwise :math:`e^x - 1`, exact also near zero.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.expm1(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 1.718], dtype=float32)
    """
    return Expm1().apply((x,))[0]
