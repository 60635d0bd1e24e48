"""What pooling computes on arrays: maxima and sums over sliding windows, and the way back.

Loops run over the offsets inside a window, never over its positions: each step works on a strided view of all
images. The kernels ``pool_forward`` and ``pool_backward`` have the same arguments after a first one, the mode:
``"max"``, ``"average"`` or ``"average_no_pad"`` (which leaves padding out of the mean).
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from chainer import backend
from chainer.backends import kernels
from chainer.types import NdArray, Shape
from chainer.utils._windows import padded, window_extent, window_slices, windows

_ALL = (slice(None), slice(None))


def max_pool(x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape) -> tuple[NdArray, NdArray]:
    """Maxima over windows, and where in its window each was found first.

    Args:
        x: Shape ``(B, C, *in_size)``.

    Returns:
        Both of shape ``(B, C, *out_size)``; the second counts the elements of a window in C order, in the smallest
        unsigned dtype that can.
    """
    kernel = kernels.find("pool_forward", x)
    if kernel is not None:
        return kernel("max", x, ksize, stride, pad, out_size)
    xp = backend.get_array_module(x)
    one = (1,) * len(ksize)
    length = math.prod(ksize)
    index_dtype = numpy.min_scalar_type(length - 1)
    source = padded(x, pad, window_extent(out_size, ksize, stride, one), -math.inf)
    if length > math.prod(out_size):  # few large windows, as in global pooling: reduce each at once
        columns = windows(source, ksize, stride, one, out_size).reshape(*x.shape[:2], length, *out_size)
        return columns.max(axis=2), columns.argmax(axis=2).astype(index_dtype)
    y = indexes = None
    for i, (_, slices) in enumerate(window_slices(ksize, stride, one, out_size)):
        seen = source[_ALL + slices]
        if y is None or indexes is None:
            y = seen.copy()
            indexes = xp.zeros(y.shape, index_dtype)
            continue
        # A later maximum has a larger index: multiplying and taking the larger one is much faster than masks.
        better = (seen > y).astype(index_dtype) if index_dtype.itemsize > 1 else (seen > y).view(index_dtype)
        better *= index_dtype.type(i)
        xp.maximum(indexes, better, out=indexes)
        xp.maximum(y, seen, out=y)
    return y, indexes


def max_pool_back(gy: NdArray, indexes: NdArray, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape) -> NdArray:
    """Images with each element of ``gy`` added where its maximum had been found. Shape ``(B, C, *in_size)``."""
    kernel = kernels.find("pool_backward", gy, indexes)
    if kernel is not None:
        return kernel("max", gy, indexes, ksize, stride, pad, in_size)
    xp = backend.get_array_module(gy)
    canvas = _canvas(gy, ksize, stride, pad, in_size, gy.dtype)
    if math.prod(ksize) > math.prod(gy.shape[2:]):
        xp.add.at(canvas.reshape(-1), _positions(indexes, ksize, stride, canvas.shape), gy)
        return _inside(canvas, pad, in_size)
    is_disjoint = all(s >= k for s, k in zip(stride, ksize))
    for i, (_, slices) in enumerate(window_slices(ksize, stride, (1,) * len(ksize), gy.shape[2:])):
        here = indexes == i
        if is_disjoint:
            xp.multiply(gy, here, out=canvas[_ALL + slices])
        else:
            canvas[_ALL + slices] += gy * here
    return _inside(canvas, pad, in_size)


def max_pool_again(x: NdArray, indexes: NdArray, ksize: Shape, stride: Shape, pad: Shape) -> NdArray:
    """The elements of ``x`` at the places where other images had their maxima. Shape of ``indexes``."""
    xp = backend.get_array_module(x)
    extent = window_extent(indexes.shape[2:], ksize, stride, (1,) * len(ksize))
    source = xp.ascontiguousarray(padded(x, pad, extent))
    return source.reshape(-1)[_positions(indexes, ksize, stride, source.shape)]


def _positions(indexes: NdArray, ksize: Shape, stride: Shape, shape: Shape) -> NdArray:
    """Indexes into flattened images of the given shape, from indexes inside windows."""
    xp = backend.get_array_module(indexes)
    offsets = xp.unravel_index(indexes.astype(numpy.intp), ksize)
    position = xp.arange(shape[0] * shape[1]).reshape(shape[:2] + (1,) * len(ksize))
    for axis, (offset, s) in enumerate(zip(offsets, stride), start=2):
        first = s * xp.arange(indexes.shape[axis]).reshape((-1,) + (1,) * (indexes.ndim - axis - 1))
        position = position * shape[axis] + first + offset
    return position


def average_pool(
    x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape, includes_pad: bool = True
) -> NdArray:
    """Means over windows. Shape ``(B, C, *out_size)``."""
    kernel = kernels.find("pool_forward", x)
    if kernel is not None:
        return kernel("average" if includes_pad else "average_no_pad", x, ksize, stride, pad, out_size)[0]
    y = _sum_windows(x, ksize, stride, pad, out_size)
    y *= _weights(x, x.shape[2:], ksize, stride, pad, out_size, includes_pad)
    return y.astype(x.dtype, copy=False)


def average_pool_back(
    gy: NdArray, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape, includes_pad: bool = True
) -> NdArray:
    """Images with each element of ``gy`` spread over its window. Shape ``(B, C, *in_size)``."""
    kernel = kernels.find("pool_backward", gy)
    if kernel is not None:
        return kernel("average" if includes_pad else "average_no_pad", gy, None, ksize, stride, pad, in_size)
    weights = _weights(gy, in_size, ksize, stride, pad, gy.shape[2:], includes_pad)
    gx = _spread_windows(gy * weights, ksize, stride, pad, in_size)
    return gx.astype(gy.dtype, copy=False)


def sum_pool(x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape) -> NdArray:
    """Sums over windows. Shape ``(B, C, *out_size)``."""
    return _sum_windows(x, ksize, stride, pad, out_size).astype(x.dtype, copy=False)


def sum_pool_back(gy: NdArray, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape) -> NdArray:
    """Images with each element of ``gy`` added to all of its window. Shape ``(B, C, *in_size)``."""
    return _spread_windows(gy, ksize, stride, pad, in_size).astype(gy.dtype, copy=False)


def _sum_windows(x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape) -> NdArray:
    """Sums over windows, one axis after the other: ``kh + kw`` steps instead of ``kh * kw``."""
    y = padded(x, pad, window_extent(out_size, ksize, stride, (1,) * len(ksize)))
    for axis, (k, s, o) in enumerate(zip(ksize, stride, out_size), start=2):
        before = (slice(None),) * axis
        total = y[(*before, slice(0, (o - 1) * s + 1, s))].astype(_sum_dtype(x))
        for i in range(1, k):
            total += y[(*before, slice(i, i + (o - 1) * s + 1, s))]
        y = total
    return y


def _spread_windows(gy: NdArray, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape) -> NdArray:
    """The transpose of :func:`_sum_windows`."""
    xp = backend.get_array_module(gy)
    for axis, (k, s, p, n) in enumerate(zip(ksize, stride, pad, in_size), start=2):
        before = (slice(None),) * axis
        o = gy.shape[axis]
        shape = (*gy.shape[:axis], max((o - 1) * s + k, p + n), *gy.shape[axis + 1 :])
        spread = xp.zeros(shape, _sum_dtype(gy))
        for i in range(k):
            spread[(*before, slice(i, i + (o - 1) * s + 1, s))] += gy
        gy = spread[(*before, slice(p, p + n))]
    return gy


def _sum_dtype(x: NdArray) -> Any:
    # Float16 has 11 bits: sums are exact only up to 2048.
    return numpy.promote_types(x.dtype, numpy.float32)


def _weights(
    x: NdArray, in_size: Shape, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape, includes_pad: bool
) -> Any:
    """One over the number of elements that a window averages: a number, or an array of shape ``out_size``."""
    if includes_pad:
        return 1.0 / math.prod(ksize)
    xp = backend.get_array_module(x)
    counts = xp.ones((), _sum_dtype(x))
    for n, k, s, p, o in zip(in_size, ksize, stride, pad, out_size):
        first = xp.arange(o) * s - p
        count = xp.minimum(first + k, n) - xp.maximum(first, 0)
        counts = counts[..., None] * count.astype(counts.dtype)
    return 1 / counts


def _canvas(gy: NdArray, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape, dtype: Any) -> NdArray:
    extent = window_extent(gy.shape[2:], ksize, stride, (1,) * len(ksize))
    size = [max(e, p + n) for e, p, n in zip(extent, pad, in_size)]
    return backend.get_array_module(gy).zeros((*gy.shape[:2], *size), dtype)


def _inside(canvas: NdArray, pad: Shape, size: Shape) -> NdArray:
    return canvas[(*_ALL, *[slice(p, p + n) for p, n in zip(pad, size)])]
