"""The language model of the example."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class RNNForLM(chainer.Chain):
    """Two LSTM layers that remember what they have read (Zaremba et al., arXiv:1409.2329).

    Args:
        n_vocab: Number of words.
        n_units: Width of the embedding and of both layers.
        dropout: Share of activations dropped between the layers.
    """

    def __init__(self, n_vocab: int, n_units: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.dropout = dropout
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units, initialW=chainer.initializers.Uniform(0.1))
            self.l1 = L.LSTM(n_units, n_units)
            self.l2 = L.LSTM(n_units, n_units)
            self.l3 = L.Linear(n_units, n_vocab)

    def reset_state(self) -> None:
        """Forgets what was read."""
        self.l1.reset_state()
        self.l2.reset_state()

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        """Scores of the word after ``x``. Shape ``(B, n_vocab)`` for one word a sequence, ``(B,)``."""
        h = F.dropout(self.embed(x), self.dropout)
        h = F.dropout(self.l1(h), self.dropout)
        h = F.dropout(self.l2(h), self.dropout)
        return self.l3(h)
