"""Gated recurrent units that run over whole sequences."""

from __future__ import annotations

from typing import Any

from chainer.functions.rnn.n_step_gru import n_step_bigru, n_step_gru
from chainer.links.rnn.n_step_rnn import NStepRNNBase


class NStepGRUBase(NStepRNNBase):
    """What :class:`NStepGRU` and :class:`NStepBiGRU` share: three gates, with two weights each.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.
    """

    n_weights = 6


class NStepGRU(NStepGRUBase):
    """A stack of layers of GRU units, over whole sequences; see :func:`chainer.functions.n_step_gru`.

    Args:
        n_layers: As for :class:`~chainer.links.rnn.n_step_rnn.NStepRNNBase`, and so are the other arguments.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> sequences = [np.zeros((4, 3), np.float32), np.zeros((6, 3), np.float32)]
        >>> h, ys = L.NStepGRU(2, 3, 5, dropout=0.1)(None, sequences)
        >>> h.shape, [y.shape for y in ys]
        ((2, 2, 5), [(4, 5), (6, 5)])
    """

    def rnn(self, *args: Any) -> Any:
        return n_step_gru(*args)


class NStepBiGRU(NStepGRUBase):
    """A bidirectional stack of layers of GRU units; see :func:`chainer.functions.n_step_bigru`.

    Args:
        n_layers: As for :class:`~chainer.links.rnn.n_step_rnn.NStepRNNBase`, and so are the other arguments.
    """

    use_bi_direction = True

    def rnn(self, *args: Any) -> Any:
        return n_step_bigru(*args)
