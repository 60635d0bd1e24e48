"""A small multilayer perceptron slid over an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainer.functions.activation.relu import relu
from chainer.link import ChainList
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.types import InitializerLike, VariableLike
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable


class MLPConvolution2D(ChainList):
    """A convolution followed by 1x1 convolutions, with an activation between: a block of *Network in Network*.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch. May be left out:
            ``MLPConvolution2D((16, 16), 3)`` is ``MLPConvolution2D(None, (16, 16), 3)``.
        out_channels: Numbers of output channels, one a convolution.
        ksize: Size of the filters of the first, a number or a pair ``(vertical, horizontal)``.
        stride: Step between its positions, likewise.
        pad: Zeros added on each side, likewise.
        activation: Applied between convolutions, not after the last.
        conv_init: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
        bias_init: Initial value of all biases; zero by default.

    References:
        Lin et al., *Network In Network*, ICLR 2014, arXiv:1312.4400.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.MLPConvolution2D(3, (8, 4), ksize=3)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 4, 6, 6)
    """

    def __init__(
        self,
        in_channels: Any,
        out_channels: Any,
        ksize: Sizes | None = None,
        stride: Sizes = 1,
        pad: Sizes = 0,
        activation: Callable[[Variable], Variable] = relu,
        *,
        conv_init: InitializerLike = None,
        bias_init: InitializerLike = None,
    ) -> None:
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        sizes: Sequence[int] = out_channels
        options: dict[str, Any] = {"initialW": conv_init, "initial_bias": bias_init}
        super().__init__(Convolution2D(in_channels, sizes[0], ksize, stride, pad, **options))
        for n_in, n_out in zip(sizes, sizes[1:]):
            self.append(Convolution2D(n_in, n_out, 1, **options))
        self.activation = activation

    def forward(self, x: VariableLike) -> Variable:
        """Applies the block.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out_channels[-1], H', W')``.
        """
        first, *rest = self
        y = first(x)
        for convolution in rest:
            y = convolution(self.activation(y))
        return y
