"""Long short-term memory whose gates see the cells."""

from __future__ import annotations

from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.reshape import reshape
from chainer.functions.array.separate import separate
from chainer.links.connection.linear import Linear
from chainer.links.rnn._state import StatefulChain
from chainer.types import VariableLike
from chainer.variable import Variable


class StatefulPeepholeLSTM(StatefulChain):
    """A recurrent layer of LSTM units with peephole connections, from the cells to the gates.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of units.

    Attributes:
        upward: :class:`~chainer.links.Linear` from the input to the gates, interleaved as in
            :class:`~chainer.links.LSTM`. All biases are zero at first, that of the forget gate too.
        lateral: The same from the units, without bias.
        peep_i, peep_f, peep_o: :class:`~chainer.links.Linear` from the cells to each gate, without bias.
        c: Cells, or ``None`` before the first step.
        h: Outputs of the last step, or ``None``.

    References:
        Gers and Schmidhuber, *Recurrent Nets that Time and Count*, IJCNN 2000.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatefulPeepholeLSTM(3, 5)(np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    _state_names = ("c", "h")
    c: Variable | None
    h: Variable | None

    def __init__(self, in_size: int | None, out_size: int) -> None:
        super().__init__()
        self.state_size = out_size
        self.reset_state()
        with self.init_scope():
            self.upward = Linear(in_size, 4 * out_size)
            self.lateral = Linear(out_size, 4 * out_size, nobias=True)
            self.peep_i = Linear(out_size, out_size, nobias=True)
            self.peep_f = Linear(out_size, out_size, nobias=True)
            self.peep_o = Linear(out_size, out_size, nobias=True)

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
        c = self.c
        if c is None:
            c = Variable(self.xp.zeros((x.shape[0], self.state_size), x.dtype), requires_grad=False)
        cell_in, i, f, o = separate(reshape(gates, (x.shape[0], self.state_size, 4)), axis=2)
        i = sigmoid(i + self.peep_i(c))
        f = sigmoid(f + self.peep_f(c))
        self.c = tanh(cell_in) * i + f * c
        o = sigmoid(o + self.peep_o(self.c))
        self.h = o * tanh(self.c)
        return self.h
