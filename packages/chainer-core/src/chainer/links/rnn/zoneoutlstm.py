"""Long short-term memory whose state is kept at random."""

from __future__ import annotations

from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.reshape import reshape
from chainer.functions.array.separate import separate
from chainer.functions.noise.zoneout import zoneout
from chainer.links.connection.linear import Linear
from chainer.links.rnn._state import StatefulChain
from chainer.types import VariableLike
from chainer.variable import Variable


class StatefulZoneoutLSTM(StatefulChain):
    """A recurrent layer of LSTM units, some of which skip the step; see :func:`chainer.functions.zoneout`.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of units.
        c_ratio: Probability that a cell stays as it was.
        h_ratio: Probability that an output stays as it was.

    Attributes:
        upward: :class:`~chainer.links.Linear` from the input to the gates, interleaved as in
            :class:`~chainer.links.LSTM`. All biases are zero at first, that of the forget gate too.
        lateral: The same from the units, without bias.
        c: Cells, or ``None`` before the first step.
        h: Outputs of the last step, or ``None``.

    References:
        Krueger et al., *Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations*, ICLR 2017.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatefulZoneoutLSTM(3, 5)(np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    _state_names = ("c", "h")
    c: Variable | None
    h: Variable | None

    def __init__(self, in_size: int | None, out_size: int, c_ratio: float = 0.5, h_ratio: float = 0.5) -> None:
        super().__init__()
        self.state_size = out_size
        self.c_ratio = c_ratio
        self.h_ratio = h_ratio
        self.reset_state()
        with self.init_scope():
            self.upward = Linear(in_size, 4 * out_size)
            self.lateral = Linear(out_size, 4 * out_size, nobias=True)

    def set_state(self, c: VariableLike, h: VariableLike) -> None:
        """Sets the state, moved to the device of the link.

        Args:
            c: Cells. Shape ``(B, out_size)``.
            h: Outputs of the step before. Shape ``(B, out_size)``.
        """
        self._set_state("c", c)
        self._set_state("h", h)

    def forward(self, x: VariableLike) -> Variable:
        """Takes a step.

        Args:
            x: Input. Shape ``(B, in_size)``.

        Returns:
            Outputs. Shape ``(B, out_size)``.
        """
        gates = self.upward(x)
        if self.h is not None:
            gates += self.lateral(self.h)
        zeros = None
        if self.c is None or self.h is None:
            zeros = Variable(self.xp.zeros((x.shape[0], self.state_size), x.dtype), requires_grad=False)
        c_prev = zeros if self.c is None else self.c
        h_prev = zeros if self.h is None else self.h
        cell_in, i, f, o = separate(reshape(gates, (x.shape[0], self.state_size, 4)), axis=2)
        c = tanh(cell_in) * sigmoid(i) + sigmoid(f) * c_prev
        self.c = zoneout(c_prev, c, self.c_ratio)
        self.h = zoneout(h_prev, sigmoid(o) * tanh(c), self.h_ratio)
        return self.h
