"""Error function."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Erf(Elementwise):
    """Node of :func:`erf`."""

    label = "erf"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "erf", x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return exp(-x * x) * gy * (2 / math.sqrt(math.pi))


def erf(x: VariableLike) -> Variable:
    r"""Elementwise error function :math:`\frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.erf(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 0.843], dtype=float32)
    """
    return Erf().apply((x,))[0]
