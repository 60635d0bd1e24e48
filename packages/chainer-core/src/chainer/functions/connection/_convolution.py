"""The three kernels of convolution: what convolution, transposed convolution and their gradients compute.

A convolution of any number of dimensions is a matrix product of the filters with the windows of the images, laid
out as columns. The columns are many times larger than the images, so they are made for a block of images (or of
rows of one image) at a time, in a buffer that stays in the cache, and are never kept.

``W`` has shape ``(O, C / groups, *ksize)``, the images of its wide side ``x`` shape ``(B, C, *in_size)``, those of
its narrow side ``y`` shape ``(B, O, *out_size)``. Each kernel asks the table for a special routine with the same
arguments first; the ``plain_`` bodies are the definition.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy

from chainer import backend
from chainer.backends import kernels
from chainer.types import NdArray, Shape
from chainer.utils._windows import add_windows, paste, window_extent, windows

# Columns of a block: enough for an efficient matrix product; more if they are short, to spare Python's overhead.
_MIN_COLUMNS = 512
_MIN_ELEMENTS = 1 << 16
# Beyond so many elements the columns of a single image are made in several blocks.
_MAX_ELEMENTS = 1 << 18


def conv_forward(
    x: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    out_size: Shape,
) -> NdArray:
    """Convolution: ``y`` of spatial shape ``out_size``, padded behind as far as that takes."""
    kernel = kernels.find("conv_forward", x)
    return (kernel or plain_conv_forward)(x, W, b, stride, pad, dilate, groups, out_size)


def conv_backward_data(
    gy: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    in_size: Shape,
) -> NdArray:
    """Gradient by ``x``, of spatial shape ``in_size``; a transposed convolution when ``b`` is added."""
    kernel = kernels.find("conv_backward_data", gy)
    return (kernel or plain_conv_backward_data)(gy, W, b, stride, pad, dilate, groups, in_size)


def conv_backward_weights(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, dtype: Any
) -> NdArray:
    """Gradient by ``W``, of the given dtype."""
    kernel = kernels.find("conv_backward_weights", x, gy)
    return (kernel or plain_conv_backward_weights)(x, gy, stride, pad, dilate, groups, ksize, dtype)


def plain_conv_forward(
    x: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    out_size: Shape,
) -> NdArray:
    """:func:`conv_forward` as matrix products."""
    xp = backend.get_array_module(x)
    ksize = W.shape[2:]
    dtype = _compute_dtype(x, W)
    n_out = W.shape[0] // groups
    y = xp.empty((len(x), W.shape[0], *out_size), x.dtype)
    matrix_y = y.reshape(len(x), groups, n_out, math.prod(out_size))
    matrix_W = W.reshape(groups, n_out, math.prod(W.shape[1:])).astype(dtype, copy=False)
    for block, col in _columns(x, ksize, stride, pad, dilate, groups, out_size, dtype):
        if block.n_images == 1:
            xp.matmul(matrix_W, col, out=matrix_y[block.images.start, :, :, block.positions])
        else:
            product = xp.matmul(matrix_W, col).reshape(groups, n_out, block.n_images, -1)
            matrix_y[block.images] = product.transpose(2, 0, 1, 3)
    return _add_bias(y, b)


def plain_conv_backward_data(
    gy: NdArray,
    W: NdArray,
    b: NdArray | None,
    stride: Shape,
    pad: Shape,
    dilate: Shape,
    groups: int,
    in_size: Shape,
) -> NdArray:
    """:func:`conv_backward_data` as matrix products."""
    n_out, n_in, ksize, out_size = W.shape[0] // groups, W.shape[1], W.shape[2:], gy.shape[2:]
    grouped_W = W.reshape(groups, n_out, n_in, *ksize)
    if max(stride) == 1 and n_out <= 2 * n_in:
        # A convolution of gy with the mirrored filters. Copying the windows of gy costs about half as much per
        # element as adding up the windows of gx; with many more channels in gy the other way is the faster one.
        mirrored = grouped_W[(..., *[slice(None, None, -1)] * len(ksize))].swapaxes(1, 2)
        new_pad = tuple([d * (k - 1) - p for d, k, p in zip(dilate, ksize, pad)])
        return plain_conv_forward(
            gy, mirrored.reshape(groups * n_in, n_out, *ksize), b, stride, new_pad, dilate, groups, in_size
        )
    xp = backend.get_array_module(gy)
    dtype = _compute_dtype(gy, W)
    matrix_gy = gy.reshape(len(gy), groups, n_out, math.prod(out_size))
    matrix_W = xp.ascontiguousarray(grouped_W.reshape(groups, n_out, -1).swapaxes(1, 2), dtype)
    gx = xp.empty((len(gy), groups * n_in, *in_size), gy.dtype)
    extent = window_extent(out_size, ksize, stride, dilate)
    canvas_size = [max(e, p + n) for e, p, n in zip(extent, pad, in_size)]
    inside = (slice(None), slice(None), *[slice(p, p + n) for p, n in zip(pad, in_size)])
    canvas = buffer = None
    # Each offset inside the window costs a call, so a block is worth more columns here.
    for block in _blocks(len(gy), matrix_W.shape[1] * groups, out_size, xp, 4 * _MIN_COLUMNS):
        if canvas is None or buffer is None:
            canvas = xp.empty((block.n_images, groups * n_in, *canvas_size), dtype)
            buffer = xp.empty(matrix_W.shape[1] * groups * block.n_columns, dtype)
        col = buffer[: matrix_W.shape[1] * groups * block.n_columns].reshape(groups, -1, block.n_columns)
        xp.matmul(matrix_W, _narrow_side(matrix_gy, block, dtype), out=col)
        images = canvas[: block.n_images]
        if block.rows.start == 0:
            images.fill(0)
        col = col.reshape(groups * n_in, *ksize, block.n_images, -1, *out_size[1:])
        first_row = block.rows.start * stride[0]
        add_windows(images[:, :, first_row:], _images_first(col, len(ksize)), stride, dilate)
        if block.rows.stop == out_size[0]:
            gx[block.images] = images[inside]
    return _add_bias(gx, b)


def plain_conv_backward_weights(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, dtype: Any
) -> NdArray:
    """:func:`conv_backward_weights` as matrix products."""
    xp = backend.get_array_module(x)
    compute_dtype = _compute_dtype(x, gy)
    n_out, n_in = gy.shape[1] // groups, x.shape[1] // groups
    out_size = gy.shape[2:]
    matrix_gy = gy.reshape(len(gy), groups, n_out, math.prod(out_size))
    # Transposed: the product with the columns on its left reads them in the order in which they lie.
    gW = product = None
    for block, col in _columns(x, ksize, stride, pad, dilate, groups, out_size, compute_dtype):
        right = _narrow_side(matrix_gy, block, compute_dtype).swapaxes(1, 2)
        if gW is None:
            gW = xp.matmul(col, right)
        else:
            product = xp.matmul(col, right, out=product)
            gW += product
    if gW is None:
        return xp.zeros((groups * n_out, n_in, *ksize), dtype)
    return xp.ascontiguousarray(gW.swapaxes(1, 2), dtype).reshape(groups * n_out, n_in, *ksize)


class _Block(NamedTuple):
    """What is computed by one matrix product."""

    images: slice
    rows: slice  # of the first axis of the narrow side
    positions: slice  # the same, of the narrow side flattened
    n_images: int
    n_columns: int


def _blocks(
    n_images: int, column_length: int, out_size: Shape, xp: Any, min_columns: int | None = None
) -> Iterator[_Block]:
    """Divides a batch: several small images make a block, or some rows of a large one."""
    row = math.prod(out_size[1:])
    n, n_rows = n_images, out_size[0]
    if xp is numpy:
        n_columns = max(min_columns or _MIN_COLUMNS, _MIN_ELEMENTS // max(column_length, 1))
        n = max(1, min(n_images, n_columns // (row * n_rows)))
        if column_length * row * n_rows > _MAX_ELEMENTS:
            n_rows = min(n_rows, max(1, max(n_columns, _MAX_ELEMENTS // column_length) // row))
    for i in range(0, n_images, n):
        images = slice(i, min(i + n, n_images))
        length = images.stop - i
        for r in range(0, out_size[0], n_rows):
            rows = slice(r, min(r + n_rows, out_size[0]))
            positions = slice(r * row, rows.stop * row)
            yield _Block(images, rows, positions, length, length * (positions.stop - positions.start))


def _columns(
    x: NdArray, ksize: Shape, stride: Shape, pad: Shape, dilate: Shape, groups: int, out_size: Shape, dtype: Any
) -> Iterator[tuple[_Block, NdArray]]:
    """Windows of the wide side, a block at a time, as matrices of shape ``(groups, C / groups * prod(ksize), L)``.

    The matrices share one buffer: use each before asking for the next.
    """
    xp = backend.get_array_module(x)
    channels = x.shape[1]
    column_length = channels * math.prod(ksize)
    extent = window_extent(out_size, ksize, stride, dilate)
    is_padded = any(pad) or any(e > n for e, n in zip(extent, x.shape[2:]))
    is_pointwise = not is_padded and out_size == x.shape[2:] and max(ksize) == max(stride) == 1
    source: Any = None
    buffer = view = None
    for block in _blocks(len(x), column_length, out_size, xp):
        if is_pointwise and block.n_images == 1:  # the image is its own columns
            pixels = x[block.images.start].reshape(groups, channels // groups, -1)[..., block.positions]
            yield block, pixels.astype(dtype, copy=False)
            continue
        if view is None or buffer is None:
            source = xp.zeros((block.n_images, channels, *extent), dtype) if is_padded else x
            view = _images_last(windows(source, ksize, stride, dilate, out_size), len(ksize))
            buffer = xp.empty(column_length * block.n_columns, dtype)
        images = block.images
        if source is not x:
            images = slice(0, block.n_images)
            if block.rows.start == 0:
                paste(source[images], x[block.images], pad)
        part = view[(..., images, block.rows, *[slice(None)] * (len(out_size) - 1))]
        col = buffer[: part.size].reshape(part.shape)
        xp.copyto(col, part)
        yield block, col.reshape(groups, column_length // groups, block.n_columns)


def _images_last(view: NdArray, n: int) -> NdArray:
    """``(B, C, *ksize, *out_size)`` as ``(C, *ksize, B, *out_size)``."""
    return view.transpose(*range(1, n + 2), 0, *range(n + 2, 2 * n + 2))


def _images_first(col: NdArray, n: int) -> NdArray:
    """``(C, *ksize, B, *out_size)`` as ``(B, C, *ksize, *out_size)``."""
    return col.transpose(n + 1, *range(n + 1), *range(n + 2, 2 * n + 2))


def _narrow_side(matrix: NdArray, block: _Block, dtype: Any) -> NdArray:
    """A block of the narrow side ``(B, groups, O / groups, L)``, as matrices ``(groups, O / groups, B * L)``."""
    part = matrix[block.images, :, :, block.positions]
    if block.n_images > 1:
        part = part.transpose(1, 2, 0, 3)
    return part.reshape(matrix.shape[1], matrix.shape[2], block.n_columns).astype(dtype, copy=False)


def _compute_dtype(a: NdArray, b: NdArray) -> Any:
    """Common dtype of the factors; float32 instead of float16 on the CPU, whose matrix products know no float16."""
    dtype = numpy.promote_types(a.dtype, b.dtype)
    if dtype == numpy.float16 and isinstance(a, numpy.ndarray):
        return numpy.dtype(numpy.float32)
    return dtype


def _add_bias(y: NdArray, b: NdArray | None) -> NdArray:
    if b is not None:
        y += b.reshape(-1, *[1] * (y.ndim - 2))
    return y
