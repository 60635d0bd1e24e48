"""The block of GoogLeNet with batch normalisation."""

from __future__ import annotations

from chainer.functions.activation.relu import relu
from chainer.functions.array.concat import concat
from chainer.functions.pooling.average_pooling_2d import average_pooling_2d
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.link import Chain
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.links.normalization.batch_normalization import BatchNormalization
from chainer.types import DTypeSpec, InitializerLike, VariableLike
from chainer.variable import Variable


class InceptionBN(Chain):
    """Four ways of looking at an image, side by side, with batch normalisation.

    The ways are a 1x1 convolution, a 3x3 one, two 3x3 ones, and pooling. Convolutions have no bias.

    Args:
        in_channels: Number of input channels, or ``None`` to learn it from the first batch.
        out1: Number of output channels of the 1x1 convolution; 0 for none.
        proj3: Number of channels that the single 3x3 convolution sees.
        out3: Number of its output channels.
        proj33: Number of channels that the pair of 3x3 convolutions sees.
        out33: Number of output channels of each of the pair.
        pooltype: ``'max'`` or ``'avg'``.
        proj_pool: Number of channels that pooling is projected to; ``None`` keeps them as they are.
        stride: Step of 3x3 convolutions and pooling. More than 1 needs ``out1=0`` and ``proj_pool=None``.
        conv_init: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
        dtype: Dtype of batch normalisation, as for :class:`BatchNormalization`.

    Raises:
        ValueError: Another ``pooltype``, or a 1x1 convolution with a ``stride``.

    References:
        Ioffe and Szegedy, *Batch Normalization*, ICML 2015.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.InceptionBN(3, 2, 3, 4, 2, 3, "avg", 2)(np.ones((2, 3, 8, 8), np.float32)).shape
        (2, 11, 8, 8)
    """

    def __init__(
        self,
        in_channels: int | None,
        out1: int,
        proj3: int,
        out3: int,
        proj33: int,
        out33: int,
        pooltype: str,
        proj_pool: int | None = None,
        stride: int = 1,
        conv_init: InitializerLike = None,
        dtype: DTypeSpec = None,
    ) -> None:
        super().__init__()
        if pooltype not in ("max", "avg"):
            raise ValueError(f"pooltype must be 'max' or 'avg', got {pooltype!r}")
        if out1 > 0 and (stride != 1 or proj_pool is None):
            raise ValueError(
                "the 1x1 convolution keeps size and cannot go with a stride or without proj_pool: give out1=0, "
                f"got out1={out1}, stride={stride}, proj_pool={proj_pool}"
            )
        self.out1 = out1
        self.proj_pool = proj_pool
        self.stride = stride
        self.pooltype = pooltype

        def convolution(n_in: int | None, n_out: int, ksize: int, stride: int = 1) -> Convolution2D:
            return Convolution2D(n_in, n_out, ksize, stride, pad=ksize // 2, nobias=True, initialW=conv_init)

        with self.init_scope():
            self.proj3 = convolution(in_channels, proj3, 1)
            self.conv3 = convolution(proj3, out3, 3, stride)
            self.proj33 = convolution(in_channels, proj33, 1)
            self.conv33a = convolution(proj33, out33, 3)
            self.conv33b = convolution(out33, out33, 3, stride)
            self.proj3n = BatchNormalization(proj3, dtype=dtype)
            self.conv3n = BatchNormalization(out3, dtype=dtype)
            self.proj33n = BatchNormalization(proj33, dtype=dtype)
            self.conv33an = BatchNormalization(out33, dtype=dtype)
            self.conv33bn = BatchNormalization(out33, dtype=dtype)
            if out1 > 0:
                self.conv1 = convolution(in_channels, out1, 1)
                self.conv1n = BatchNormalization(out1, dtype=dtype)
            if proj_pool is not None:
                self.poolp = convolution(in_channels, proj_pool, 1)
                self.poolpn = BatchNormalization(proj_pool, dtype=dtype)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the block.

        Args:
            x: Images. Shape ``(B, C, H, W)``.

        Returns:
            The channels of all ways, side by side; height and width are divided by ``stride``.
        """
        outs = []
        if self.out1 > 0:
            outs.append(relu(self.conv1n(self.conv1(x))))
        outs.append(relu(self.conv3n(self.conv3(relu(self.proj3n(self.proj3(x)))))))
        h = relu(self.proj33n(self.proj33(x)))
        h = relu(self.conv33an(self.conv33a(h)))
        outs.append(relu(self.conv33bn(self.conv33b(h))))
        if self.pooltype == "max":
            pool = max_pooling_2d(x, 3, stride=self.stride, pad=1, cover_all=False)
        else:
            pool = average_pooling_2d(x, 3, stride=self.stride, pad=1)
        if self.proj_pool is not None:
            pool = relu(self.poolpn(self.poolp(pool)))
        outs.append(pool)
        return concat(outs, axis=1)
