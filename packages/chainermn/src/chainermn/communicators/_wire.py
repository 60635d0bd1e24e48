"""Arrays as MPI sees them: contiguous, on the host, in a type that it can add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from chainer.types import NdArray

from chainermn._mpi import get_mpi

if TYPE_CHECKING:
    from mpi4py import MPI

#: Largest message in bytes. MPI counts elements in 32 bits, and a limit of time is only fair to a message of limited
#: size.
CHUNK = 64 * 2**20


def to_host(array: NdArray) -> numpy.ndarray[Any, Any]:
    """A contiguous NumPy array of the same values; the array itself if it is one."""
    if isinstance(array, numpy.ndarray):
        # ascontiguousarray would give an array without axes one.
        return array if array.flags.c_contiguous else array.copy()
    return array.get(order="C")


def as_given(array: numpy.ndarray[Any, Any], given: NdArray) -> NdArray:
    """A NumPy array, moved to where ``given`` is."""
    if isinstance(given, numpy.ndarray):
        return array
    from chainer.backends import cuda

    with cuda.get_device_from_array(given):
        return cuda.to_gpu(array)


def pieces(flat: numpy.ndarray[Any, Any]) -> list[numpy.ndarray[Any, Any]]:
    """Consecutive views of a flat array, none larger than :data:`CHUNK`."""
    length = max(1, CHUNK // flat.itemsize)
    return [flat[start : start + length] for start in range(0, flat.size, length)]


def message(flat: numpy.ndarray[Any, Any]) -> Any:
    """What MPI is given to move an array: its bytes."""
    return flat.view(numpy.uint8) if flat.size else numpy.empty(0, numpy.uint8)


def addend(flat: numpy.ndarray[Any, Any]) -> tuple[Any, MPI.Op]:
    """What MPI is given to add arrays over ranks: a buffer and the operation."""
    mpi = get_mpi()
    return flat, mpi.LOR if flat.dtype == numpy.bool_ else mpi.SUM


def columns(parts: numpy.ndarray[Any, Any]) -> list[slice]:
    """Ranges of columns of an array with one row a rank, such that none holds more than :data:`CHUNK` bytes."""
    n_rows, n_columns = parts.shape
    width = max(1, CHUNK // (parts.itemsize * n_rows))
    return [slice(start, min(start + width, n_columns)) for start in range(0, n_columns, width)]
