"""A small network for images of 32 x 32 pixels, with its filters spread over the ranks."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
from parallel_convolution import ParallelConvolution2D

STAGES = (1, 2, 4, 8)  # channels, as multiples of the width


class Network(chainer.Chain):
    """Four convolutions, each with batch normalization and a pooling, then a fully connected layer.

    Args:
        comm: The ranks.
        n_class: Number of classes.
        width: Channels of the first convolution; a multiple of the number of ranks.

    Attributes:
        spread: What each rank has a share of: the convolutions.
        common: What all ranks have a copy of: everything else.
    """

    def __init__(self, comm: chainermn.CommunicatorBase, n_class: int, width: int) -> None:
        super().__init__()
        w = chainer.initializers.HeNormal()
        with self.init_scope():
            self.spread = chainer.ChainList(
                *(ParallelConvolution2D(comm, None, n * width, 3, pad=1, nobias=True, initialW=w) for n in STAGES)
            )
            self.common = chainer.ChainList(*(L.BatchNormalization(n * width) for n in STAGES), L.Linear(None, n_class))

    def forward(self, x: chainer.types.VariableLike, t: chainer.types.VariableLike) -> chainer.Variable:
        *norms, linear = self.common
        h = x
        for conv, norm in zip(self.spread, norms):
            h = F.max_pooling_2d(F.relu(norm(conv(h))), 2)
        y = linear(h)
        loss = F.softmax_cross_entropy(y, t)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, t)}, self)
        return loss
