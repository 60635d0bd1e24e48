"""AlexNet and Network in Network, both without batch normalization."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class AlexNet(chainer.Chain):
    """The network that began it all, on one device (Krizhevsky et al., NIPS 2012)."""

    insize = 227

    def __init__(self, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, 96, 11, stride=4)
            self.conv2 = L.Convolution2D(None, 256, 5, pad=2)
            self.conv3 = L.Convolution2D(None, 384, 3, pad=1)
            self.conv4 = L.Convolution2D(None, 384, 3, pad=1)
            self.conv5 = L.Convolution2D(None, 256, 3, pad=1)
            self.fc6 = L.Linear(None, 4096)
            self.fc7 = L.Linear(None, 4096)
            self.fc8 = L.Linear(None, n_class)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.max_pooling_2d(F.local_response_normalization(F.relu(self.conv1(x))), 3, stride=2)
        h = F.max_pooling_2d(F.local_response_normalization(F.relu(self.conv2(h))), 3, stride=2)
        h = F.relu(self.conv4(F.relu(self.conv3(h))))
        h = F.max_pooling_2d(F.relu(self.conv5(h)), 3, stride=2)
        h = F.dropout(F.relu(self.fc6(h)))
        h = F.dropout(F.relu(self.fc7(h)))
        return self.fc8(h)


class NIN(chainer.Chain):
    """A small network in place of each filter, and none at the end (Lin et al., ICLR 2014)."""

    insize = 227

    def __init__(self, n_class: int) -> None:
        super().__init__()
        w = chainer.initializers.HeNormal()
        with self.init_scope():
            self.mlpconv1 = L.MLPConvolution2D(None, (96, 96, 96), 11, stride=4, conv_init=w)
            self.mlpconv2 = L.MLPConvolution2D(None, (256, 256, 256), 5, pad=2, conv_init=w)
            self.mlpconv3 = L.MLPConvolution2D(None, (384, 384, 384), 3, pad=1, conv_init=w)
            self.mlpconv4 = L.MLPConvolution2D(None, (1024, 1024, n_class), 3, pad=1, conv_init=w)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.max_pooling_2d(F.relu(self.mlpconv1(x)), 3, stride=2)
        h = F.max_pooling_2d(F.relu(self.mlpconv2(h)), 3, stride=2)
        h = F.max_pooling_2d(F.relu(self.mlpconv3(h)), 3, stride=2)
        return F.mean(self.mlpconv4(F.dropout(h)), axis=(2, 3))
