"""Dilated convolution."""

from __future__ import annotations

from chainer.functions.connection.convolution_2d import convolution_2d
from chainer.types import VariableLike
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable


def dilated_convolution_2d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    dilate: Sizes = 1,
    cover_all: bool = False,
) -> Variable:
    """Two-dimensional convolution with holes: :func:`convolution_2d` with its ``dilate``.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        W: Filters. Shape ``(O, C, kH, kW)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Step between positions of the filter, a number or a pair ``(vertical, horizontal)``.
        pad: Zeros added on each side, likewise.
        dilate: Distance between the pixels that the filter sees, likewise.
        cover_all: Whether the last position may reach beyond the padding, so that no pixel is left out.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, H', W')``.

    References:
        Yu and Koltun, *Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016, arXiv:1511.07122.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, W = np.ones((1, 1, 7, 7), np.float32), np.ones((1, 1, 3, 3), np.float32)
        >>> F.dilated_convolution_2d(x, W, dilate=2).shape
        (1, 1, 3, 3)
    """
    return convolution_2d(x, W, b, stride, pad, cover_all, dilate=dilate)
