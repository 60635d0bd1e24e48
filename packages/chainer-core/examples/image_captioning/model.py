"""The network of the example."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from data import EOS


class ImageEncoder(chainer.Chain):
    """Three convolutions with batch normalization, each followed by a pooling, and a fully connected layer.

    Positions matter to the sentences, so they are not averaged away.

    Args:
        n_units: Length of the description of an image.
        width: Channels of the first convolution.
    """

    def __init__(self, n_units: int, width: int = 16) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(3, width, ksize=3, pad=1, nobias=True)
            self.bn1 = L.BatchNormalization(width)
            self.conv2 = L.Convolution2D(width, 2 * width, ksize=3, pad=1, nobias=True)
            self.bn2 = L.BatchNormalization(2 * width)
            self.conv3 = L.Convolution2D(2 * width, 2 * width, ksize=3, pad=1, nobias=True)
            self.bn3 = L.BatchNormalization(2 * width)
            self.fc = L.Linear(None, n_units)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.max_pooling_2d(F.relu(self.bn1(self.conv1(x))), ksize=2)  # half as high and wide
        h = F.max_pooling_2d(F.relu(self.bn2(self.conv2(h))), ksize=2)
        h = F.max_pooling_2d(F.relu(self.bn3(self.conv3(h))), ksize=2)
        return F.tanh(self.fc(h))


class ImageCaptioner(chainer.Chain):
    """An LSTM that foretells a sentence word by word, and sees the image beside each word (Mao et al., ICLR 2015).

    Args:
        n_vocab: Number of words.
        n_units: Width of the description of an image, of words, and of the LSTM.
    """

    def __init__(self, n_vocab: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.encoder = ImageEncoder(n_units)
            self.embed = L.EmbedID(n_vocab, n_units)
            self.lstm = L.NStepLSTM(1, 2 * n_units, n_units, dropout=0.0)
            self.decode = L.Linear(n_units, n_vocab)

    def forward(self, images: np.ndarray, sentences: list[np.ndarray]) -> chainer.Variable:
        """Mean cross entropy of the words of the sentences, ends included."""
        eos = self.xp.array([EOS], np.int32)
        lengths = [len(sentence) + 1 for sentence in sentences]
        words = F.concat([part for sentence in sentences for part in (eos, sentence)], axis=0)
        image_numbers = self.xp.array(np.repeat(np.arange(len(images)), lengths))
        inputs = F.concat([self.embed(words), self.encoder(images)[image_numbers]], axis=1)
        _, _, hidden = self.lstm(None, None, F.split_axis(inputs, np.cumsum(lengths[:-1]), axis=0))
        scores = self.decode(F.concat(hidden, axis=0))
        targets = F.concat([part for sentence in sentences for part in (sentence, eos)], axis=0)
        loss = F.softmax_cross_entropy(scores, targets)
        chainer.report({"loss": loss, "accuracy": F.accuracy(scores, targets)}, self)
        return loss

    def predict(self, images: np.ndarray, max_length: int = 30) -> list[list[int]]:
        """Numbers of the likeliest words, one after the other."""
        n = len(images)
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            h = c = None
            seen = self.encoder(images)
            word = self.xp.full(n, EOS, np.int32)
            columns = []
            for _ in range(max_length):
                h, c, hidden = self.lstm(h, c, F.split_axis(F.concat([self.embed(word), seen], axis=1), n, axis=0))
                word = self.decode(F.concat(hidden, axis=0)).array.argmax(axis=1).astype(np.int32)
                columns.append(chainer.backend.CpuDevice().send(word))
        rows = np.stack(columns, axis=1)
        return [[int(number) for number in row[: np.append(np.flatnonzero(row == EOS), len(row))[0]]] for row in rows]
