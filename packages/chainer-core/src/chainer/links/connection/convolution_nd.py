"""Convolutions of any number of spatial axes."""

from __future__ import annotations

from typing import Any, Self

from chainer import initializers
from chainer.functions.connection.convolution_nd import convolution_nd
from chainer.link import Link
from chainer.links.connection._channels import channels_per_group
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable, as_array


class ConvolutionND(Link):
    """Convolution over ``ndim`` spatial axes with learnt filters; see :func:`chainer.functions.convolution_nd`.

    Args:
        ndim: Number of spatial axes.
        in_channels: Number of input channels, or ``None`` to learn it from the first batch. May be left out:
            ``ConvolutionND(3, 16, 3)`` is ``ConvolutionND(3, None, 16, 3)``.
        out_channels: Number of output channels.
        ksize: Size of the filters, one number or one a spatial axis.
        stride: Step between positions of the filter, likewise.
        pad: Zeros added on each side, likewise.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.
        cover_all: Whether the last position may reach beyond the padding, so that nothing is left out.
        dilate: Distance between the elements that the filter sees, likewise.
        groups: Number of groups of channels, each with its own filters.

    Attributes:
        W: Filters. Shape ``(out_channels, in_channels / groups, k_1, ..., k_n)``.
        b: Bias, or ``None``. Shape ``(out_channels,)``.

    Raises:
        ValueError: ``groups`` does not divide the numbers of channels.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.ConvolutionND(3, 2, 4, ksize=3, pad=1)(np.zeros((1, 2, 5, 6, 7), np.float32)).shape
        (1, 4, 5, 6, 7)
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
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        cover_all: bool = False,
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
        self.cover_all = cover_all
        self.dilate = as_tuple(dilate, ndim)
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        in_per_group, _ = channels_per_group(in_channels, self.out_channels, self.groups)
        self.W.initialize((self.out_channels, in_per_group, *self.ksize))

    @classmethod
    def from_params(
        cls,
        W: VariableLike,
        b: VariableLike | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        *,
        cover_all: bool = False,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> Self:
        """Makes a link that starts with the given values.

        Args:
            W: Filters. Shape ``(out_channels, in_channels / groups, k_1, ..., k_n)``.
            b: Bias; zero by default. Shape ``(out_channels,)``.
            stride: As for the class, and so are the other arguments.
        """
        out_channels, in_per_group, *ksize = W.shape
        # Subclasses know their number of spatial axes.
        make: Any = cls if cls is not ConvolutionND else lambda *args: cls(len(ksize), *args)
        link: Self = make(
            in_per_group * groups,
            out_channels,
            ksize,
            stride,
            pad,
            nobias,
            as_array(W),
            None if b is None else as_array(b),
            cover_all,
            dilate,
            groups,
        )
        return link

    def forward(self, x: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Batch. Shape ``(B, C, d_1, ..., d_n)``.

        Returns:
            Shape ``(B, out_channels, d'_1, ..., d'_n)``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return convolution_nd(x, self.W, self.b, self.stride, self.pad, self.cover_all, self.dilate, self.groups)


class Convolution1D(ConvolutionND):
    """Convolution over one spatial axis: :class:`ConvolutionND` with ``ndim=1``.

    Args:
        in_channels: As for :class:`ConvolutionND`, and so are the other arguments.
    """

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
        cover_all: bool = False,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            1, in_channels, out_channels, ksize, stride, pad, nobias, initialW, initial_bias, cover_all, dilate, groups
        )


class Convolution3D(ConvolutionND):
    """Convolution over three spatial axes: :class:`ConvolutionND` with ``ndim=3``.

    Args:
        in_channels: As for :class:`ConvolutionND`, and so are the other arguments.
    """

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
        cover_all: bool = False,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            3, in_channels, out_channels, ksize, stride, pad, nobias, initialW, initial_bias, cover_all, dilate, groups
        )
