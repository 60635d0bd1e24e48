"""Two-dimensional deformable convolutions."""

from __future__ import annotations

import math
from typing import Any

from chainer import initializers
from chainer.functions.connection.deformable_convolution_2d_sampler import deformable_convolution_2d_sampler
from chainer.initializers.constant import Zero
from chainer.link import Chain, Link
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable


class DeformableConvolution2D(Chain):
    """Convolution that learns, for each position, where its filter looks.

    One convolution computes from the image the offset of each element of the filter, vertical and horizontal; another
    applies its filter there, by bilinear interpolation.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        out_channels: Number of output channels.
        ksize: Size of the filters, a number or a pair ``(vertical, horizontal)``.
        stride: Step between positions of the filter, likewise.
        pad: Zeros added on each side, likewise.
        offset_nobias: Whether the convolution that computes the offsets does without bias.
        offset_initialW: Initial value of its ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        offset_initial_bias: Initial value of its ``b``; zero by default.
        deform_nobias: Whether the deformed convolution does without bias.
        deform_initialW: Initial value of its ``W``; zero by default.
        deform_initial_bias: Initial value of its ``b``; zero by default.

    Attributes:
        offset_conv: The :class:`Convolution2D` that computes the offsets, ``2 * kH * kW`` channels.
        deform_conv: The :class:`DeformableConvolution2DSampler`.

    References:
        Dai et al., *Deformable Convolutional Networks*, ICCV 2017.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.DeformableConvolution2D(3, 4, ksize=3, pad=1)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 8, 8)
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        offset_nobias: bool = False,
        offset_initialW: InitializerLike = None,
        offset_initial_bias: InitializerLike = None,
        deform_nobias: bool = False,
        deform_initialW: InitializerLike = None,
        deform_initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        n_offsets = 2 * math.prod(as_tuple(ksize, 2))
        with self.init_scope():
            self.offset_conv = Convolution2D(
                in_channels, n_offsets, ksize, stride, pad, offset_nobias, offset_initialW, offset_initial_bias
            )
            self.deform_conv = DeformableConvolution2DSampler(
                in_channels, out_channels, ksize, stride, pad, deform_nobias, deform_initialW, deform_initial_bias
            )

    def forward(self, x: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out_channels, H', W')``.
        """
        return self.deform_conv(x, self.offset_conv(x))


class DeformableConvolution2DSampler(Link):
    """Convolution whose filter looks where it is told; see :class:`DeformableConvolution2D`.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        out_channels: Number of output channels.
        ksize: Size of the filters, a number or a pair ``(vertical, horizontal)``.
        stride: Step between positions of the filter, likewise.
        pad: Zeros added on each side, likewise.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; zero by default.
        initial_bias: Initial value of ``b``; zero by default.

    Attributes:
        W: Filters. Shape ``(out_channels, in_channels, kH, kW)``.
        b: Bias, or ``None``. Shape ``(out_channels,)``.
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        self.ksize: Any = ksize
        self.stride = as_tuple(stride, 2)
        self.pad = as_tuple(pad, 2)
        self.out_channels = out_channels
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW, Zero()))
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0))
        if in_channels is not None:
            self._initialize_params(in_channels)

    def _initialize_params(self, in_channels: int) -> None:
        self.W.initialize((self.out_channels, in_channels, *as_tuple(self.ksize, 2)))
        if self.b is not None:
            self.b.initialize((self.out_channels,))

    def forward(self, x: VariableLike, offset: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.
            offset: Offsets in pixels, all vertical ones before all horizontal ones. Shape ``(B, 2 * kH * kW, H', W')``.

        Returns:
            Shape ``(B, out_channels, H', W')``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return deformable_convolution_2d_sampler(x, offset, self.W, self.b, self.stride, self.pad)
