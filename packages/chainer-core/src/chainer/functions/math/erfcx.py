"""Scaled complementary error function."""

from __future__ import annotations

import math
from typing import Any

from chainer.functions.math._elementwise import Arithmetic, special
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class Erfcx(Arithmetic):
    """Node of :func:`erfcx`."""

    label = "erfcx"
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return special(xp, "erfcx", x)

    def gradient(self, x: Any, y: Any, gy: Any) -> Any:
        return (2.0 * x * y - 2 / math.sqrt(math.pi)) * gy


def erfcx(x: VariableLike) -> Variable:
    r"""Elementwise scaled complementary error function :math:`e^{x^2} \mathrm{erfc}(x)`.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.erfcx(np.array([0, 1], np.float32)).array.round(3)
        array([1.   , 0.428], dtype=float32)
    """
    return Erfcx().apply((x,))[0]
