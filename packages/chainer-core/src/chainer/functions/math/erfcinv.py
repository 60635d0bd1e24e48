"""Inverse of the complementary error function."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class ErfcInv(Elementwise):
    """Node of :func:`erfcinv`."""

    label = "erfcinv"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "erfcinv", x)

    def gradient(self, y: Variable, gy: Variable) -> Variable:
        return exp(y * y) * gy * (-math.sqrt(math.pi) / 2)


def erfcinv(x: VariableLike) -> Variable:
    r"""Elementwise inverse of :func:`~chainer.functions.erfc`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; NaN outside of [0, 2].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.erfcinv(np.array([1, 0.5], np.float32)).array.round(3)
        array([-0.   ,  0.477], dtype=float32)
    """
    return ErfcInv().apply((x,))[0]
