"""Two-dimensional transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.functions.connection.convolution_2d import WITHDRAWN
from chainer.functions.connection.deconvolution_nd import DeconvolutionND
from chainer.types import VariableLike
from chainer.utils import argument
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable


class Deconvolution2DFunction(DeconvolutionND):
    """Node of :func:`deconvolution_2d`: :class:`DeconvolutionND` in two dimensions.

    Attributes:
        sy, sx: Vertical and horizontal stride.
        ph, pw: Padding.
        outh, outw: Size of the output, or ``None``.
        dy, dx: Dilation.
    """

    def __init__(self, stride: Sizes = 1, pad: Sizes = 0, outsize: Sequence[int] | None = None, **kwargs: Any) -> None:
        dilate, groups = argument.parse_kwargs(kwargs, ("dilate", 1), ("groups", 1), **WITHDRAWN)
        super().__init__(2, stride, pad, outsize, dilate, groups)
        self.sy, self.sx = self.stride
        self.ph, self.pw = self.pad
        self.outh, self.outw = self.outs or (None, None)
        self.dy, self.dx = self.dilate


def deconvolution_2d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    **kwargs: Any,
) -> Variable:
    """Two-dimensional transposed convolution ("deconvolution") of images.

    The gradient of :func:`convolution_2d` by its input, as a function of its own. See :func:`deconvolution_nd` for
    the size of the output.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        W: Filters. Shape ``(C, O / groups, kH, kW)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Stride of the convolution that this transposes, a number or a pair ``(vertical, horizontal)``.
        pad: Its padding: pixels cut off on each side of the output.
        outsize: Size ``(height, width)`` of the output, one that such a convolution turns into that of ``x``.
        dilate: Its dilation (keyword only, 1 by default).
        groups: Its number of groups of channels (keyword only, 1 by default).

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        ValueError: Nothing is left of the output, or an option has the wrong number of items.
        TypeError: An unknown keyword argument.

    References:
        Zeiler, Krishnan, Taylor and Fergus, *Deconvolutional Networks*, CVPR 2010.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.ones((1, 4, 4, 4), np.float32)
        >>> F.deconvolution_2d(x, np.ones((4, 3, 4, 4), np.float32), stride=2, pad=1).shape
        (1, 3, 8, 8)
    """
    node = Deconvolution2DFunction(stride, pad, outsize, **kwargs)
    return node.apply((x, W) if b is None else (x, W, b))[0]
