"""The image networks of the benchmarks, in Chainer; line by line the twins of those in `_networks_torch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import chainer
import chainer.functions as F
import chainer.links as L

from benchmarks.work._networks import BRANCH_SCALE, EPS, INCEPTIONS, STAGES, VGG16_CHANNELS

if TYPE_CHECKING:
    from benchmarks.work._networks import Inception
    from benchmarks.work._parameters import Parameters


class AlexNet(chainer.Chain):
    """AlexNet in one tower."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = conv(p, 3, 64, 11, 4, 2)
            self.conv2 = conv(p, 64, 192, 5, 1, 2)
            self.conv3 = conv(p, 192, 384, 3, 1, 1)
            self.conv4 = conv(p, 384, 256, 3, 1, 1)
            self.conv5 = conv(p, 256, 256, 3, 1, 1)
            self.fc6 = affine(p, 256 * (image_size // 32 - 1) ** 2, 4096)
            self.fc7 = affine(p, 4096, 4096)
            self.fc8 = affine(p, 4096, n_class)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = max_pool(F.relu(self.conv1(x)), 3, 2)
        h = max_pool(F.relu(self.conv2(h)), 3, 2)
        h = F.relu(self.conv3(h))
        h = F.relu(self.conv4(h))
        h = max_pool(F.relu(self.conv5(h)), 3, 2)
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(h)))))


class VGG16(chainer.Chain):
    """Thirteen convolutions and three affine maps."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.stages = chainer.ChainList()
            in_channels = 3
            for channels in VGG16_CHANNELS:
                self.stages.append(VGGStage(p, in_channels, channels))
                in_channels = channels[-1]
            self.fc6 = affine(p, in_channels * (image_size // 32) ** 2, 4096)
            self.fc7 = affine(p, 4096, 4096)
            self.fc8 = affine(p, 4096, n_class)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = x
        for stage in self.stages:
            h = stage(h)
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(h)))))


class VGGStage(chainer.ChainList):
    """Convolutions on images of one size, and max pooling."""

    def __init__(self, p: Parameters, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__(*(conv(p, *sizes, 3, 1, 1) for sizes in zip((in_channels, *channels), channels)))

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = x
        for layer in self:
            h = F.relu(layer(h))
        return max_pool(h, 2, 2)


class ResNet50(chainer.Chain):
    """Residual network of bottleneck blocks."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.stem = ConvBN(p, 3, 64, 7, 2, 3)
            self.blocks = chainer.ChainList()
            in_channels = 64
            for mid_channels, depth, stride in STAGES:
                for i in range(depth):
                    self.blocks.append(Bottleneck(p, in_channels, mid_channels, 1 if i else stride))
                    in_channels = 4 * mid_channels
            self.fc = affine(p, in_channels, n_class)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = max_pool(F.relu(self.stem(x)), 3, 2, 1)
        for block in self.blocks:
            h = block(h)
        return self.fc(global_average(h))


class Bottleneck(chainer.Chain):
    """Three convolutions beside a shortcut."""

    def __init__(self, p: Parameters, in_channels: int, mid_channels: int, stride: int) -> None:
        super().__init__()
        out_channels = 4 * mid_channels
        with self.init_scope():
            self.conv1 = ConvBN(p, in_channels, mid_channels, 1, stride)
            self.conv2 = ConvBN(p, mid_channels, mid_channels, 3, 1, 1)
            self.conv3 = ConvBN(p, mid_channels, out_channels, 1, scale=BRANCH_SCALE)
            self.shortcut = None if in_channels == out_channels else ConvBN(p, in_channels, out_channels, 1, stride)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = F.relu(self.conv1(x))
        h = F.relu(self.conv2(h))
        h = self.conv3(h)
        return F.relu(h + (x if self.shortcut is None else self.shortcut(x)))


class GoogLeNetBN(chainer.Chain):
    """GoogLeNet with batch normalization, without its auxiliary classifiers."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = ConvBN(p, 3, 64, 7, 2, 3)
            self.conv2 = ConvBN(p, 64, 192, 3, 1, 1)
            self.inceptions = chainer.ChainList()
            in_channels = 192
            for sizes in INCEPTIONS:
                block = InceptionBN(p, in_channels, sizes)
                self.inceptions.append(block)
                in_channels = block.out_channels
            self.fc = affine(p, in_channels, n_class)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = max_pool(F.relu(self.conv1(x)), 3, 2, 1)
        h = max_pool(F.relu(self.conv2(h)), 3, 2, 1)
        for block in self.inceptions:
            h = block(h)
        return self.fc(global_average(h))


class InceptionBN(chainer.Chain):
    """Convolutions of several sizes and a pooling side by side."""

    def __init__(self, p: Parameters, in_channels: int, sizes: Inception) -> None:
        super().__init__()
        self.pool, self.stride = sizes.pool, sizes.stride
        self.out_channels = sizes.out_channels(in_channels)
        with self.init_scope():
            self.conv1 = ConvBN(p, in_channels, sizes.out1, 1) if sizes.out1 else None
            self.proj3 = ConvBN(p, in_channels, sizes.proj3, 1)
            self.conv3 = ConvBN(p, sizes.proj3, sizes.out3, 3, sizes.stride, 1)
            self.proj33 = ConvBN(p, in_channels, sizes.proj33, 1)
            self.conv33a = ConvBN(p, sizes.proj33, sizes.out33, 3, 1, 1)
            self.conv33b = ConvBN(p, sizes.out33, sizes.out33, 3, sizes.stride, 1)
            self.proj_pool = ConvBN(p, in_channels, sizes.proj_pool, 1) if sizes.proj_pool else None

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        towers = []
        if self.conv1 is not None:
            towers.append(F.relu(self.conv1(x)))
        towers.append(F.relu(self.conv3(F.relu(self.proj3(x)))))
        h = F.relu(self.conv33a(F.relu(self.proj33(x))))
        towers.append(F.relu(self.conv33b(h)))
        h = max_pool(x, 3, self.stride, 1) if self.pool == "max" else F.average_pooling_2d(x, 3, self.stride, 1)
        towers.append(h if self.proj_pool is None else F.relu(self.proj_pool(h)))
        return F.concat(towers)


class NIN(chainer.Chain):
    """Network in network."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.block1 = MLPConv(p, 3, (96, 96, 96), 11, 4)
            self.block2 = MLPConv(p, 96, (256, 256, 256), 5, 1, 2)
            self.block3 = MLPConv(p, 256, (384, 384, 384), 3, 1, 1)
            self.block4 = MLPConv(p, 384, (1024, 1024, n_class), 3, 1, 1)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = max_pool(self.block1(x), 3, 2)
        h = max_pool(self.block2(h), 3, 2)
        h = max_pool(self.block3(h), 3, 2)
        h = global_average(self.block4(h))
        return F.reshape(h, h.shape[:2])


class MLPConv(chainer.Chain):
    """A convolution and two of size 1x1, each with ReLU."""

    def __init__(
        self, p: Parameters, in_channels: int, channels: tuple[int, int, int], ksize: int, stride: int, pad: int = 0
    ) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = conv(p, in_channels, channels[0], ksize, stride, pad)
            self.conv2 = conv(p, channels[0], channels[1], 1)
            self.conv3 = conv(p, channels[1], channels[2], 1)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        return F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))


class ConvBN(chainer.Chain):
    """Convolution without bias, and batch normalization."""

    def __init__(
        self,
        p: Parameters,
        in_channels: int,
        out_channels: int,
        ksize: int,
        stride: int = 1,
        pad: int = 0,
        scale: float = 1,
    ) -> None:
        super().__init__()
        with self.init_scope():
            self.conv = conv(p, in_channels, out_channels, ksize, stride, pad, nobias=True)
            gamma, beta, mean, var = p.batch_norm(out_channels, scale)
            self.bn = L.BatchNormalization(
                out_channels,
                eps=EPS,
                initial_gamma=gamma,
                initial_beta=beta,
                initial_avg_mean=mean,
                initial_avg_var=var,
            )

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        return self.bn(self.conv(x))


def conv(
    p: Parameters,
    in_channels: int,
    out_channels: int,
    ksize: int,
    stride: int = 1,
    pad: int = 0,
    nobias: bool = False,
) -> L.Convolution2D:
    """Return a convolution with its share of the parameters."""
    W = p.filters(out_channels, in_channels, ksize, ksize)
    b = None if nobias else p.bias(out_channels)
    return L.Convolution2D(in_channels, out_channels, ksize, stride, pad, nobias, initialW=W, initial_bias=b)


def affine(p: Parameters, in_size: int, out_size: int) -> L.Linear:
    """Return an affine map with its share of the parameters."""
    W = p.filters(out_size, in_size)
    return L.Linear(in_size, out_size, initialW=W, initial_bias=p.bias(out_size))


def max_pool(x: chainer.Variable, ksize: int, stride: int, pad: int = 0) -> chainer.Variable:
    """Return the maxima of windows that lie all inside, as in PyTorch."""
    return F.max_pooling_2d(x, ksize, stride, pad, cover_all=False)


def global_average(x: chainer.Variable) -> chainer.Variable:
    """Return the mean of each channel."""
    return F.average_pooling_2d(x, x.shape[2:])
