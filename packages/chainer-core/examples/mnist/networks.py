"""The two classifiers of the example."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class MLP(chainer.Chain):
    """Three fully connected layers with ReLU between them.

    Args:
        n_units: Width of the two hidden layers.
        n_out: Number of classes.
    """

    def __init__(self, n_units: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            # The size of the input is settled by the first batch: 64 pixels for the digits, 784 for MNIST.
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_units)
            self.l3 = L.Linear(None, n_out)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.relu(self.l1(x))
        h = F.relu(self.l2(h))
        return self.l3(h)


class CNN(chainer.Chain):
    """Two convolutions with batch normalization, one max pooling, and two fully connected layers.

    Args:
        n_units: Width of the hidden fully connected layer.
        n_out: Number of classes.
    """

    def __init__(self, n_units: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, 32, ksize=3, pad=1, nobias=True)
            self.bn1 = L.BatchNormalization(32)
            self.conv2 = L.Convolution2D(None, 64, ksize=3, pad=1, nobias=True)
            self.bn2 = L.BatchNormalization(64)
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_out)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        h = F.dropout(F.max_pooling_2d(h, 2), 0.25)
        h = F.dropout(F.relu(self.l1(h)))
        return self.l2(h)
