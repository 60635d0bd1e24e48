"""Numbers of 16 bits on the wire: half the bytes."""

from __future__ import annotations

from typing import Any

import numpy
from chainer import backend
from chainer.types import NdArray

KINDS = ("float16", "bfloat16")
_BLOCK = 32768  # elements that stay in the cache through the steps of a conversion


def wire_dtype(dtype: numpy.dtype[Any], kind: str | None) -> numpy.dtype[Any]:
    """Of what :func:`to_wire` returns."""
    return dtype if kind is None else numpy.dtype("uint16" if kind == "bfloat16" else kind)


def to_wire(values: NdArray, kind: str | None) -> NdArray:
    """float32 numbers rounded to 16 bits, to nearest with ties to even; what float16 cannot hold becomes infinite.

    ``None`` as ``kind`` leaves numbers as they are.
    """
    if kind is None:
        return values
    convert = _to_bfloat16 if kind == "bfloat16" else _to_float16
    if not isinstance(values, numpy.ndarray):
        return convert(values)
    bits = numpy.empty(values.shape, wire_dtype(values.dtype, kind))
    flat, flat_bits = values.reshape(-1), bits.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        flat_bits[start : start + _BLOCK] = convert(flat[start : start + _BLOCK])
    return bits


def from_wire(bits: NdArray, kind: str | None) -> NdArray:
    """The float32 numbers that :func:`to_wire` has rounded."""
    if kind is None:
        return bits
    return (bits.astype("uint32") << 16).view("float32") if kind == "bfloat16" else bits.astype("float32")


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
