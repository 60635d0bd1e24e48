"""The pseudo dtype ``mixed16``: float16 activations with float32 parameters."""

from __future__ import annotations

import numpy

from chainer.configuration import config
from chainer.types import DTypeSpec


class _Mixed16:
    """Stands for float16 where data flow and for float32 where parameters live."""

    dtype = numpy.dtype(numpy.float16)

    def __repr__(self) -> str:
        return "dtype('mixed16')"

    def __str__(self) -> str:
        return "mixed16"

    def __reduce__(self) -> str:
        return "mixed16"


mixed16 = _Mixed16()


def get_dtype(dtype: DTypeSpec = None, map_mixed16: DTypeSpec = None) -> object:
    """Resolves ``None`` to ``chainer.config.dtype`` and, if asked, ``mixed16`` to a real dtype.

    Args:
        dtype: A dtype, ``chainer.mixed16``, or ``None`` for the configured one.
        map_mixed16: What to return for ``mixed16``; ``None`` leaves it as it is.

    Returns:
        A ``numpy.dtype``, or ``mixed16`` itself.
    """
    if dtype is None:
        dtype = config.dtype
    if dtype is mixed16 and map_mixed16 is not None:
        dtype = map_mixed16
    return dtype if dtype is mixed16 else numpy.dtype(dtype)
