"""Convolution of one to three spatial axes on oneDNN."""

from __future__ import annotations

from typing import Any

from chainer.functions.connection._convolution import (
    plain_conv_backward_data,
    plain_conv_backward_weights,
    plain_conv_forward,
)
from chainer.types import NdArray, Shape

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import declined
from chainer_onednn_ext._table import serves


@serves("conv_forward")
def conv_forward(
    x: NdArray, W: NdArray, b: NdArray | None, stride: Shape, pad: Shape, dilate: Shape, groups: int, out_size: Shape
) -> NdArray:
    """Convolution."""
    y = _core.conv_forward(x, W, b, stride, pad, dilate, groups, out_size)
    if y is None:
        declined["conv_forward"] += 1
        return plain_conv_forward(x, W, b, stride, pad, dilate, groups, out_size)
    return y


@serves("conv_backward_data")
def conv_backward_data(
    gy: NdArray, W: NdArray, b: NdArray | None, stride: Shape, pad: Shape, dilate: Shape, groups: int, in_size: Shape
) -> NdArray:
    """Gradient of a convolution by its input, which is a transposed convolution."""
    gx = _core.conv_backward_data(gy, W, b, stride, pad, dilate, groups, in_size)
    if gx is None:
        declined["conv_backward_data"] += 1
        return plain_conv_backward_data(gy, W, b, stride, pad, dilate, groups, in_size)
    return gx


@serves("conv_backward_weights")
def conv_backward_weights(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, dtype: Any
) -> NdArray:
    """Gradient of a convolution by its filters."""
    gW = _core.conv_backward_weights(x, gy, stride, pad, dilate, groups, ksize)
    if gW is None:
        declined["conv_backward_weights"] += 1
        return plain_conv_backward_weights(x, gy, stride, pad, dilate, groups, ksize, dtype)
    return gW if gW.dtype == dtype else gW.astype(dtype)
