"""The block of GoogLeNet."""

from __future__ import annotations

from chainer.functions.activation.relu import relu
from chainer.functions.array.concat import concat
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.link import Chain
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Variable


class Inception(Chain):
    """Four ways of looking at an image, side by side: 1x1, 3x3 and 5x5 convolutions, and max pooling.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        out1: Number of output channels of the 1x1 convolution.
        proj3: Number of channels that the 3x3 convolution sees.
        out3: Number of its output channels.
        proj5: Number of channels that the 5x5 convolution sees.
        out5: Number of its output channels.
        proj_pool: Number of channels that max pooling is projected to.
        conv_init: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
        bias_init: Initial value of all biases; zero by default.

    References:
        Szegedy et al., *Going Deeper with Convolutions*, CVPR 2015.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Inception(3, 2, 3, 4, 2, 3, 2)(np.zeros((1, 3, 8, 8), np.float32)).shape
        (1, 11, 8, 8)
    """

    def __init__(
        self,
        in_channels: int | None,
        out1: int,
        proj3: int,
        out3: int,
        proj5: int,
        out5: int,
        proj_pool: int,
        conv_init: InitializerLike = None,
        bias_init: InitializerLike = None,
    ) -> None:
        super().__init__()

        def convolution(n_in: int | None, n_out: int, ksize: int) -> Convolution2D:
            return Convolution2D(n_in, n_out, ksize, pad=ksize // 2, initialW=conv_init, initial_bias=bias_init)

        with self.init_scope():
            self.conv1 = convolution(in_channels, out1, 1)
            self.proj3 = convolution(in_channels, proj3, 1)
            self.conv3 = convolution(proj3, out3, 3)
            self.proj5 = convolution(in_channels, proj5, 1)
            self.conv5 = convolution(proj5, out5, 5)
            self.projp = convolution(in_channels, proj_pool, 1)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the block.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            Shape ``(B, out1 + out3 + out5 + proj_pool, H, W)``.
        """
        out1 = self.conv1(x)
        out3 = self.conv3(relu(self.proj3(x)))
        out5 = self.conv5(relu(self.proj5(x)))
        pool = self.projp(max_pooling_2d(x, 3, stride=1, pad=1))
        return relu(concat((out1, out3, out5, pool), axis=1))
