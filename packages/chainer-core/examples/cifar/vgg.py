"""VGG for images of 32 x 32 pixels."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L

# Per stage: convolutions and channels as multiples of the base width; a pooling ends each stage.
STAGES = ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8))


class Block(chainer.Sequential):
    """Convolution, batch normalization and ReLU."""

    def __init__(self, out_channels: int) -> None:
        super().__init__(
            L.Convolution2D(None, out_channels, ksize=3, pad=1, nobias=True),
            L.BatchNormalization(out_channels),
            F.relu,
        )


class VGG(chainer.Chain):
    """Thirteen convolutions in five stages, then two fully connected layers (Simonyan and Zisserman, ICLR 2015).

    Batch normalization follows every convolution; it lets so deep a network learn from scratch.

    Args:
        n_class: Number of classes.
        width: Channels of the first stage; 64 is the published network.
        dropout: Share of activations dropped at the end of each stage but the last.
    """

    def __init__(self, n_class: int, width: int = 64, dropout: float = 0.4) -> None:
        super().__init__()
        self.dropout = dropout
        with self.init_scope():
            self.stages = chainer.ChainList(
                *(chainer.Sequential(*(Block(times * width) for _ in range(n))) for n, times in STAGES)
            )
            self.fc1 = L.Linear(None, 8 * width, nobias=True)
            self.bn1 = L.BatchNormalization(8 * width)
            self.fc2 = L.Linear(None, n_class)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = x
        for stage in self.stages:  # (B, C, 32, 32) at first, (B, 8 * width, 1, 1) at the end
            h = F.max_pooling_2d(stage(h), ksize=2)
            h = F.dropout(h, self.dropout)
        h = F.relu(self.bn1(self.fc1(h)))
        return self.fc2(F.dropout(h, self.dropout))
