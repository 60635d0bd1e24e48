"""Transposed convolutions of any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import initializers
from chainer.functions.connection.deconvolution_nd import deconvolution_nd
from chainer.link import Link
from chainer.links.connection._channels import channels_per_group
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable


class DeconvolutionND(Link):
    """Transposed convolution over ``ndim`` spatial axes; see :func:`chainer.functions.deconvolution_nd`.

    Args:
        ndim: Number of spatial axes.
        in_channels: Number of input channels, or ``None`` to learn it from the first batch. May be left out:
            ``DeconvolutionND(3, 16, 3)`` is ``DeconvolutionND(3, None, 16, 3)``.
        out_channels: Number of output channels.
        ksize: Size of the filters, one number or one a spatial axis.
        stride: Step between positions of the filter in the output, likewise.
        pad: What is cut from each side of the output, likewise.
        nobias: Whether to do without ``b``.
        outsize: Sizes of the output, where several would fit; the smallest by default.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.
        dilate: Distance between the elements that the filter sees, likewise.
        groups: Number of groups of channels, each with its own filters.

    Attributes:
        W: Filters. Shape ``(in_channels, out_channels / groups, k_1, ..., k_n)``.
        b: Bias, or ``None``. Shape ``(out_channels,)``.

    Raises:
        ValueError: ``groups`` does not divide the numbers of channels.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.DeconvolutionND(1, 2, 4, ksize=2, stride=2)(np.zeros((1, 2, 5), np.float32)).shape
        (1, 4, 10)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        ndim: int,
        in_channels: int | None,
        out_channels: int | None,
        ksize: Sizes | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        outsize: Sequence[int] | None = None,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.out_channels: Any = out_channels
        self.ksize = as_tuple(ksize, ndim)
        self.stride = stride
        self.pad = pad
        self.outsize = outsize
        self.dilate = as_tuple(dilate, ndim)
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        _, out_per_group = channels_per_group(in_channels, self.out_channels, self.groups)
        self.W.initialize((in_channels, out_per_group, *self.ksize))

    def forward(self, x: VariableLike) -> Variable:
        """Applies the transposed convolution.

        Args:
            x: Batch. Shape ``(B, C, d_1, ..., d_n)``.

        Returns:
            Shape ``(B, out_channels, d'_1, ..., d'_n)``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return deconvolution_nd(x, self.W, self.b, self.stride, self.pad, self.outsize, self.dilate, self.groups)


class Deconvolution1D(DeconvolutionND):
    """Transposed convolution over one spatial axis: :class:`DeconvolutionND` with ``ndim=1``.

    Args:
        in_channels: As for :class:`DeconvolutionND`, and so are the other arguments.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        outsize: Sequence[int] | None = None,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            1, in_channels, out_channels, ksize, stride, pad, nobias, outsize, initialW, initial_bias, dilate, groups
        )


class Deconvolution3D(DeconvolutionND):
    """Transposed convolution over three spatial axes: :class:`DeconvolutionND` with ``ndim=3``.

    Args:
        in_channels: As for :class:`DeconvolutionND`, and so are the other arguments.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        ksize: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        outsize: Sequence[int] | None = None,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            3, in_channels, out_channels, ksize, stride, pad, nobias, outsize, initialW, initial_bias, dilate, groups
        )
