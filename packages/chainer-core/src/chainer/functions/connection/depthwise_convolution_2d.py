"""Depthwise convolution."""

from __future__ import annotations

from chainer.functions.array.reshape import reshape
from chainer.functions.array.transpose import transpose
from chainer.functions.connection.convolution_2d import convolution_2d
from chainer.types import VariableLike
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable


def depthwise_convolution_2d(
    x: VariableLike, W: VariableLike, b: VariableLike | None = None, stride: Sizes = 1, pad: Sizes = 0
) -> Variable:
    r"""Convolution of each channel with filters of its own.

    .. math:: y_{b, c M + m} = x_{b c} * W_{m c}

    It is a grouped convolution with one channel a group.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        W: Filters, ``M`` a channel. Shape ``(M, C, kH, kW)``.
        b: Bias, or ``None`` for none. Shape ``(C * M,)``.
        stride: Step between positions of the filter, a number or a pair ``(vertical, horizontal)``.
        pad: Zeros added on each side, likewise.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C * M, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.

    References:
        Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, CVPR 2017, arXiv:1610.02357.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.depthwise_convolution_2d(np.ones((1, 3, 4, 4), np.float32), np.ones((2, 3, 3, 3), np.float32)).shape
        (1, 6, 2, 2)
    """
    multiplier, channels, kh, kw = W.shape
    W = reshape(transpose(W, (1, 0, 2, 3)), (channels * multiplier, 1, kh, kw))
    return convolution_2d(x, W, b, stride, pad, groups=channels)
