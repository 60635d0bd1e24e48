"""Windows of images as columns (*im2col*) and their sum back into images (*col2im*), in n dimensions.

Convolution and pooling slide a window over the image. The functions here turn every position of the window
into a column of numbers, and back. All work on NumPy and CuPy arrays alike; names that end in ``_cpu`` and
``_gpu`` are kept because they are published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainer.types import NdArray, Shape, VariableLike
from chainer.utils._windows import copy_windows, sum_windows
from chainer.utils.conv import get_conv_outsize

Sizes = int | Sequence[int]
"""One number for all spatial axes, or one an axis."""


def as_tuple(x: Any, n: int) -> tuple[Any, ...]:
    """``x`` as a tuple of ``n`` items: itself if it is iterable, else repeated.

    Raises:
        ValueError: ``x`` is iterable and has another number of items.

    Example:
        >>> as_tuple(3, 2), as_tuple([1, 2], 2)
        ((3, 3), (1, 2))
    """
    if not isinstance(x, Iterable):
        return (x,) * n
    x = tuple(x)
    if len(x) != n:
        raise ValueError(f"expected one number or {n}, one a spatial axis, got {x}")
    return x


def check_has_space(x: VariableLike) -> None:
    """Refuses images without a spatial axis.

    Raises:
        ValueError: ``x`` has two axes at most.
    """
    if x.ndim < 3:
        raise ValueError(f"x must have a spatial axis behind those of batch and channels, got shape {x.shape}")


def check_ndim(x: VariableLike, ndim: int) -> None:
    """Refuses images of another number of spatial axes.

    Raises:
        ValueError: ``x`` has not ``ndim`` axes after those of batch and channels.
    """
    if x.ndim != ndim + 2:
        raise ValueError(f"x must have {ndim} spatial axes after those of batch and channels, got shape {x.shape}")


def im2col_nd_cpu(
    img: VariableLike,
    ksize: Shape,
    stride: Sizes,
    pad: Sizes,
    pval: float = 0,
    cover_all: bool = False,
    dilate: Sizes = 1,
) -> NdArray:
    """Copies the windows of images.

    Args:
        img: Images. Shape ``(B, C, d_1, ..., d_n)``.
        ksize: Shape of the window.
        stride: Steps between positions of the window.
        pad: Padding before and after each spatial axis.
        pval: Value of the padding.
        cover_all: Whether every element of the image comes to lie in a window, with more padding behind if needed.
        dilate: Distance between the elements that a window takes.

    Returns:
        Array of the dtype of ``img``. Shape ``(B, C, k_1, ..., k_n, out_1, ..., out_n)``.

    Raises:
        ValueError: The window does not fit into the image.

    Example:
        >>> import numpy as np
        >>> im2col_nd_cpu(np.arange(4.0).reshape(1, 1, 4), (2,), (1,), (0,))[0, 0]
        array([[0., 1., 2.],
               [1., 2., 3.]])
    """
    n = img.ndim - 2
    ksize = as_tuple(ksize, n)
    stride, pad, dilate = as_tuple(stride, n), as_tuple(pad, n), as_tuple(dilate, n)
    out_size = tuple(
        [
            get_conv_outsize(d, k, s, p, cover_all, di)
            for d, k, s, p, di in zip(img.shape[2:], ksize, stride, pad, dilate)
        ]
    )
    return copy_windows(img, ksize, stride, pad, dilate, out_size, pval)


def col2im_nd_cpu(col: VariableLike, stride: Sizes, pad: Sizes, dims: Shape, dilate: Sizes = 1) -> NdArray:
    """Sums windows into images: the transpose of :func:`im2col_nd_cpu`.

    Args:
        col: Windows. Shape ``(B, C, k_1, ..., k_n, out_1, ..., out_n)``.
        stride: Steps between positions of the window.
        pad: Padding before and after each spatial axis, which is cut off.
        dims: Spatial shape ``(d_1, ..., d_n)`` of the images.
        dilate: Distance between the elements that a window takes.

    Returns:
        Array of the dtype of ``col``. Shape ``(B, C, d_1, ..., d_n)``.
    """
    n = len(dims)
    return sum_windows(col, as_tuple(stride, n), as_tuple(pad, n), as_tuple(dilate, n), tuple(dims))


def im2col_nd_gpu(
    img: VariableLike, ksize: Shape, stride: Sizes, pad: Sizes, cover_all: bool = False, dilate: Sizes = 1
) -> NdArray:
    """:func:`im2col_nd_cpu` with a padding of zeros."""
    return im2col_nd_cpu(img, ksize, stride, pad, 0, cover_all, dilate)


im2col_nd = im2col_nd_gpu
col2im_nd = col2im_nd_gpu = col2im_nd_cpu
