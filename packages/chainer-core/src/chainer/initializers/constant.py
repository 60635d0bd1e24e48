"""One value everywhere."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.initializer import Initializer
from chainer.types import DTypeSpec, NdArray


class Constant(Initializer):
    """Fills an array with a value.

    Args:
        fill_value: A scalar, or an array that is broadcast.
        dtype: Dtype of the array to fill.
    """

    def __init__(self, fill_value: Any, dtype: DTypeSpec = None) -> None:
        self.fill_value = fill_value
        super().__init__(dtype)

    def __call__(self, array: NdArray) -> None:
        if isinstance(self.fill_value, numpy.ndarray | backend.cuda.ndarray):
            backend.copyto(array, self.fill_value)
        else:
            array[...] = self.fill_value


def NaN(dtype: DTypeSpec = None) -> Constant:
    """Fills an array with NaN, which shows values that are never set.

    Args:
        dtype: Dtype of the array to fill.
    """
    return Constant(numpy.nan, dtype)
