"""Two-dimensional convolutions with a filter for each position."""

from __future__ import annotations

from chainer import initializers
from chainer.functions.connection.local_convolution_2d import local_convolution_2d
from chainer.link import Link
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv import get_conv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Parameter, Variable


class LocalConvolution2D(Link):
    """Convolution whose filters are not shared between positions; see :func:`chainer.functions.local_convolution_2d`.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        out_channels: Number of output channels.
        in_size: Size of the images, a number or a pair ``(vertical, horizontal)``; ``None`` learns it from the first
            batch.
        ksize: Size of the filters, likewise.
        stride: Step between positions of the filter, likewise.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.

    Attributes:
        W: Filters. Shape ``(out_channels, H', W', in_channels, kH, kW)``.
        b: Bias, or ``None``. Shape ``(out_channels, H', W')``.

    Raises:
        TypeError: No ``ksize``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.LocalConvolution2D(3, 4, ksize=3)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 6, 6)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        in_size: Sizes | None = None,
        ksize: Sizes | None = None,
        stride: Sizes = 1,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        if ksize is None:
            raise TypeError("ksize must be the size of the filters, a number or a pair, got None")
        self.ksize = ksize
        self.stride = as_tuple(stride, 2)
        self.nobias = nobias
        self.out_channels = out_channels
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0))
        if in_channels is not None and in_size is not None:
            self._initialize_params(in_channels, as_tuple(in_size, 2))

    def _initialize_params(self, in_channels: int, in_size: tuple[int, ...]) -> None:
        ksize = as_tuple(self.ksize, 2)
        outsize = tuple(get_conv_outsize(size, k, s, 0) for size, k, s in zip(in_size, ksize, self.stride))
        self.W.initialize((self.out_channels, *outsize, in_channels, *ksize))
        if self.b is not None:
            self.b.initialize((self.out_channels, *outsize))

    def forward(self, x: VariableLike) -> Variable:
        """Applies the convolution.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out_channels, H', W')``.
        """
        if self.W.array is None:
            self._initialize_params(x.shape[1], x.shape[2:])
        return local_convolution_2d(x, self.W, self.b, self.stride)
