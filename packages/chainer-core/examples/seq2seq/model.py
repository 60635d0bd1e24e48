"""An encoder and a decoder (Sutskever et al., NIPS 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from words import EOS


class Encoder(chainer.Chain):
    """An LSTM that reads the source from its end.

    Args:
        n_vocab: Number of words of the source.
        n_units: Width of everything.
        rnn: The LSTM.
    """

    def __init__(self, n_vocab: int, n_units: int, rnn: chainer.Link) -> None:
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units)
            self.rnn = rnn

    def forward(self, xs: list[np.ndarray]) -> Any:
        """What the LSTM returns: its last states come first."""
        return self.rnn(None, None, embed_sequences(self.embed, [x[::-1] for x in xs]))


class Decoder(chainer.Chain):
    """An LSTM that begins with the states of an encoder and writes the target.

    Args:
        n_vocab: Number of words of the target.
        n_units: Width of everything.
        rnn: The LSTM.
    """

    def __init__(self, n_vocab: int, n_units: int, rnn: chainer.Link) -> None:
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units)
            self.rnn = rnn
            self.W = L.Linear(n_units, n_vocab)

    def forward(self, h: chainer.Variable, c: chainer.Variable, ys: list[np.ndarray]) -> tuple[Any, Any]:
        """Mean cross entropy of a target, a list of word numbers each, end included; and the share of right words."""
        eos = self.xp.array([EOS], np.int32)
        _, _, outputs = self.rnn(h, c, embed_sequences(self.embed, [F.concat([eos, y], axis=0) for y in ys]))
        targets = F.concat([F.concat([y, eos], axis=0) for y in ys], axis=0)
        scores = self.W(F.concat(outputs, axis=0))
        loss = F.sum(F.softmax_cross_entropy(scores, targets, reduce="no")) / len(ys)
        return loss, F.accuracy(scores, targets)

    def translate(self, h: chainer.Variable, c: chainer.Variable, max_length: int = 100) -> list[np.ndarray]:
        """The likeliest word after word, until all sequences have ended."""
        n = h.shape[1]
        y = self.xp.full(n, EOS, np.int32)
        columns = []
        for _ in range(max_length):
            h, c, outputs = self.rnn(h, c, F.split_axis(self.embed(y), n, axis=0))
            y = self.W(F.concat(outputs, axis=0)).array.argmax(axis=1).astype(np.int32)
            columns.append(y)
            if (self.xp.stack(columns) == EOS).any(axis=0).all():
                break
        rows = chainer.backend.CpuDevice().send(self.xp.stack(columns, axis=1))
        return [row[: np.append(np.flatnonzero(row == EOS), len(row))[0]] for row in rows]


class Seq2seq(chainer.Chain):
    """The two together.

    Args:
        n_layers: Layers of each LSTM.
        n_source_vocab: Number of words of the source.
        n_target_vocab: Number of words of the target.
        n_units: Width of everything.
    """

    def __init__(self, n_layers: int, n_source_vocab: int, n_target_vocab: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.encoder = Encoder(n_source_vocab, n_units, L.NStepLSTM(n_layers, n_units, n_units, 0.1))
            self.decoder = Decoder(n_target_vocab, n_units, L.NStepLSTM(n_layers, n_units, n_units, 0.1))

    def forward(self, xs: list[np.ndarray], ys: list[np.ndarray]) -> chainer.Variable:
        h, c, _ = self.encoder(xs)
        loss, accuracy = self.decoder(h, c, ys)
        chainer.report({"loss": loss, "accuracy": accuracy}, self)
        return loss

    def translate(self, xs: list[np.ndarray]) -> list[np.ndarray]:
        """The likeliest translations, word by word."""
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            h, c, _ = self.encoder(xs)
            return self.decoder.translate(h, c)


def embed_sequences(embed: L.EmbedID, sequences: Sequence[Any]) -> tuple[chainer.Variable, ...]:
    """Embeds sequences of many lengths with a single look-up."""
    ends = np.cumsum([len(sequence) for sequence in sequences[:-1]])
    return F.split_axis(embed(F.concat(sequences, axis=0)), ends, axis=0)
