"""Two-dimensional convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from chainer import initializers
from chainer.functions.connection.convolution_2d import convolution_2d
from chainer.link import Link
from chainer.links.connection._channels import channels_per_group
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable, as_array


class Convolution2D(Link):
    """Two-dimensional convolution with learnt filters; see :func:`chainer.functions.convolution_2d`.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch. May be left out:
            ``Convolution2D(16, 3)`` is ``Convolution2D(None, 16, 3)``.
        out_channels: Number of output channels.
        ksize: Size of the filters, a number or a pair ``(vertical, horizontal)``.
        stride: Step between positions of the filter, likewise.
        pad: Zeros added on each side, likewise.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.
        dilate: Distance between the pixels that the filter sees, likewise.
        groups: Number of groups of channels, each with its own filters.

    Attributes:
        W: Filters. Shape ``(out_channels, in_channels / groups, kH, kW)``.
        b: Bias, or ``None``. Shape ``(out_channels,)``.

    Raises:
        ValueError: ``groups`` does not divide the numbers of channels.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Convolution2D(None, 4, ksize=3, pad=1)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 8, 8)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int | None,
        ksize: Sizes | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        *,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.in_channels = in_channels
        self.out_channels: Any = out_channels
        self.ksize: Any = ksize
        self.stride = as_tuple(stride, 2)
        self.pad = as_tuple(pad, 2)
        self.dilate = as_tuple(dilate, 2)
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        in_per_group, _ = channels_per_group(in_channels, self.out_channels, self.groups)
        self.W.initialize((self.out_channels, in_per_group, *as_tuple(self.ksize, 2)))

    @classmethod
    def from_params(
        cls,
        W: VariableLike,
        b: VariableLike | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        *,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> Self:
        """Makes a link that starts with the given values.

        Args:
            W: Filters. Shape ``(out_channels, in_channels / groups, kH, kW)``.
            b: Bias; zero by default. Shape ``(out_channels,)``.
            stride: As for the class, and so are ``pad``, ``nobias``, ``dilate`` and ``groups``.
        """
        out_channels, in_per_group, *ksize = W.shape
        bias = None if b is None else as_array(b)
        return cls(
            in_per_group * groups,
            out_channels,
            tuple(ksize),
            stride,
            pad,
            nobias,
            as_array(W),
            bias,
            dilate=dilate,
            groups=groups,
        )

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        yield "in_channels", self.in_channels
        yield "out_channels", self.out_channels
        yield "ksize", self.ksize
        yield "stride", self.stride
        yield "pad", self.pad
        yield "nobias", self.b is None
        yield "dilate", self.dilate
        yield "groups", self.groups

    def forward(self, x: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out_channels, H', W')``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        return convolution_2d(x, self.W, self.b, self.stride, self.pad, dilate=self.dilate, groups=self.groups)
