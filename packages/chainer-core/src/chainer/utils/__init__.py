"""Small helpers that functions, links and tests share."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy

from chainer.utils import argument, array, conv, conv_nd, type_check
from chainer.utils.array import size_of_shape, sum_to
from chainer.utils.conv import get_conv_outsize, get_deconv_outsize
from chainer.utils.experimental import experimental
from chainer.utils.meta import enable_final, final
from chainer.utils.nondeterministic import nondeterministic
from chainer.utils.sparse import CooMatrix, get_order, to_coo
from chainer.utils.walker_alias import WalkerAlias

__all__ = [
    "CooMatrix",
    "WalkerAlias",
    "argument",
    "array",
    "conv",
    "conv_nd",
    "enable_final",
    "experimental",
    "final",
    "force_array",
    "force_type",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_order",
    "nondeterministic",
    "size_of_shape",
    "sum_to",
    "tempdir",
    "to_coo",
    "type_check",
]


def force_array(x: Any, dtype: Any = None) -> Any:
    """Turns a scalar into a 0-d array; arrays pass, converted to ``dtype`` if one is given.

    NumPy makes scalars of 0-d results, while everything here works on arrays.
    """
    if numpy.isscalar(x):
        return numpy.asarray(x, dtype)
    return x if dtype is None else x.astype(dtype, copy=False)


def force_type(dtype: Any, value: Any) -> Any:
    """Converts a scalar or array to ``dtype``, which must not lose its kind of number."""
    if numpy.isscalar(value):
        return dtype.type(value)
    return value if value.dtype == dtype else value.astype(dtype, copy=False)


@contextlib.contextmanager
def tempdir(**kwargs: Any) -> Iterator[str]:
    """A temporary directory that is gone when the block ends.

    Args:
        ignore_errors: Whether failing to remove it is no error.
        kwargs: As for :func:`tempfile.mkdtemp`.
    """
    ignore_errors = kwargs.pop("ignore_errors", False)
    path = tempfile.mkdtemp(**kwargs)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=ignore_errors)
