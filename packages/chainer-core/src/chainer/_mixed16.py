"""The pseudo dtype ``mixed16``: float16 data and parameters, float32 statistics."""

from __future__ import annotations

from typing import Any

import numpy

from chainer.configuration import config
from chainer.types import DTypeSpec


class _Mixed16:
    """Stands for float16, but for float32 where a link says that float16 is too coarse: statistics, normalizations."""

    dtype = numpy.dtype(numpy.float16)

    def __repr__(self) -> str:
        return "dtype('mixed16')"

    def __str__(self) -> str:
        return "mixed16"

    def __reduce__(self) -> str:
        return "mixed16"


mixed16 = _Mixed16()


def get_dtype(dtype: DTypeSpec = None, map_mixed16: DTypeSpec = None) -> numpy.dtype[Any]:
    """Resolves ``None`` to ``chainer.config.dtype``, and ``mixed16`` to a real dtype.

    Args:
        dtype: A dtype, ``chainer.mixed16``, or ``None`` for the configured one.
        map_mixed16: What ``mixed16`` stands for here; ``None`` is float16.

    Example:
        >>> import chainer
        >>> chainer.get_dtype(chainer.mixed16), chainer.get_dtype(chainer.mixed16, map_mixed16="float32")
        (dtype('float16'), dtype('float32'))
    """
    if dtype is None:
        dtype = config.dtype
    if dtype is mixed16:
        dtype = mixed16.dtype if map_mixed16 is None else map_mixed16
    return numpy.dtype(dtype)
