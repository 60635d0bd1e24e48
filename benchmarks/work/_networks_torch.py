"""The image networks of the benchmarks, in PyTorch; line by line the twins of those in `_networks_chainer`.

ReLU works in place and the sum of a residual block too, as is usual in PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.work._networks import BRANCH_SCALE, EPS, INCEPTIONS, STAGES, VGG16_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.work._networks import Inception
    from benchmarks.work._parameters import Parameters


class AlexNet(nn.Module):
    """AlexNet in one tower."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        self.conv1 = conv(p, 3, 64, 11, 4, 2)
        self.conv2 = conv(p, 64, 192, 5, 1, 2)
        self.conv3 = conv(p, 192, 384, 3, 1, 1)
        self.conv4 = conv(p, 384, 256, 3, 1, 1)
        self.conv5 = conv(p, 256, 256, 3, 1, 1)
        self.fc6 = affine(p, 256 * (image_size // 32 - 1) ** 2, 4096)
        self.fc7 = affine(p, 4096, 4096)
        self.fc8 = affine(p, 4096, n_class)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(relu(self.conv1(x)), 3, 2)
        h = F.max_pool2d(relu(self.conv2(h)), 3, 2)
        h = relu(self.conv3(h))
        h = relu(self.conv4(h))
        h = F.max_pool2d(relu(self.conv5(h)), 3, 2)
        return self.fc8(relu(self.fc7(relu(self.fc6(h.flatten(1))))))


class VGG16(nn.Module):
    """Thirteen convolutions and three affine maps."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        in_channels = 3
        for channels in VGG16_CHANNELS:
            self.stages.append(VGGStage(p, in_channels, channels))
            in_channels = channels[-1]
        self.fc6 = affine(p, in_channels * (image_size // 32) ** 2, 4096)
        self.fc7 = affine(p, 4096, 4096)
        self.fc8 = affine(p, 4096, n_class)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x
        for stage in self.stages:
            h = stage(h)
        return self.fc8(relu(self.fc7(relu(self.fc6(h.flatten(1))))))


class VGGStage(nn.ModuleList):
    """Convolutions on images of one size, and max pooling."""

    def __init__(self, p: Parameters, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__(conv(p, *sizes, 3, 1, 1) for sizes in zip((in_channels, *channels), channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x
        for layer in self:
            h = relu(layer(h))
        return F.max_pool2d(h, 2, 2)


class ResNet50(nn.Module):
    """Residual network of bottleneck blocks."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        self.stem = ConvBN(p, 3, 64, 7, 2, 3)
        self.blocks = nn.ModuleList()
        in_channels = 64
        for mid_channels, depth, stride in STAGES:
            for i in range(depth):
                self.blocks.append(Bottleneck(p, in_channels, mid_channels, 1 if i else stride))
                in_channels = 4 * mid_channels
        self.fc = affine(p, in_channels, n_class)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(relu(self.stem(x)), 3, 2, 1)
        for block in self.blocks:
            h = block(h)
        return self.fc(global_average(h).flatten(1))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut."""

    def __init__(self, p: Parameters, in_channels: int, mid_channels: int, stride: int) -> None:
        super().__init__()
        out_channels = 4 * mid_channels
        self.conv1 = ConvBN(p, in_channels, mid_channels, 1, stride)
        self.conv2 = ConvBN(p, mid_channels, mid_channels, 3, 1, 1)
        self.conv3 = ConvBN(p, mid_channels, out_channels, 1, scale=BRANCH_SCALE)
        self.shortcut = None if in_channels == out_channels else ConvBN(p, in_channels, out_channels, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = relu(self.conv1(x))
        h = relu(self.conv2(h))
        h = self.conv3(h)
        h += x if self.shortcut is None else self.shortcut(x)
        return relu(h)


class GoogLeNetBN(nn.Module):
    """GoogLeNet with batch normalization, without its auxiliary classifiers."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        self.conv1 = ConvBN(p, 3, 64, 7, 2, 3)
        self.conv2 = ConvBN(p, 64, 192, 3, 1, 1)
        self.inceptions = nn.ModuleList()
        in_channels = 192
        for sizes in INCEPTIONS:
            self.inceptions.append(InceptionBN(p, in_channels, sizes))
            in_channels = sizes.out_channels(in_channels)
        self.fc = affine(p, in_channels, n_class)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(relu(self.conv1(x)), 3, 2, 1)
        h = F.max_pool2d(relu(self.conv2(h)), 3, 2, 1)
        for block in self.inceptions:
            h = block(h)
        return self.fc(global_average(h).flatten(1))


class InceptionBN(nn.Module):
    """Convolutions of several sizes and a pooling side by side."""

    def __init__(self, p: Parameters, in_channels: int, sizes: Inception) -> None:
        super().__init__()
        self.pool, self.stride = sizes.pool, sizes.stride
        self.conv1 = ConvBN(p, in_channels, sizes.out1, 1) if sizes.out1 else None
        self.proj3 = ConvBN(p, in_channels, sizes.proj3, 1)
        self.conv3 = ConvBN(p, sizes.proj3, sizes.out3, 3, sizes.stride, 1)
        self.proj33 = ConvBN(p, in_channels, sizes.proj33, 1)
        self.conv33a = ConvBN(p, sizes.proj33, sizes.out33, 3, 1, 1)
        self.conv33b = ConvBN(p, sizes.out33, sizes.out33, 3, sizes.stride, 1)
        self.proj_pool = ConvBN(p, in_channels, sizes.proj_pool, 1) if sizes.proj_pool else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        towers = []
        if self.conv1 is not None:
            towers.append(relu(self.conv1(x)))
        towers.append(relu(self.conv3(relu(self.proj3(x)))))
        h = relu(self.conv33a(relu(self.proj33(x))))
        towers.append(relu(self.conv33b(h)))
        h = F.max_pool2d(x, 3, self.stride, 1) if self.pool == "max" else F.avg_pool2d(x, 3, self.stride, 1)
        towers.append(h if self.proj_pool is None else relu(self.proj_pool(h)))
        return torch.cat(towers, 1)


class NIN(nn.Module):
    """Network in network."""

    def __init__(self, p: Parameters, image_size: int, n_class: int) -> None:
        super().__init__()
        self.block1 = MLPConv(p, 3, (96, 96, 96), 11, 4)
        self.block2 = MLPConv(p, 96, (256, 256, 256), 5, 1, 2)
        self.block3 = MLPConv(p, 256, (384, 384, 384), 3, 1, 1)
        self.block4 = MLPConv(p, 384, (1024, 1024, n_class), 3, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(self.block1(x), 3, 2)
        h = F.max_pool2d(self.block2(h), 3, 2)
        h = F.max_pool2d(self.block3(h), 3, 2)
        return global_average(self.block4(h)).flatten(1)


class MLPConv(nn.Module):
    """A convolution and two of size 1x1, each with ReLU."""

    def __init__(
        self, p: Parameters, in_channels: int, channels: tuple[int, int, int], ksize: int, stride: int, pad: int = 0
    ) -> None:
        super().__init__()
        self.conv1 = conv(p, in_channels, channels[0], ksize, stride, pad)
        self.conv2 = conv(p, channels[0], channels[1], 1)
        self.conv3 = conv(p, channels[1], channels[2], 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return relu(self.conv3(relu(self.conv2(relu(self.conv1(x))))))


class ConvBN(nn.Module):
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
        self.conv = conv(p, in_channels, out_channels, ksize, stride, pad, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=EPS)
        fill(p.batch_norm(out_channels, scale), self.bn.weight, self.bn.bias, self.bn.running_mean, self.bn.running_var)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(x))


def conv(
    p: Parameters, in_channels: int, out_channels: int, ksize: int, stride: int = 1, pad: int = 0, bias: bool = True
) -> nn.Conv2d:
    """Return a convolution with its share of the parameters."""
    layer = nn.utils.skip_init(nn.Conv2d, in_channels, out_channels, ksize, stride, pad, bias=bias)
    fill([p.filters(out_channels, in_channels, ksize, ksize)], layer.weight)
    if bias:
        fill([p.bias(out_channels)], layer.bias)
    return layer


def affine(p: Parameters, in_size: int, out_size: int) -> nn.Linear:
    """Return an affine map with its share of the parameters."""
    layer = nn.utils.skip_init(nn.Linear, in_size, out_size)
    fill([p.filters(out_size, in_size), p.bias(out_size)], layer.weight, layer.bias)
    return layer


def fill(arrays: Sequence[np.ndarray], *tensors: torch.Tensor) -> None:
    """Copy arrays into tensors."""
    with torch.no_grad():
        for array, tensor in zip(arrays, tensors):
            tensor.copy_(torch.from_numpy(array))


def relu(x: torch.Tensor) -> torch.Tensor:
    """Rectify in place."""
    return F.relu(x, inplace=True)


def global_average(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of each channel."""
    return F.avg_pool2d(x, x.shape[2:])
