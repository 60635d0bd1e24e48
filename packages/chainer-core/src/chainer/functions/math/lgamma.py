"""Logarithm of the gamma function."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.digamma import digamma
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class LGamma(Elementwise):
    """Node of :func:`lgamma`."""

    label = "lgamma"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "gammaln", x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return digamma(x) * gy


def lgamma(x: VariableLike) -> Variable:
    r"""Elementwise :math:`\log |\Gamma(x)|`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.lgamma(np.array([1, 4], np.float32)).array.round(3)
        array([0.   , 1.792], dtype=float32)
    """
    return LGamma().apply((x,))[0]
