"""End-to-end memory network (Sukhbaatar et al., NIPS 2015)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class MemNN(chainer.Chain):
    """Looks up a story several times, each time with a question changed by what was found.

    The embedding by which the memory answers in one look-up is the one by which it is addressed in the next.

    Args:
        n_vocab: Number of words, the filling word 0 included.
        n_sentences: Sentences that the memory holds.
        n_units: Width of the embeddings.
        n_hops: Number of look-ups.
    """

    def __init__(self, n_vocab: int, n_sentences: int, n_units: int, n_hops: int) -> None:
        super().__init__()
        normal = chainer.initializers.Normal(0.1)
        with self.init_scope():
            self.embeddings = chainer.ChainList(
                *(L.EmbedID(n_vocab, n_units, initialW=normal, ignore_label=0) for _ in range(n_hops + 1))
            )
            # How long ago a sentence was said matters: each age has a vector of its own.
            self.ages = chainer.ChainList(
                *(L.EmbedID(n_sentences, n_units, initialW=normal) for _ in range(n_hops + 1))
            )

    def forward(self, stories: np.ndarray, questions: np.ndarray) -> chainer.Variable:
        """Scores of each word as the answer. Shape ``(B, n_vocab)``."""
        u = F.sum(self.embeddings[0](questions), axis=1)  # (B, n_units)
        memories = [self._remember(i, stories) for i in range(len(self.embeddings))]
        for address, content in zip(memories, memories[1:]):  # (B, n_sentences, n_units) each
            attention = F.softmax(F.matmul(address, u[:, :, None]), axis=1)
            u = u + F.matmul(content, attention, transa=True)[:, :, 0]
        return F.linear(u, self.embeddings[-1].W)

    def _remember(self, i: int, stories: np.ndarray) -> chainer.Variable:
        words = F.sum(self.embeddings[i](stories), axis=2)
        return words + F.broadcast_to(self.ages[i].W, words.shape)
