"""Long short-term memory."""

from __future__ import annotations

import math
from typing import Any, Self

from chainer import initializers
from chainer.functions.array.concat import concat
from chainer.functions.array.split_axis import split_axis
from chainer.functions.rnn.lstm import lstm
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.links.rnn._state import StatefulChain
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Variable, as_array


class LSTMBase(Chain):
    """What :class:`LSTM` and :class:`StatelessLSTM` share: two affine maps to the four gates.

    Gates are interleaved: units ``4 k`` to ``4 k + 3`` of a map are the cell input, the input gate, the forget gate and
    the output gate of unit ``k``.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch. May be left out: ``LSTM(10)`` is
            ``LSTM(None, 10)``.
        out_size: Number of units.
        lateral_init: Initial value of the map from the units themselves; ``LeCunNormal`` by default.
        upward_init: Initial value of the map from the input; ``LeCunNormal`` by default.
        bias_init: Initial bias of the cell input, the input and the output gate; zero by default.
        forget_bias_init: Initial bias of the forget gate; one by default.

    Attributes:
        upward: :class:`Linear` from the input.
        lateral: :class:`Linear` from the units, without bias.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        lateral_init: InitializerLike = None,
        upward_init: InitializerLike = None,
        bias_init: InitializerLike = None,
        forget_bias_init: InitializerLike = None,
    ) -> None:
        super().__init__()
        if out_size is None:
            in_size, out_size = None, in_size
        assert out_size is not None
        self.state_size = out_size
        self.lateral_init = lateral_init
        self.upward_init = upward_init
        self.bias_init: InitializerLike = 0 if bias_init is None else bias_init
        self.forget_bias_init: InitializerLike = 1 if forget_bias_init is None else forget_bias_init
        with self.init_scope():
            self.upward = Linear(in_size, 4 * out_size, initialW=0)
            self.lateral = Linear(out_size, 4 * out_size, nobias=True, initialW=0)
            if in_size is not None:
                self._initialize_params()

    def _initialize_params(self) -> None:
        lateral_init = initializers.get_initializer(self.lateral_init)
        upward_init = initializers.get_initializer(self.upward_init)
        bias_init = initializers.get_initializer(self.bias_init)
        forget_bias_init = initializers.get_initializer(self.forget_bias_init)
        lateral: Any = self.lateral.W.array
        upward: Any = self.upward.W.array
        bias: Any = as_array(self.upward.b)
        # One block of weights a gate, so that initializers see the fans of a gate.
        for start in range(0, 4 * self.state_size, self.state_size):
            lateral_init(lateral[start : start + self.state_size])
            upward_init(upward[start : start + self.state_size])
        gates = bias.reshape(1, self.state_size, 4, 1)
        for gate, init in enumerate((bias_init, bias_init, forget_bias_init, bias_init)):
            init(gates[:, :, gate])

    def copy(self, mode: str = "share") -> Self:
        copied = super().copy(mode)
        if mode == "init" and copied.upward.W.is_initialized:
            copied._initialize_params()
        return copied

    def _gate_inputs(self, x: VariableLike) -> Variable:
        """What the input contributes to the gates."""
        if self.upward.W.array is None:
            self.upward._initialize_params(math.prod(x.shape[1:]))
            self._initialize_params()
        return self.upward(x)


class StatelessLSTM(LSTMBase):
    """A step of an LSTM whose state is passed in and out; see :func:`chainer.functions.lstm`.

    Args:
        in_size: As for :class:`LSTMBase`, and so are the other arguments.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> c, h = L.StatelessLSTM(3, 5)(None, None, np.zeros((2, 3), np.float32))
        >>> h.shape
        (2, 5)
    """

    def forward(self, c: VariableLike | None, h: VariableLike | None, x: VariableLike) -> tuple[Variable, Variable]:
        """Takes a step.

        Args:
            c: Cells; zero if ``None``. Shape ``(B, out_size)``.
            h: Outputs of the step before; zero if ``None``. Shape ``(B, out_size)``.
            x: Input. Shape ``(B, in_size)``.

        Returns:
            New cells and outputs. Shape ``(B, out_size)`` each.
        """
        gates = self._gate_inputs(x)
        if h is not None:
            gates += self.lateral(h)
        if c is None:
            c = self.xp.zeros((x.shape[0], self.state_size), x.dtype)
        return lstm(c, gates)


class LSTM(StatefulChain, LSTMBase):
    """A recurrent layer of LSTM units that keeps its state from call to call; see :func:`chainer.functions.lstm`.

    The batch may shrink from step to step, as it does where sequences sorted by length end: the states of the
    elements that are missing stay as they are.

    Args:
        in_size: As for :class:`LSTMBase`, and so are the other arguments.

    Attributes:
        c: Cells, or ``None`` before the first step.
        h: Outputs of the last step, or ``None``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> lstm = L.LSTM(3, 5)
        >>> for x_t in np.zeros((4, 2, 3), np.float32):  # four steps, two sequences
        ...     y = lstm(x_t)
        >>> y.shape
        (2, 5)
    """

    _state_names = ("c", "h")
    c: Variable | None
    h: Variable | None

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        lateral_init: InitializerLike = None,
        upward_init: InitializerLike = None,
        bias_init: InitializerLike = None,
        forget_bias_init: InitializerLike = None,
    ) -> None:
        LSTMBase.__init__(self, in_size, out_size, lateral_init, upward_init, bias_init, forget_bias_init)
        self.reset_state()

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

        Raises:
            TypeError: The batch has grown.
        """
        gates = self._gate_inputs(x)
        batch_size = x.shape[0]
        resting: Variable | None = None  # outputs of the elements that are missing from this batch
        if self.h is not None:
            if batch_size > self.h.shape[0]:
                raise TypeError(
                    f"the batch of x must be at most as large as that of the state, {self.h.shape[0]}, "
                    f"got {batch_size}; call reset_state() before a new sequence"
                )
            moving: Variable = self.h
            if batch_size < self.h.shape[0]:
                moving, resting = split_axis(self.h, [batch_size], axis=0)
            if batch_size > 0:
                gates += self.lateral(moving)
        if self.c is None:
            self.c = Variable(self.xp.zeros((batch_size, self.state_size), x.dtype), requires_grad=False)
        self.c, y = lstm(self.c, gates)
        self.h = y if resting is None else concat((y, resting), axis=0)
        return y
