"""Two-dimensional dilated convolutions."""

from __future__ import annotations

from chainer.links.connection.convolution_2d import Convolution2D
from chainer.types import InitializerLike
from chainer.utils.conv_nd import Sizes


class DilatedConvolution2D(Convolution2D):
    """:class:`Convolution2D` with ``dilate`` further ahead among its arguments.

    Args:
        in_channels: As for :class:`Convolution2D`, and so are the other arguments.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.DilatedConvolution2D(None, 4, ksize=3, dilate=2)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 4, 4)
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int | None,
        ksize: Sizes | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        dilate: Sizes = 1,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__(in_channels, out_channels, ksize, stride, pad, nobias, initialW, initial_bias, dilate=dilate)
