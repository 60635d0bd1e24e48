"""The networks of pix2pix (Isola et al., CVPR 2017)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class Down(chainer.Chain):
    """Halves an image: convolution, batch normalization, leaky ReLU."""

    def __init__(self, channels: int, bn: bool = True) -> None:
        super().__init__()
        w = chainer.initializers.Normal(0.02)
        with self.init_scope():
            self.conv = L.Convolution2D(None, channels, 4, 2, 1, initialW=w)
            self.bn = L.BatchNormalization(channels) if bn else None

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = self.conv(x)
        return F.leaky_relu(h if self.bn is None else self.bn(h))


class Up(chainer.Chain):
    """Doubles an image: deconvolution, batch normalization, dropout if wanted, ReLU."""

    def __init__(self, channels: int, dropout: bool) -> None:
        super().__init__()
        self.dropout = dropout
        w = chainer.initializers.Normal(0.02)
        with self.init_scope():
            self.deconv = L.Deconvolution2D(None, channels, 4, 2, 1, initialW=w)
            self.bn = L.BatchNormalization(channels)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = self.bn(self.deconv(x))
        return F.relu(F.dropout(h) if self.dropout else h)


class UNet(chainer.Chain):
    """Squeezes a plan, then draws it; each layer of the way back also sees its counterpart on the way in.

    Args:
        out_channels: Colours of the picture.
        width: Channels of the first layer.
        depth: How often the plan is halved.
    """

    def __init__(self, out_channels: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [width * min(8, 2**i) for i in range(depth)]
        with self.init_scope():
            self.downs = chainer.ChainList(*(Down(size, bn=i > 0) for i, size in enumerate(sizes)))
            self.ups = chainer.ChainList(*(Up(size, dropout=i == 0) for i, size in enumerate(sizes[-2::-1])))
            self.last = L.Deconvolution2D(None, out_channels, 4, 2, 1, initialW=chainer.initializers.Normal(0.02))

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        seen = []
        h = x
        for down in self.downs:
            h = down(h)
            seen.append(h)
        h = seen.pop()
        for up in self.ups:
            h = F.concat([up(h), seen.pop()], axis=1)
        return F.tanh(self.last(h))


class Discriminator(chainer.Chain):
    """Looks at a plan and a picture, and says of each patch whether it is real. Shape ``(B, 1, H / 8, W / 8)``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        with self.init_scope():
            self.plan = Down(width, bn=False)
            self.picture = Down(width, bn=False)
            self.down1 = Down(4 * width)
            self.down2 = Down(8 * width)
            self.last = L.Convolution2D(None, 1, 3, 1, 1, initialW=chainer.initializers.Normal(0.02))

    def forward(self, plan: chainer.types.VariableLike, picture: chainer.types.VariableLike) -> chainer.Variable:
        h = F.concat([self.plan(plan), self.picture(picture)], axis=1)
        return self.last(self.down2(self.down1(h)))
