"""Gated recurrent units."""

from __future__ import annotations

from typing import Any

from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.rnn._gru import next_state, reset_state
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.links.rnn._state import StatefulChain
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Variable


class GRUBase(Chain):
    """What :class:`StatefulGRU` and :class:`StatelessGRU` share: affine maps to two gates and a candidate.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of units.
        init: Initial value of the maps from the input; :class:`~chainer.initializers.LeCunNormal` by default.
        inner_init: Initial value of the maps from the units; ``LeCunNormal`` by default.
        bias_init: Initial biases; zero by default.

    Attributes:
        W_r, W_z, W: :class:`Linear` from the input to reset gate, update gate and candidate.
        U_r, U_z, U: :class:`Linear` from the units to the same.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        init: InitializerLike = None,
        inner_init: InitializerLike = None,
        bias_init: InitializerLike = None,
    ) -> None:
        super().__init__()
        with self.init_scope():
            self.W_r = Linear(in_size, out_size, initialW=init, initial_bias=bias_init)
            self.U_r = Linear(out_size, out_size, initialW=inner_init, initial_bias=bias_init)
            self.W_z = Linear(in_size, out_size, initialW=init, initial_bias=bias_init)
            self.U_z = Linear(out_size, out_size, initialW=inner_init, initial_bias=bias_init)
            self.W = Linear(in_size, out_size, initialW=init, initial_bias=bias_init)
            self.U = Linear(out_size, out_size, initialW=inner_init, initial_bias=bias_init)

    def _step(self, h: VariableLike, x: VariableLike) -> Variable:
        reset = reset_state(h, self.W_r(x), self.U_r(h))
        return next_state(h, (self.W_z(x), self.U_z(h)), (self.W(x), self.U(reset)))


class StatelessGRU(GRUBase):
    r"""A step of a GRU whose state is passed in and out.

    .. math::
        r &= \sigma(W_r x + U_r h), \qquad z = \sigma(W_z x + U_z h), \\
        \bar h &= \tanh(W x + U (r \odot h)), \qquad h' = (1 - z) \odot h + z \odot \bar h

    Args:
        in_size: As for :class:`GRUBase`, and so are the other arguments.

    References:
        Cho et al., *On the Properties of Neural Machine Translation: Encoder-Decoder Approaches*, arXiv:1409.1259.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatelessGRU(3, 5)(np.zeros((2, 5), np.float32), np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    def forward(self, h: VariableLike, x: VariableLike) -> Variable:
        """Takes a step.

        Args:
            h: State. Shape ``(B, out_size)``.
            x: Input. Shape ``(B, in_size)``.

        Returns:
            New state. Shape ``(B, out_size)``.
        """
        return self._step(h, x)


class StatefulGRU(StatefulChain, GRUBase):
    """A recurrent layer of GRU units that keeps its state from call to call; see :class:`StatelessGRU`.

    Args:
        in_size: As for :class:`GRUBase`, and so are the other arguments.

    Attributes:
        h: State, or ``None`` before the first step.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatefulGRU(3, 5)(np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    h: Variable | None

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        init: InitializerLike = None,
        inner_init: InitializerLike = None,
        bias_init: InitializerLike = 0,
    ) -> None:
        GRUBase.__init__(self, in_size, out_size, init, inner_init, bias_init)
        self.state_size = out_size
        self.reset_state()

    def set_state(self, h: VariableLike) -> None:
        """Sets the state, moved to the device of the link.

        Args:
            h: State. Shape ``(B, out_size)``.
        """
        self._set_state("h", h)

    def forward(self, x: VariableLike) -> Variable:
        """Takes a step.

        Args:
            x: Input. Shape ``(B, in_size)``.

        Returns:
            New state. Shape ``(B, out_size)``.
        """
        if self.h is None:  # the units have nothing to say yet, nor have the biases of their maps
            h: Variable = sigmoid(self.W_z(x)) * tanh(self.W(x))
        else:
            h = self._step(self.h, x)
        self.h = h
        return h


class GRU(StatefulGRU):
    """:class:`StatefulGRU` by its short name.

    Args:
        in_size: As for :class:`GRUBase`, and so are the other arguments.
    """

    def forward(self, *args: Any) -> Variable:
        """Takes a step; see :meth:`StatefulGRU.forward`.

        Args:
            args: The input alone.

        Raises:
            ValueError: More than one argument, as of old code that passes the state.
        """
        if len(args) != 1:
            raise ValueError(
                f"GRU takes the input alone, got {len(args)} arguments; use StatelessGRU to pass the state in and out"
            )
        return super().forward(args[0])
