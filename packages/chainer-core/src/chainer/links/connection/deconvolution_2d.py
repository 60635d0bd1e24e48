"""Two-dimensional transposed convolutions."""

from __future__ import annotations

from typing import Any

from chainer import initializers
from chainer.functions.connection.deconvolution_2d import deconvolution_2d
from chainer.link import Link
from chainer.links.connection._channels import channels_per_group
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable


class Deconvolution2D(Link):
    """Two-dimensional transposed convolution with learnt filters; see :func:`chainer.functions.deconvolution_2d`.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch. May be left out:
            ``Deconvolution2D(16, 3)`` is ``Deconvolution2D(None, 16, 3)``.
        out_channels: Number of output channels.
        ksize: Size of the filters, a number or a pair ``(vertical, horizontal)``.
        stride: Step between positions of the filter in the output, likewise.
        pad: What is cut from each side of the output, likewise.
        nobias: Whether to do without ``b``.
        outsize: Size of the output ``(H', W')``, where several would fit; the smallest by default.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.
        dilate: Distance between the pixels that the filter sees, likewise.
        groups: Number of groups of channels, each with its own filters.

    Attributes:
        W: Filters. Shape ``(in_channels, out_channels / groups, kH, kW)``.
        b: Bias, or ``None``. Shape ``(out_channels,)``.

    Raises:
        ValueError: ``groups`` does not divide the numbers of channels.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Deconvolution2D(3, 4, ksize=4, stride=2, pad=1)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 16, 16)
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
        outsize: tuple[int | None, int | None] | None = None,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        *,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        self.out_channels: Any = out_channels
        self.ksize: Any = ksize
        self.stride = as_tuple(stride, 2)
        self.pad = as_tuple(pad, 2)
        self.dilate = as_tuple(dilate, 2)
        self.outsize: Any = (None, None) if outsize is None else outsize
        self.groups = int(groups)
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            if in_channels is not None:
                self._initialize_params(in_channels)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_channels)

    def _initialize_params(self, in_channels: int) -> None:
        _, out_per_group = channels_per_group(in_channels, self.out_channels, self.groups)
        self.W.initialize((in_channels, out_per_group, *as_tuple(self.ksize, 2)))

    def forward(self, x: VariableLike) -> Variable:
        """Applies the transposed convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out_channels, H', W')``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1])
        outsize = None if self.outsize == (None, None) else self.outsize
        return deconvolution_2d(
            x, self.W, self.b, self.stride, self.pad, outsize, dilate=self.dilate, groups=self.groups
        )
