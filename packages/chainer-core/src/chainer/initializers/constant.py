"""Values without chance: constants and the identity."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.initializer import Initializer
from chainer.types import DTypeSpec, NdArray


class Identity(Initializer):
    """Fills a square matrix with a multiple of the identity.

    Args:
        scale: Value on the diagonal.
        dtype: Dtype of the array to fill.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None) -> None:
        self.scale = scale
        super().__init__(dtype)

    def __call__(self, array: NdArray) -> None:
        shape = array.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(
                f"Identity matrix initialization can only be used for 2D squared matrices, got shape {shape}"
            )
        array[...] = 0
        diagonal = numpy.arange(shape[0])
        array[diagonal, diagonal] = self.scale


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


class Zero(Constant):
    """Fills an array with zeros.

    Args:
        dtype: Dtype of the array to fill.
    """

    fill_value: Any = 0.0

    def __init__(self, dtype: DTypeSpec = None) -> None:
        super().__init__(self.fill_value, dtype)


class One(Constant):
    """Fills an array with ones.

    Args:
        dtype: Dtype of the array to fill.
    """

    fill_value: Any = 1.0

    def __init__(self, dtype: DTypeSpec = None) -> None:
        super().__init__(self.fill_value, dtype)


class NaN(Constant):
    """Fills an array with NaN, which shows values that are never set.

    Args:
        dtype: Dtype of the array to fill.
    """

    fill_value: Any = numpy.nan

    def __init__(self, dtype: DTypeSpec = None) -> None:
        super().__init__(self.fill_value, dtype)
