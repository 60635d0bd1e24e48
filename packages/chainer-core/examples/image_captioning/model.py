"""Show and tell (Vinyals et al., CVPR 2015)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

PADDING, UNKNOWN, BOS, EOS = -1, 0, 1, 2


class ImageCaptionModel(chainer.Chain):
    """A convolutional network sees, an LSTM tells.

    What is seen is the first thing that the LSTM reads. It also goes with each word, unlike in the paper: a network
    this small learns faster when it need not keep the picture in mind.

    Args:
        n_vocab: Number of words.
        n_units: Width of the LSTM.
        width: Channels of the first convolution.
    """

    def __init__(self, n_vocab: int, n_units: int, width: int) -> None:
        super().__init__()
        with self.init_scope():
            sizes = [width, 2 * width, 4 * width]
            self.convs = chainer.ChainList(*(L.Convolution2D(None, size, 3, pad=1, nobias=True) for size in sizes))
            self.bns = chainer.ChainList(*(L.BatchNormalization(size) for size in sizes))
            self.embed_image = L.Linear(None, n_units)
            self.embed_word = L.EmbedID(n_vocab, n_units, ignore_label=PADDING)
            self.lstm = L.StatelessLSTM(n_units, n_units)
            self.decode = L.Linear(n_units, n_vocab)

    def see(self, images: np.ndarray) -> tuple[chainer.Variable, chainer.Variable, chainer.Variable]:
        """What is in the images, and the states, ``c`` and ``h``, of the LSTM that has read it."""
        h = images
        for conv, bn in zip(self.convs, self.bns):
            h = F.max_pooling_2d(F.relu(bn(conv(h))), 2)
        seen = F.relu(self.embed_image(h))
        return seen, *self.lstm(None, None, seen)

    def forward(self, images: np.ndarray, captions: np.ndarray) -> chainer.Variable:
        """Mean cross entropy of a word. Captions begin with ``BOS`` and are filled up with ``PADDING``."""
        seen, c, h = self.see(images)
        outputs = []
        for word in captions.T[:-1]:
            c, h = self.lstm(c, h, seen + self.embed_word(word))
            outputs.append(h)
        y = self.decode(F.concat(outputs, axis=0))
        t = captions.T[1:].ravel()
        loss = F.softmax_cross_entropy(y, t, ignore_label=PADDING)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, t, ignore_label=PADDING)}, self)
        return loss

    def tell(self, images: np.ndarray, max_length: int = 30) -> list[list[int]]:
        """The likeliest word after word, as numbers."""
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            seen, c, h = self.see(images)
            word = self.xp.full(len(images), BOS, np.int32)
            columns = []
            for _ in range(max_length):
                c, h = self.lstm(c, h, seen + self.embed_word(word))
                word = self.decode(h).array.argmax(axis=1).astype(np.int32)
                columns.append(word)
        rows = chainer.backend.CpuDevice().send(self.xp.stack(columns, axis=1)).tolist()
        return [row[: row.index(EOS)] if EOS in row else row for row in rows]
