"""Numbers of 16 bits on the wire: half the bytes, added in float32.

MPI has no such type. Each rank is sent its part of the numbers of all others, adds them in float32, divides, and gives
the result to all. So a number is rounded once on its way there and the mean once on its way back, whatever the number
of ranks, and no sum overflows. As many bytes travel as in a ring of 16-bit sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from chainer import backend
from chainer.types import NdArray

from chainermn.communicators import _wire

if TYPE_CHECKING:
    from mpi4py import MPI

KINDS = ("float16", "bfloat16")
_BLOCK = 32768  # elements that stay in the cache through the steps of a conversion


def to_wire(values: NdArray, kind: str) -> NdArray:
    """float32 numbers rounded to 16 bits, to nearest with ties to even; what float16 cannot hold becomes infinite."""
    convert = _to_bfloat16 if kind == "bfloat16" else _to_float16
    if not isinstance(values, numpy.ndarray):
        return convert(values)
    bits = numpy.empty(values.shape, numpy.uint16 if kind == "bfloat16" else numpy.float16)
    flat, flat_bits = values.reshape(-1), bits.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        flat_bits[start : start + _BLOCK] = convert(flat[start : start + _BLOCK])
    return bits


def from_wire(bits: NdArray, kind: str) -> NdArray:
    """The float32 numbers that :func:`to_wire` has rounded."""
    return (bits.astype("uint32") << 16).view("float32") if kind == "bfloat16" else bits.astype("float32")


def mean_of_part(mpi_comm: MPI.Comm, parts: NdArray, kind: str, divisor: int) -> NdArray:
    """This rank's row of the sum of an array with one row a rank, divided. Called by all ranks, with float32 arrays."""
    bits = to_wire(parts, kind)
    received = numpy.empty_like(bits)
    mpi_comm.Alltoall(_wire.message(bits.reshape(-1)), _wire.message(received.reshape(-1)))
    total = from_wire(received[0], kind)
    for row in received[1:]:  # in the order of ranks, so that all runs add in the same one
        total += from_wire(row, kind)
    total /= divisor
    return total


def mean_in_place(mpi_comm: MPI.Comm, flat: numpy.ndarray[Any, Any], kind: str, divisor: int) -> None:
    """Replaces a flat float32 array by its sum over ranks, divided."""
    width = -(-flat.size // mpi_comm.size)
    parts = numpy.zeros((mpi_comm.size, width), numpy.float32)
    parts.reshape(-1)[: flat.size] = flat
    mine = to_wire(mean_of_part(mpi_comm, parts, kind, divisor), kind)
    everyone = numpy.empty(mine.size * mpi_comm.size, mine.dtype)
    mpi_comm.Allgather(_wire.message(mine), _wire.message(everyone))
    flat[...] = from_wire(everyone[: flat.size], kind)


def _to_float16(values: NdArray) -> NdArray:
    with numpy.errstate(over="ignore"):
        return values.astype("float16")


def _to_bfloat16(values: NdArray) -> NdArray:
    xp = backend.get_array_module(values)
    bits = values.astype(xp.float32, copy=False).view(xp.uint32)
    rounded = bits >> 16
    rounded &= 1
    rounded += 0x7FFF
    rounded += bits
    rounded >>= 16
    is_nan = xp.isnan(values)
    if is_nan.any():
        rounded[is_nan] = 0x7FC0  # rounding could carry a NaN over to zero
    return rounded.astype(xp.uint16)
