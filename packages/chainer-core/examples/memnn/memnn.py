"""An end-to-end memory network (Sukhbaatar et al., NIPS 2015)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

PADDING = 0


class SentenceEncoder(chainer.Chain):
    """Makes a vector of each sentence.

    Args:
        n_vocab: Number of words; 0 is no word.
        n_units: Length of a vector.
        method: ``'bow'``, the sum of the words, or ``'pe'``, a sum in which places have weights of their own.
    """

    def __init__(self, n_vocab: int, n_units: int, method: str) -> None:
        super().__init__()
        self.method = method
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units, chainer.initializers.Normal(0.1), ignore_label=PADDING)

    def forward(self, x: np.ndarray) -> chainer.Variable:
        """Vectors of sentences. Shape ``(..., n_words)`` to ``(..., n_units)``."""
        e = self.embed(x)
        if self.method == "pe":
            n_words, n_units = e.shape[-2:]
            j = (self.xp.arange(n_words, dtype=np.float32)[:, None] + 1) / n_words
            k = (self.xp.arange(n_units, dtype=np.float32) + 1) / n_units
            e = e * self.xp.broadcast_to(1 - j - k * (1 - 2 * j), e.shape)  # equation 4 of the paper
        return F.sum(e, axis=-2)


class MemNN(chainer.Chain):
    """Looks into a story as often as it has hops, each time with what it has found before.

    Neighbouring hops share their encoders: what one reads by, the next one finds by.

    Args:
        n_units: Length of a vector.
        n_vocab: Number of words.
        max_memory: Sentences to remember.
        hops: Looks into the memory.
        method: How sentences are encoded, see :class:`SentenceEncoder`.
    """

    def __init__(self, n_units: int, n_vocab: int, max_memory: int, hops: int, method: str) -> None:
        super().__init__()
        self.hops = hops
        normal = chainer.initializers.Normal(0.1)
        with self.init_scope():
            self.encoders = chainer.ChainList(*(SentenceEncoder(n_vocab, n_units, method) for _ in range(hops + 1)))
            # How long ago a sentence was said, a vector for each encoder.
            zeros = np.zeros((max_memory, n_units), np.float32)
            self.times = chainer.ChainList(*(L.Parameter(zeros.copy()) for _ in range(hops + 1)))
            self.question = SentenceEncoder(n_vocab, n_units, method)
            self.W = L.Linear(n_units, n_vocab, initialW=normal)

    def scores(self, sentences: np.ndarray, question: np.ndarray) -> chainer.Variable:
        """Scores of each word as the answer. Shape ``(B, n_vocab)``."""
        u = self.question(question)  # (B, n_units)
        is_there = (sentences != PADDING).any(axis=2)  # (B, max_memory)
        memories = [
            encoder(sentences) + F.broadcast_to(time(), (*sentences.shape[:2], u.shape[1]))
            for encoder, time in zip(self.encoders, self.times)
        ]
        for find, read in zip(memories, memories[1:]):
            match = F.matmul(find, F.expand_dims(u, 2))[:, :, 0]  # (B, max_memory)
            attention = F.softmax(F.where(is_there, match, self.xp.full(match.shape, -1e9, "f")))
            u = u + F.matmul(F.expand_dims(attention, 1), read)[:, 0]
        return self.W(u)

    def forward(self, sentences: np.ndarray, question: np.ndarray, answer: np.ndarray) -> chainer.Variable:
        y = self.scores(sentences, question)
        loss = F.softmax_cross_entropy(y, answer)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, answer)}, self)
        return loss
