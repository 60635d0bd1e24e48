"""Sizes of the image networks of the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

N_CLASS = 1000
EPS = 2e-5  # of batch normalization; Chainer's default

BRANCH_SCALE = 0.2
"""Of the last batch normalization of a residual block: with 1, the sums of 16 branches make gradients all noise."""

VGG16_CHANNELS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556, column D; max pooling of 2x2 after each row."""

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""He et al., CVPR 2016, arXiv:1512.03385, 50 layers: channels of the 3x3 convolution, blocks, stride of the first."""


@dataclass
class Inception:
    """Channels of one block of Ioffe and Szegedy, ICML 2015, arXiv:1502.03167, figure 5."""

    out1: int  # 0: the block has no such tower
    proj3: int
    out3: int
    proj33: int
    out33: int
    pool: str
    proj_pool: int  # 0: what was pooled is passed on as it is
    stride: int = 1

    def out_channels(self, in_channels: int) -> int:
        """Channels of all towers together."""
        return self.out1 + self.out3 + self.out33 + (self.proj_pool or in_channels)


INCEPTIONS = (
    Inception(64, 64, 64, 64, 96, "avg", 32),
    Inception(64, 64, 96, 64, 96, "avg", 64),
    Inception(0, 128, 160, 64, 96, "max", 0, stride=2),
    Inception(224, 64, 96, 96, 128, "avg", 128),
    Inception(192, 96, 128, 96, 128, "avg", 128),
    Inception(160, 128, 160, 128, 160, "avg", 96),
    Inception(96, 128, 192, 160, 192, "avg", 96),
    Inception(0, 128, 192, 192, 256, "max", 0, stride=2),
    Inception(352, 192, 320, 160, 224, "avg", 128),
    Inception(352, 192, 320, 192, 224, "max", 128),
)
