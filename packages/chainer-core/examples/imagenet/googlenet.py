"""GoogLeNet, with and without batch normalization. Each has two more classifiers on its way, for training."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L

# Channels of the inception modules, a row each; see chainer.links.Inception and InceptionBN.
PLAIN = {
    "inc3a": (64, 96, 128, 16, 32, 32),
    "inc3b": (128, 128, 192, 32, 96, 64),
    "inc4a": (192, 96, 208, 16, 48, 64),
    "inc4b": (160, 112, 224, 24, 64, 64),
    "inc4c": (128, 128, 256, 24, 64, 64),
    "inc4d": (112, 144, 288, 32, 64, 64),
    "inc4e": (256, 160, 320, 32, 128, 128),
    "inc5a": (256, 160, 320, 32, 128, 128),
    "inc5b": (384, 192, 384, 48, 128, 128),
}
NORMALIZED = {
    "inc3a": (64, 64, 64, 64, 96, "avg", 32),
    "inc3b": (64, 64, 96, 64, 96, "avg", 64),
    "inc3c": (0, 128, 160, 64, 96, "max", None, 2),
    "inc4a": (224, 64, 96, 96, 128, "avg", 128),
    "inc4b": (192, 96, 128, 96, 128, "avg", 128),
    "inc4c": (160, 128, 160, 128, 160, "avg", 128),
    "inc4d": (96, 128, 192, 160, 192, "avg", 128),
    "inc4e": (0, 128, 192, 192, 256, "max", None, 2),
    "inc5a": (352, 192, 320, 160, 224, "avg", 128),
    "inc5b": (352, 192, 320, 192, 224, "max", 128),
}


class Auxiliary(chainer.Chain):
    """A classifier in the middle of the network, which brings gradients to the layers below."""

    def __init__(self, n_class: int, bn: bool) -> None:
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(None, 128, 1, nobias=bn)
            self.norm = L.BatchNormalization(128) if bn else None
            self.fc = L.Linear(None, 1024)
            self.out = L.Linear(None, n_class)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        h = self.conv(F.average_pooling_2d(x, 5, stride=3))
        h = F.relu(h if self.norm is None else self.norm(h))
        return self.out(F.relu(self.fc(h)))


class TrainedWithAuxiliaries(chainer.Chain):
    """Adds the losses of two more classifiers. A subclass gives ``scores``, those of the end first."""

    insize = 224

    def scores(self, x: chainer.types.VariableLike) -> tuple[chainer.Variable, ...]:
        raise NotImplementedError

    def forward(self, x: chainer.types.VariableLike, t: chainer.types.VariableLike) -> chainer.Variable:
        y, *auxiliary = self.scores(x)
        loss = F.softmax_cross_entropy(y, t)
        total = loss + 0.3 * sum(F.softmax_cross_entropy(each, t) for each in auxiliary)
        chainer.report({"loss": loss, "total_loss": total, "accuracy": F.accuracy(y, t)}, self)
        return total


class GoogLeNet(TrainedWithAuxiliaries):
    """Going deeper with convolutions (Szegedy et al., CVPR 2015)."""

    def __init__(self, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, 64, 7, stride=2, pad=3)
            self.conv2_reduce = L.Convolution2D(None, 64, 1)
            self.conv2 = L.Convolution2D(None, 192, 3, pad=1)
            for name, channels in PLAIN.items():
                setattr(self, name, L.Inception(None, *channels))
            self.aux1, self.aux2 = Auxiliary(n_class, bn=False), Auxiliary(n_class, bn=False)
            self.fc = L.Linear(None, n_class)

    def scores(self, x: chainer.types.VariableLike) -> tuple[chainer.Variable, ...]:
        h = F.max_pooling_2d(F.relu(self.conv1(x)), 3, stride=2)
        h = F.local_response_normalization(h, n=5)
        h = F.relu(self.conv2(F.relu(self.conv2_reduce(h))))
        h = F.max_pooling_2d(F.local_response_normalization(h, n=5), 3, stride=2)
        h = F.max_pooling_2d(self.inc3b(self.inc3a(h)), 3, stride=2)
        h4a = self.inc4a(h)
        h4d = self.inc4d(self.inc4c(self.inc4b(h4a)))
        h = F.max_pooling_2d(self.inc4e(h4d), 3, stride=2)
        h = F.mean(self.inc5b(self.inc5a(h)), axis=(2, 3))
        y = self.fc(F.dropout(h, 0.4))
        return (y, self.aux1(h4a), self.aux2(h4d)) if chainer.config.train else (y,)


class GoogLeNetBN(TrainedWithAuxiliaries):
    """The same with batch normalization and two 3 x 3 filters in place of 5 x 5 (Ioffe and Szegedy, ICML 2015)."""

    def __init__(self, n_class: int) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(None, 64, 7, stride=2, pad=3, nobias=True)
            self.norm1 = L.BatchNormalization(64)
            self.conv2 = L.Convolution2D(None, 192, 3, pad=1, nobias=True)
            self.norm2 = L.BatchNormalization(192)
            for name, arguments in NORMALIZED.items():
                setattr(self, name, L.InceptionBN(None, *arguments))
            self.aux1, self.aux2 = Auxiliary(n_class, bn=True), Auxiliary(n_class, bn=True)
            self.fc = L.Linear(None, n_class)

    def scores(self, x: chainer.types.VariableLike) -> tuple[chainer.Variable, ...]:
        h = F.max_pooling_2d(F.relu(self.norm1(self.conv1(x))), 3, stride=2, pad=1)
        h = F.max_pooling_2d(F.relu(self.norm2(self.conv2(h))), 3, stride=2, pad=1)
        h3 = self.inc3c(self.inc3b(self.inc3a(h)))
        h4 = self.inc4d(self.inc4c(self.inc4b(self.inc4a(h3))))
        h = F.mean(self.inc5b(self.inc5a(self.inc4e(h4))), axis=(2, 3))
        y = self.fc(h)
        return (y, self.aux1(h3), self.aux2(h4)) if chainer.config.train else (y,)
