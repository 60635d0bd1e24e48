"""What fills a parameter when it is made."""

from __future__ import annotations

import math
from typing import Any

from chainer.types import DTypeSpec, NdArray, Shape


class Initializer:
    """Base of initializers: callables that fill an array in place.

    Args:
        dtype: Dtype that the array should have; ``None`` leaves it to ``chainer.config.dtype``.
    """

    def __init__(self, dtype: DTypeSpec = None) -> None:
        self.dtype: Any = dtype

    def __call__(self, array: NdArray) -> None:
        """Fills ``array`` in place, with random numbers of the device it is on."""
        raise NotImplementedError


def get_fans(shape: Shape) -> tuple[int, int]:
    """How many inputs an output unit sees, and how many output units an input.

    Args:
        shape: Shape of a weight, ``(out, in)`` or ``(out, in, kernel height, kernel width, ...)``.

    Returns:
        ``(fan_in, fan_out)``.

    Raises:
        ValueError: Fewer than two axes.

    Example:
        >>> from chainer.initializer import get_fans
        >>> get_fans((8, 3, 5, 5))
        (75, 200)
    """
    if len(shape) < 2:
        raise ValueError(f"shape must be of length >= 2. Actual shape: {shape}")
    receptive_field = math.prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field
