"""Deformable convolution."""

from __future__ import annotations

import math

from chainer import backend
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.pad import pad as pad_array
from chainer.functions.array.reshape import reshape
from chainer.functions.array.spatial_transformer_sampler import spatial_transformer_sampler
from chainer.functions.math.matmul import matmul
from chainer.types import VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Variable


def deformable_convolution_2d_sampler(
    x: VariableLike,
    offset: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
) -> Variable:
    """Two-dimensional convolution whose filters look at pixels moved by given offsets.

    Between pixels the image is interpolated bilinearly; outside it is zero.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        offset: How far each pixel of each position of the filter is moved, first the horizontal distances in C order
            of the filter, then the vertical ones. Shape ``(B, 2 * kH * kW, H', W')``.
        W: Filters. Shape ``(O, C, kH, kW)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Step between positions of the filter, a number or a pair ``(vertical, horizontal)``.
        pad: Zeros added on each side, likewise.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, H', W')``.

    Raises:
        ValueError: ``offset`` has not two channels for each pixel of the filter.
        chainer.utils.type_check.InvalidType: Other shapes do not fit, or a dtype is not a float one.

    References:
        Dai et al., *Deformable Convolutional Networks*, ICCV 2017, arXiv:1703.06211.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
        >>> offset = np.full((1, 2, 1, 4), 0.5, np.float32)
        >>> offset[:, 1] = 0  # to the right only
        >>> F.deformable_convolution_2d_sampler(x, offset, np.ones((1, 1, 1, 1), np.float32)).array
        array([[[[0.5, 1.5, 2.5, 1.5]]]], dtype=float32)
    """
    (sy, sx), (ph, pw) = as_tuple(stride, 2), as_tuple(pad, 2)
    n_out, channels, kh, kw = W.shape
    batch, n_offsets, out_h, out_w = offset.shape
    if n_offsets != 2 * kh * kw:
        raise ValueError(
            f"offset must have two channels for each pixel of the filter, {2 * kh * kw}, got shape {offset.shape}"
        )
    # One more pixel of zeros keeps the axes longer than 1, between whose ends the sampler measures.
    border = ((0, 0), (0, 0), (ph, ph + 1), (pw, pw + 1))
    image = pad_array(x, border, "constant", constant_values=0)
    xp = backend.get_array_module(offset)
    places = xp.empty((2, kh, kw, out_h, out_w), offset.dtype)
    places[0] = xp.arange(kw)[:, None, None] + sx * xp.arange(out_w)
    places[1] = xp.arange(kh)[:, None, None, None] + sy * xp.arange(out_h)[:, None]
    scale = [2 / (n - 1) for n in (image.shape[3], image.shape[2])]
    scale = xp.asarray(scale, offset.dtype).reshape(1, 2, 1, 1, 1)
    grid = reshape(offset, (batch, 2, kh * kw, out_h, out_w)) + places.reshape(1, 2, kh * kw, out_h, out_w)
    grid = grid * broadcast_to(scale, grid.shape) - 1
    sampled = spatial_transformer_sampler(image, reshape(grid, (batch, 2, kh * kw * out_h, out_w)))
    columns = reshape(sampled, (batch, channels * kh * kw, out_h * out_w))
    y = matmul(reshape(W, (n_out, math.prod(W.shape[1:]))), columns)
    y = reshape(y, (batch, n_out, out_h, out_w))
    return y if b is None else y + broadcast_to(reshape(b, (1, n_out, 1, 1)), y.shape)
