"""Cumulative distribution function of the normal distribution."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Ndtr(Elementwise):
    """Node of :func:`ndtr`."""

    label = "ndtr"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "ndtr", x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return exp(-0.5 * x * x) * gy * (1 / math.sqrt(2 * math.pi))


def ndtr(x: VariableLike) -> Variable:
    r"""Elementwise distribution function of the standard normal distribution, :math:`\Phi(x)`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.ndtr(np.array([0, 1], np.float32)).array.round(3)
        array([0.5  , 0.841], dtype=float32)
    """
    return Ndtr().apply((x,))[0]
