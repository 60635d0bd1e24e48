"""Digamma function."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Elementwise, special
from chainer.functions.math.polygamma import polygamma
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class DiGamma(Elementwise):
    """Node of :func:`digamma`."""

    label = "digamma"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "digamma", x)

    def gradient(self, x: Variable, gy: Variable) -> Variable:
        return polygamma(1, x) * gy


def digamma(x: VariableLike) -> Variable:
    r"""Elementwise digamma function :math:`\psi(x) = \Gamma'(x) / \Gamma(x)`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.digamma(np.array([1, 2], np.float32)).array.round(3)
        array([-0.577,  0.423], dtype=float32)
    """
    return DiGamma().apply((x,))[0]
