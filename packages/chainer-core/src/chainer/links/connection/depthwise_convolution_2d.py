"""Two-dimensional depthwise convolutions."""

from __future__ import annotations

import math

from chainer import initializers
from chainer.functions.connection.depthwise_convolution_2d import depthwise_convolution_2d
from chainer.initializers.normal import HeNormal
from chainer.link import Link
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable


class DepthwiseConvolution2D(Link):
    """Convolves each channel with filters of its own; see :func:`chainer.functions.depthwise_convolution_2d`.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        channel_multiplier: Number of filters of each channel.
        ksize: Size of the filters, a number or a pair ``(vertical, horizontal)``.
        stride: Step between positions of the filter, likewise.
        pad: Zeros added on each side, likewise.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.HeNormal` of scale :math:`1 / \\sqrt 2` by
            default.
        initial_bias: Initial value of ``b``; zero by default.

    Attributes:
        W: Filters. Shape ``(channel_multiplier, in_channels, kH, kW)``.
        b: Bias, or ``None``. Shape ``(in_channels * channel_multiplier,)``.

    References:
        Chollet, *Xception: Deep Learning with Depthwise Separable Convolutions*, CVPR 2017.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.DepthwiseConvolution2D(3, 2, ksize=3, pad=1)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 6, 8, 8)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_channels: int | None,
        channel_multiplier: int,
        ksize: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        self.ksize = ksize
        self.stride = as_tuple(stride, 2)
        self.pad = as_tuple(pad, 2)
        self.channel_multiplier = channel_multiplier
        self.nobias = nobias
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW, HeNormal(1 / math.sqrt(2))))
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0))
        if in_channels is not None:
            self._initialize_params(in_channels)

    def _initialize_params(self, in_channels: int) -> None:
        self.W.initialize((self.channel_multiplier, in_channels, *as_tuple(self.ksize, 2)))
        if self.b is not None:
            self.b.initialize((in_channels * self.channel_multiplier,))

    def forward(self, x: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, C * channel_multiplier, H', W')``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return depthwise_convolution_2d(x, self.W, self.b, self.stride, self.pad)
