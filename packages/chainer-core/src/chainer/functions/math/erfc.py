"""Complementary error function."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Erfc(Elementwise):
    """Node of :func:`erfc`."""

    label = "erfc"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "erfc", x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return exp(-x * x) * gy * (-2 / math.sqrt(math.pi))


def erfc(x: VariableLike) -> Variable:
    r"""Elementwise complementary error function :math:`1 - \mathrm{erf}(x)`, exact also where that is tiny.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.erfc(np.array([0, 1], np.float32)).array.round(3)
        array([1.   , 0.157], dtype=float32)
    """
    return Erfc().apply((x,))[0]
