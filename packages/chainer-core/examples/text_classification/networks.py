"""Three ways to make one vector of a text, and a classifier that uses it."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

PADDING = -1  # EmbedID is told to make zeros of it


class Encoder(chainer.Chain):
    """Makes a vector of each text.

    Args:
        n_vocab: Number of words.
        n_units: Length of the vectors of words and of texts.
    """

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__()
        self.out_units = n_units
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units, initialW=chainer.initializers.Uniform(0.25), ignore_label=PADDING)

    def padded(self, xs: list[np.ndarray], at_least: int = 1) -> chainer.Variable:
        """Word vectors of texts of many lengths in one array. Shape ``(B, T, n_units)``."""
        length = max(at_least, *(len(x) for x in xs))
        return self.embed(F.pad_sequence(xs, length=length, padding=PADDING))


class BOWEncoder(Encoder):
    """Mean of the words; their order is lost."""

    def forward(self, xs: list[np.ndarray]) -> chainer.Variable:
        lengths = self.xp.array([len(x) for x in xs], np.float32)[:, None]
        return F.sum(self.padded(xs), axis=1) / lengths


class CNNEncoder(Encoder):
    """Convolutions over 3, 4 and 5 words, and the maximum of each over the text (Kim, EMNLP 2014)."""

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__(n_vocab, n_units)
        self.out_units = 3 * (n_units // 3)
        with self.init_scope():
            self.convs = chainer.ChainList(
                *(L.Convolution1D(n_units, n_units // 3, ksize, pad=ksize // 2) for ksize in (3, 4, 5))
            )

    def forward(self, xs: list[np.ndarray]) -> chainer.Variable:
        h = F.transpose(self.padded(xs), (0, 2, 1))  # (B, n_units, T)
        return F.concat([F.max(F.relu(conv(h)), axis=2) for conv in self.convs], axis=1)


class RNNEncoder(Encoder):
    """The last state of an LSTM."""

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__(n_vocab, n_units)
        with self.init_scope():
            self.lstm = L.NStepLSTM(1, n_units, n_units, 0.0)

    def forward(self, xs: list[np.ndarray]) -> chainer.Variable:
        ends = np.cumsum([len(x) for x in xs[:-1]])
        h, _, _ = self.lstm(None, None, F.split_axis(self.embed(F.concat(xs, axis=0)), ends, axis=0))
        return h[-1]


class TextClassifier(chainer.Chain):
    """An encoder and a linear layer.

    Args:
        encoder: Makes vectors.
        n_class: Number of classes.
        dropout: Share of each vector that is dropped.
    """

    def __init__(self, encoder: Encoder, n_class: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        with self.init_scope():
            self.encoder = encoder
            self.output = L.Linear(encoder.out_units, n_class)

    def scores(self, xs: list[np.ndarray]) -> chainer.Variable:
        return self.output(F.dropout(self.encoder(xs), self.dropout))

    def forward(self, xs: list[np.ndarray], ys: np.ndarray) -> chainer.Variable:
        y = self.scores(xs)
        loss = F.softmax_cross_entropy(y, ys)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, ys)}, self)
        return loss
