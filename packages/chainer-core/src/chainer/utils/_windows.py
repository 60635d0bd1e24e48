"""Sliding windows over images of any number of dimensions: what im2col, convolution and pooling share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.types import NdArray, Shape, VariableLike


def window_extent(out_size: Shape, ksize: Shape, stride: Shape, dilate: Shape) -> Shape:
    """Lengths of the axes that ``out_size`` positions of a window reach over."""
    return tuple([(o - 1) * s + (k - 1) * d + 1 for o, k, s, d in zip(out_size, ksize, stride, dilate)])


def check_room(size: Shape, ksize: Shape, pad: Shape, dilate: Shape, out_size: Shape) -> None:
    """Refuses a window that has no position.

    Raises:
        ValueError: ``out_size`` is not positive.
    """
    if out_size and min(out_size) <= 0:
        raise ValueError(
            f"a window of shape {ksize} with dilation {dilate} does not fit into an image of shape {size} with padding "
            f"{pad}: the output would have shape {out_size}"
        )


def paste(canvas: NdArray, img: NdArray, pad: Shape) -> None:
    """Writes images on a canvas, ``pad`` away from its lower borders; what does not fit is cut off.

    Args:
        canvas: Shape ``(B, C, ...)``. Written in place.
        img: Shape ``(B, C, ...)``.
        pad: Distance from the border an axis; a negative one cuts that much off the image.
    """
    to: list[Any] = [slice(None), slice(None)]
    of: list[Any] = [slice(None), slice(None)]
    for p, n_canvas, n_img in zip(pad, canvas.shape[2:], img.shape[2:]):
        start, skip = max(p, 0), max(-p, 0)
        length = max(min(n_img - skip, n_canvas - start), 0)
        to.append(slice(start, start + length))
        of.append(slice(skip, skip + length))
    canvas[tuple(to)] = img[tuple(of)]


def padded(img: NdArray, pad: Shape, extent: Shape, value: Any = 0) -> NdArray:
    """Images of spatial shape ``extent``, with ``pad`` elements before each axis; the image itself where it will do.

    Args:
        img: Shape ``(B, C, ...)``.
        pad: Elements before the first of each spatial axis.
        extent: Spatial shape to cut or fill up to.
        value: What to fill with.
    """
    if not any(pad) and all(e <= n for e, n in zip(extent, img.shape[2:])):
        return img
    canvas = backend.get_array_module(img).full((*img.shape[:2], *extent), value, img.dtype)
    paste(canvas, img, pad)
    return canvas


def windows(img: NdArray, ksize: Shape, stride: Shape, dilate: Shape, out_size: Shape) -> NdArray:
    """View of all windows of images, which must reach far enough.

    Args:
        img: Shape ``(B, C, ...)``.

    Returns:
        View that shares memory, with overlaps: read it only. Shape ``(B, C, *ksize, *out_size)``.
    """
    strides = img.strides
    inner = [s * d for s, d in zip(strides[2:], dilate)]
    outer = [s * d for s, d in zip(strides[2:], stride)]
    as_strided = backend.get_array_module(img).lib.stride_tricks.as_strided
    return as_strided(img, (*img.shape[:2], *ksize, *out_size), (*strides[:2], *inner, *outer))


def window_slices(
    ksize: Shape, stride: Shape, dilate: Shape, out_size: Shape
) -> Iterator[tuple[Shape, tuple[slice, ...]]]:
    """Each offset inside the window, with the slices of an image that lie there in all positions of the window."""
    for offset in itertools.product(*map(range, ksize)):
        yield (
            offset,
            tuple([slice(i * d, i * d + (o - 1) * s + 1, s) for i, d, o, s in zip(offset, dilate, out_size, stride)]),
        )


def add_windows(img: NdArray, col: NdArray, stride: Shape, dilate: Shape) -> None:
    """Adds windows to the images that they were taken from: the transpose of :func:`windows`.

    Args:
        img: Shape ``(B, C, ...)``. Written in place.
        col: Shape ``(B, C, *ksize, *out_size)``.
    """
    n = img.ndim - 2
    ksize, out_size = col.shape[2 : 2 + n], col.shape[2 + n :]
    every = (slice(None), slice(None))
    for offset, slices in window_slices(ksize, stride, dilate, out_size):
        img[every + slices] += col[every + offset]


def copy_windows(
    img: VariableLike, ksize: Shape, stride: Shape, pad: Shape, dilate: Shape, out_size: Shape, value: Any = 0
) -> NdArray:
    """Windows of padded images, as an array of their own. Shape ``(B, C, *ksize, *out_size)``.

    The kernel ``im2col(img, ksize, stride, pad, dilate, out_size, value)`` returns it, or ``None`` to leave it to the
    plain body.

    Args:
        img: Array or variable of shape ``(B, C, ...)``.

    Raises:
        ValueError: There is no room for a window.
    """
    check_room(img.shape[2:], ksize, pad, dilate, out_size)
    img = getattr(img, "array", img)
    kernel = kernels.find("im2col", img)
    if kernel is not None and (col := kernel(img, ksize, stride, pad, dilate, out_size, value)) is not None:
        return col
    source = padded(img, pad, window_extent(out_size, ksize, stride, dilate), value)
    return windows(source, ksize, stride, dilate, out_size).copy()


def sum_windows(col: VariableLike, stride: Shape, pad: Shape, dilate: Shape, size: Shape) -> NdArray:
    """Images of spatial shape ``size``, each element the sum of what windows hold of it; ``pad`` is cut off.

    The kernel ``col2im(col, stride, pad, dilate, size)`` returns them, or ``None`` to leave it to the plain body.

    Args:
        col: Array or variable of shape ``(B, C, *ksize, *out_size)``.
    """
    col = getattr(col, "array", col)
    kernel = kernels.find("col2im", col)
    if kernel is not None and (img := kernel(col, stride, pad, dilate, size)) is not None:
        return img
    n = len(size)
    extent = window_extent(col.shape[2 + n :], col.shape[2 : 2 + n], stride, dilate)
    canvas_size = [max(e, p + length) for e, p, length in zip(extent, pad, size)]
    canvas = backend.get_array_module(col).zeros((*col.shape[:2], *canvas_size), col.dtype)
    add_windows(canvas, col, stride, dilate)
    return canvas[(slice(None), slice(None), *[slice(p, p + length) for p, length in zip(pad, size)])]
