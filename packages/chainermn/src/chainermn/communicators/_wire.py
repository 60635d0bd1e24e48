"""Arrays as MPI sees them: contiguous, on the host, in a type that it can add."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from chainer import backend
from chainer.types import NdArray

from chainermn._mpi import get_mpi

if TYPE_CHECKING:
    from mpi4py import MPI

#: Largest message in bytes. MPI counts elements in 32 bits, and a limit of time is only fair to a message of limited
#: size.
CHUNK = 64 * 2**20

_sums: dict[str, MPI.Op] = {}


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
    """What MPI is given to add arrays over ranks: a buffer and the operation.

    MPI has no type of 16-bit floating point numbers: they travel as integers and are added by NumPy.
    """
    mpi = get_mpi()
    if flat.dtype == numpy.float16:
        return [flat.view(numpy.int16), mpi.INT16_T], _sum_of("float16", _add_float16)
    if flat.dtype == numpy.bool_:
        return flat, mpi.LOR
    return flat, mpi.SUM


def bfloat16_addend(flat: numpy.ndarray[Any, Any]) -> tuple[Any, MPI.Op]:
    """The same for numbers of :func:`to_bfloat16`."""
    return [flat, get_mpi().UINT16_T], _sum_of("bfloat16", _add_bfloat16)


def to_bfloat16(values: NdArray) -> NdArray:
    """The upper halves of float32 numbers, rounded to nearest, ties to even."""
    xp = backend.get_array_module(values)
    bits = values.astype(xp.float32, copy=False).view(xp.uint32)
    rounded = ((bits + (0x7FFF + ((bits >> 16) & 1)).astype(xp.uint32)) >> 16).astype(xp.uint16)
    rounded[xp.isnan(values)] = 0x7FC0  # rounding could carry a NaN over to zero
    return rounded


def from_bfloat16(bits: NdArray) -> NdArray:
    """float32 numbers of these upper halves."""
    return (bits.astype("uint32") << 16).view("float32")


def _sum_of(name: str, add: Callable[[Any, Any, Any], None]) -> MPI.Op:
    if name not in _sums:
        _sums[name] = get_mpi().Op.Create(add, commute=True)
    return _sums[name]


def _add_float16(a: Any, b: Any, _: Any) -> None:
    total = numpy.frombuffer(b, numpy.float16)
    total += numpy.frombuffer(a, numpy.float16)


def _add_bfloat16(a: Any, b: Any, _: Any) -> None:
    total = numpy.frombuffer(b, numpy.uint16)
    total[...] = to_bfloat16(from_bfloat16(total) + from_bfloat16(numpy.frombuffer(a, numpy.uint16)))
