"""What fills parameters: one distribution a module."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer._device import Device
from chainer._mixed16 import get_dtype
from chainer.initializer import Initializer as Initializer
from chainer.initializers.constant import Constant as Constant
from chainer.initializers.constant import NaN as NaN
from chainer.types import DTypeSpec, InitializerLike, NdArray, Shape


def generate_array(
    initializer: InitializerLike, shape: Shape, xp: Any, dtype: DTypeSpec = None, device: Device | str | None = None
) -> NdArray:
    """Makes an array and lets an initializer fill it.

    Args:
        initializer: Callable that fills an array in place.
        shape: Shape of the array.
        xp: Array module, ``numpy`` or ``cupy``.
        dtype: Dtype of the array; ``None`` takes the initializer's, or else the configured one.
        device: Device to make it on; ``None`` is the current one.

    Raises:
        ValueError: ``dtype`` and the initializer's dtype differ.

    Example:
        >>> import numpy as np
        >>> from chainer import initializers
        >>> initializers.generate_array(initializers.Constant(3), (2,), np)
        array([3., 3.], dtype=float32)
    """
    wanted = getattr(initializer, "dtype", None)
    if dtype is not None and wanted is not None and numpy.dtype(dtype) != get_dtype(wanted, map_mixed16=numpy.float32):
        raise ValueError(f"dtype mismatch: {dtype} != {wanted} of the initializer")
    resolved: Any = get_dtype(wanted if dtype is None else dtype, map_mixed16=numpy.float32)
    if device is None:
        array = xp.empty(shape, resolved)
        initializer(array)  # type: ignore[operator, misc]
        return array
    with backend.using_device(device):
        array = xp.empty(shape, resolved)
        initializer(array)  # type: ignore[operator, misc]
    return array
