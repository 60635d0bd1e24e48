"""Generator and discriminator of a DCGAN (Radford et al., arXiv:1511.06434)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


def n_doublings(size: int) -> int:
    """How often an image of two pixels must be doubled to have this many."""
    n = size.bit_length() - 2
    if n < 1 or 2 << n != size:
        raise ValueError(f"size must be a power of two from 4 on, got {size}")
    return n


class Generator(chainer.Chain):
    """Doubles an image of 2 x 2 pixels until it has its size.

    Args:
        n_hidden: Length of the noise that an image is made of.
        size: Height and width of the image, a power of two.
        channels: Colours of the image.
        width: Channels of the last hidden layer; each layer before has twice as many.
    """

    def __init__(self, n_hidden: int, size: int, channels: int, width: int = 32) -> None:
        super().__init__()
        self.n_hidden = n_hidden
        n = n_doublings(size)
        w = chainer.initializers.Normal(0.02)
        sizes = [width << i for i in reversed(range(n))]
        with self.init_scope():
            self.l0 = L.Linear(n_hidden, sizes[0] * 4, initialW=w)
            self.bn0 = L.BatchNormalization(sizes[0] * 4)
            self.deconvs = chainer.ChainList(*(L.Deconvolution2D(None, s, 4, 2, 1, initialW=w) for s in sizes[1:]))
            self.bns = chainer.ChainList(*(L.BatchNormalization(s) for s in sizes[1:]))
            self.last = L.Deconvolution2D(None, channels, 4, 2, 1, initialW=w)

    def make_hidden(self, batchsize: int) -> np.ndarray:
        z = np.random.uniform(-1, 1, (batchsize, self.n_hidden)).astype(np.float32)
        return self.device.send(z)

    def forward(self, z: chainer.types.VariableLike) -> chainer.Variable:
        """Images with pixels from 0 to 1. Shape ``(B, channels, size, size)``."""
        h = F.reshape(F.relu(self.bn0(self.l0(z))), (len(z), -1, 2, 2))
        for deconv, bn in zip(self.deconvs, self.bns):
            h = F.relu(bn(deconv(h)))
        return F.sigmoid(self.last(h))


class Discriminator(chainer.Chain):
    """Halves an image until it has 2 x 2 pixels, then tells whether it is a real one.

    Args:
        size: Height and width of the image, a power of two.
        width: Channels of the first layer; each layer after it has twice as many.
    """

    def __init__(self, size: int, width: int = 32) -> None:
        super().__init__()
        w = chainer.initializers.Normal(0.02)
        sizes = [width << i for i in range(n_doublings(size))]
        with self.init_scope():
            self.convs = chainer.ChainList(*(L.Convolution2D(None, s, 4, 2, 1, initialW=w) for s in sizes))
            self.bns = chainer.ChainList(*(L.BatchNormalization(s) for s in sizes[1:]))
            self.last = L.Linear(None, 1, initialW=w)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        """Logits of being real. Shape ``(B, 1)``."""
        h = F.leaky_relu(add_noise(self.convs[0](add_noise(x))))
        for conv, bn in zip(list(self.convs)[1:], self.bns):
            h = F.leaky_relu(add_noise(bn(conv(h))))
        return self.last(h)


def add_noise(h: chainer.types.VariableLike, sigma: float = 0.1) -> chainer.types.VariableLike:
    """Blurs what the discriminator sees in training, lest it learn to see through the generator too soon."""
    if not chainer.config.train:
        return h
    xp = chainer.backend.get_array_module(h)
    return h + sigma * xp.random.randn(*h.shape).astype(h.dtype)
