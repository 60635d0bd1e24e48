"""Inverse hyperbolic tangent."""

from __future__ import annotations

from typing import Any

from chainer.functions.math._elementwise import Arithmetic
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Arctanh(Arithmetic):
    """Node of :func:`arctanh`."""

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.arctanh(x)

    def gradient(self, x: Any, gy: Any) -> Any:
        return gy / (1.0 - x * x)


def arctanh(x: VariableLike) -> Variable:
    r"""Elementwise inverse hyperbolic tangent, :math:`\frac{1}{2} \log \frac{1 + x}{1 - x}`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``; NaN outside of [-1, 1].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.arctanh(np.array([0, 0.5], np.float32)).array.round(3)
        array([0.   , 0.549], dtype=float32)
    """
    return Arctanh().apply((x,))[0]
