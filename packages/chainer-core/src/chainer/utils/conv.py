"""Windows of two-dimensional images as columns, and the sizes that convolution and pooling give.

For any number of dimensions see :mod:`chainer.utils.conv_nd`.
"""

from __future__ import annotations

from chainer.types import NdArray, VariableLike
from chainer.utils._windows import copy_windows, sum_windows


def get_conv_outsize(size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1) -> int:
    """Length of the output of a convolution or pooling along one axis.

    Args:
        size: Length of the input.
        k: Length of the window.
        s: Stride.
        p: Padding on each side.
        cover_all: Whether the last window may reach beyond the padding, so that every element lies in one.
        d: Dilation.

    Example:
        >>> get_conv_outsize(10, 3, 2, 0), get_conv_outsize(10, 3, 2, 0, cover_all=True)
        (4, 5)
    """
    reach = size + 2 * p - (k - 1) * d - 1
    return (reach + s - 1) // s + 1 if cover_all else reach // s + 1


def get_deconv_outsize(size: int, k: int, s: int, p: int, cover_all: bool = False, d: int = 1) -> int:
    """Length of the output of a transposed convolution along one axis.

    The smallest length for which :func:`get_conv_outsize` gives ``size``.

    Args:
        size: Length of the input.
        k: Length of the window.
        s: Stride.
        p: Padding on each side of the output.
        cover_all: As for :func:`get_conv_outsize`.
        d: Dilation.

    Example:
        >>> get_deconv_outsize(4, 3, 2, 0)
        9
    """
    reach = s * (size - 1) + (k - 1) * d + 1 - 2 * p
    return reach - s + 1 if cover_all else reach


def im2col_cpu(
    img: VariableLike,
    kh: int,
    kw: int,
    sy: int,
    sx: int,
    ph: int,
    pw: int,
    pval: float = 0,
    cover_all: bool = False,
    dy: int = 1,
    dx: int = 1,
    out_h: int | None = None,
    out_w: int | None = None,
) -> NdArray:
    """Copies the windows of images.

    Args:
        img: Images. Shape ``(B, C, H, W)``.
        kh: Height of the window.
        kw: Width of the window.
        sy: Vertical stride.
        sx: Horizontal stride.
        ph: Padding above and below.
        pw: Padding left and right.
        pval: Value of the padding.
        cover_all: Whether every pixel comes to lie in a window, with more padding if needed.
        dy: Vertical dilation.
        dx: Horizontal dilation.
        out_h: Number of rows of windows, instead of what fits.
        out_w: Number of windows in a row, instead of what fits.

    Returns:
        Array of the dtype of ``img``. Shape ``(B, C, kh, kw, out_h, out_w)``.

    Raises:
        ValueError: The window does not fit into the image.
    """
    h, w = img.shape[2:]
    if out_h is None:
        out_h = get_conv_outsize(h, kh, sy, ph, cover_all, dy)
    if out_w is None:
        out_w = get_conv_outsize(w, kw, sx, pw, cover_all, dx)
    return copy_windows(img, (kh, kw), (sy, sx), (ph, pw), (dy, dx), (out_h, out_w), pval)


def col2im_cpu(
    col: VariableLike, sy: int, sx: int, ph: int, pw: int, h: int, w: int, dy: int = 1, dx: int = 1
) -> NdArray:
    """Sums windows into images: the transpose of :func:`im2col_cpu`.

    Args:
        col: Windows. Shape ``(B, C, kh, kw, out_h, out_w)``.
        sy: Vertical stride.
        sx: Horizontal stride.
        ph: Padding above and below, which is cut off.
        pw: Padding left and right, likewise.
        h: Height of the images.
        w: Width of the images.
        dy: Vertical dilation.
        dx: Horizontal dilation.

    Returns:
        Array of the dtype of ``col``. Shape ``(B, C, h, w)``.
    """
    return sum_windows(col, (sy, sx), (ph, pw), (dy, dx), (h, w))


def im2col_gpu(
    img: VariableLike,
    kh: int,
    kw: int,
    sy: int,
    sx: int,
    ph: int,
    pw: int,
    cover_all: bool = False,
    dy: int = 1,
    dx: int = 1,
    out_h: int | None = None,
    out_w: int | None = None,
) -> NdArray:
    """:func:`im2col_cpu` with a padding of zeros."""
    return im2col_cpu(img, kh, kw, sy, sx, ph, pw, 0, cover_all, dy, dx, out_h, out_w)


im2col = im2col_gpu
col2im = col2im_gpu = col2im_cpu
