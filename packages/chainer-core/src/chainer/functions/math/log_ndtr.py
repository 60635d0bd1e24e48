"""Logarithm of the distribution function of the normal distribution."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.exponential import exp
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class LogNdtr(Elementwise):
    """Node of :func:`log_ndtr`."""

    label = "log_ndtr"
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "log_ndtr", x)

    def gradient(self, x: Variable, y: Variable, gy: Variable) -> Variable:
        return exp(-0.5 * x * x - y) * gy * (1 / math.sqrt(2 * math.pi))


def log_ndtr(x: VariableLike) -> Variable:
    r"""Elementwise :math:`\log \Phi(x)` of the standard normal distribution, exact also far below zero.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.log_ndtr(np.array([0, -10], np.float32)).array.round(3)
        array([ -0.693, -53.231], dtype=float32)
    """
    return LogNdtr().apply((x,))[0]
