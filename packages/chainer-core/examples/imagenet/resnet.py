"""ResNet50 and ResNeXt50."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L

# Blocks and output channels of the four stages.
STAGES = ((3, 256), (4, 512), (6, 1024), (3, 2048))


class Bottleneck(chainer.Chain):
    """Three convolutions beside a short cut.

    Args:
        mid_channels: Channels between the 1 x 1 convolutions.
        out_channels: Channels of the result.
        stride: Step of the 3 x 3 convolution.
        groups: Parts that the 3 x 3 convolution treats apart.
        project: Whether the short cut has a convolution too, since it changes shape.
    """

    def __init__(self, mid_channels: int, out_channels: int, stride: int, groups: int, project: bool) -> None:
        super().__init__()
        w = chainer.initializers.HeNormal()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, mid_channels, 1, nobias=True, initialW=w)
            self.bn1 = L.BatchNormalization(mid_channels)
            self.conv2 = L.Convolution2D(None, mid_channels, 3, stride, 1, nobias=True, initialW=w, groups=groups)
            self.bn2 = L.BatchNormalization(mid_channels)
            self.conv3 = L.Convolution2D(None, out_channels, 1, nobias=True, initialW=w)
            self.bn3 = L.BatchNormalization(out_channels)
            if project:
                self.conv4 = L.Convolution2D(None, out_channels, 1, stride, nobias=True, initialW=w)
                self.bn4 = L.BatchNormalization(out_channels)
        self.project = project

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return F.relu(h + (self.bn4(self.conv4(x)) if self.project else x))


class ResNet50(chainer.Chain):
    """Deep residual learning (He et al., CVPR 2016).

    Args:
        n_class: Number of classes.
        groups: Parts of the 3 x 3 convolutions.
        widening: Channels between the 1 x 1 convolutions as a multiple of the published ones.
    """

    insize = 224

    def __init__(self, n_class: int, groups: int = 1, widening: int = 1) -> None:
        super().__init__()
        stages = []
        for i, (n_blocks, channels) in enumerate(STAGES):
            mid = channels // 4 * widening
            strides = [1 if i == 0 else 2, *[1] * (n_blocks - 1)]
            stages += [Bottleneck(mid, channels, stride, groups, j == 0) for j, stride in enumerate(strides)]
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, 64, 7, 2, 3, nobias=True, initialW=chainer.initializers.HeNormal())
            self.bn1 = L.BatchNormalization(64)
            self.blocks = chainer.Sequential(*stages)
            self.fc = L.Linear(2048, n_class)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.max_pooling_2d(F.relu(self.bn1(self.conv1(x))), 3, stride=2)
        return self.fc(F.mean(self.blocks(h), axis=(2, 3)))


class ResNeXt50(ResNet50):
    """Thirty-two narrow paths in each block (Xie et al., CVPR 2017)."""

    def __init__(self, n_class: int) -> None:
        super().__init__(n_class, groups=32, widening=2)
