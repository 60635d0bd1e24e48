"""Long short-term memory that runs over whole sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.functions.rnn.n_step_lstm import n_step_bilstm, n_step_lstm
from chainer.links.rnn.n_step_rnn import WITHDRAWN, NStepRNNBase
from chainer.types import VariableLike
from chainer.utils import argument
from chainer.variable import Variable


class NStepLSTMBase(NStepRNNBase):
    """What :class:`NStepLSTM` and :class:`NStepBiLSTM` share: four gates, with two weights each, and two states.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.
    """

    n_weights = 8

    @property
    def n_cells(self) -> int:
        """Number of states of a layer."""
        return 2

    def forward(  # type: ignore[override]
        self, hx: VariableLike | None, cx: VariableLike | None, xs: Sequence[VariableLike], **kwargs: Any
    ) -> tuple[Variable, Variable, list[Variable]]:
        """Runs over a batch of sequences.

        Args:
            hx: Outputs before the first step; zero if ``None``. Shape ``(n_layers * direction, B, out_size)``.
            cx: Cells before the first step, likewise.
            xs: The sequences, in any order. Each of shape ``(length, in_size)``.

        Returns:
            Outputs and cells after the last step, as ``hx`` and ``cx``, and the outputs of the last layer, one array of
            shape ``(length, out_size * direction)`` a sequence.

        Raises:
            TypeError: ``xs`` is not a list or tuple, or it is empty.
        """
        argument.parse_kwargs(kwargs, **WITHDRAWN)
        hy, cy, ys = self._run((hx, cx), xs)
        return hy, cy, ys


class NStepLSTM(NStepLSTMBase):
    """A stack of layers of LSTM units, over whole sequences; see :func:`chainer.functions.n_step_lstm`.

    Args:
        n_layers: As for :class:`~chainer.links.rnn.n_step_rnn.NStepRNNBase`, and so are the other arguments.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> sequences = [np.zeros((4, 3), np.float32), np.zeros((6, 3), np.float32)]
        >>> h, c, ys = L.NStepLSTM(2, 3, 5, dropout=0.1)(None, None, sequences)
        >>> h.shape, [y.shape for y in ys]
        ((2, 2, 5), [(4, 5), (6, 5)])
    """

    def rnn(self, *args: Any) -> Any:
        return n_step_lstm(*args)


class NStepBiLSTM(NStepLSTMBase):
    """A bidirectional stack of layers of LSTM units; see :func:`chainer.functions.n_step_bilstm`.

    Args:
        n_layers: As for :class:`~chainer.links.rnn.n_step_rnn.NStepRNNBase`, and so are the other arguments.
    """

    use_bi_direction = True

    def rnn(self, *args: Any) -> Any:
        return n_step_bilstm(*args)
