"""Inverse of the error function."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class ErfInv(Elementwise):
    """Node of :func:`erfinv`."""

    label = "erfinv"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "erfinv", x)

    def gradient(self, y: Variable, gy: Variable) -> Variable:
        return exp(y * y) * gy * (math.sqrt(math.pi) / 2)


def erfinv(x: VariableLike) -> Variable:
    r"""Elementwise inverse of :func:`~chainer.functions.erf`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; NaN outside of [-1, 1].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.erfinv(np.array([0, 0.5], np.float32)).array.round(3)
        array([0.   , 0.477], dtype=float32)
    """
    return ErfInv().apply((x,))[0]
