"""Quantiles of the normal distribution."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Ndtri(Elementwise):
    """Node of :func:`ndtri`."""

    label = "ndtri"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "ndtri", x)

    def gradient(self, y: Variable, gy: Variable) -> Variable:
        return exp(0.5 * y * y) * gy * math.sqrt(2 * math.pi)


def ndtri(x: VariableLike) -> Variable:
    r"""Elementwise quantile of the standard normal distribution, the inverse of :func:`~chainer.functions.ndtr`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; NaN outside of [0, 1].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.ndtri(np.array([0.5, 0.975], np.float32)).array.round(3)
        array([0.  , 1.96], dtype=float32)
    """
    return Ndtri().apply((x,))[0]
