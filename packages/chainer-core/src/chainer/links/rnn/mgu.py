"""Minimal gated units."""

from __future__ import annotations

from chainer.functions.array.concat import concat
from chainer.functions.rnn._gru import next_state, reset_state
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.links.rnn._state import StatefulChain
from chainer.types import VariableLike
from chainer.variable import Variable


class MGUBase(Chain):
    """What :class:`StatefulMGU` and :class:`StatelessMGU` share: affine maps to a gate and a candidate.

    Args:
        n_inputs: Number of inputs.
        n_units: Number of units.

    Attributes:
        W_f: :class:`Linear` from units and inputs to the gate.
        W_h: :class:`Linear` from units and inputs to the candidate.
    """

    def __init__(self, n_inputs: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.W_f = Linear(n_inputs + n_units, n_units)
            self.W_h = Linear(n_inputs + n_units, n_units)

    def _call_mgu(self, h: VariableLike, x: VariableLike) -> Variable:
        forget = self.W_f(concat((h, x)))
        return next_state(h, (forget,), (self.W_h(concat((reset_state(h, forget), x))),))


class StatelessMGU(MGUBase):
    r"""A step of minimal gated units whose state is passed in and out.

    .. math::
        f = \sigma(W_f [h, x] + b_f), \qquad \bar h = \tanh(W_h [f \odot h, x] + b_h), \qquad
        h' = (1 - f) \odot h + f \odot \bar h

    Args:
        n_inputs: Number of inputs.
        n_units: Number of units.

    References:
        Zhou et al., *Minimal Gated Unit for Recurrent Neural Networks*, arXiv:1603.09420.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatelessMGU(3, 5)(np.zeros((2, 5), np.float32), np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    def forward(self, h: VariableLike, x: VariableLike) -> Variable:
        """Takes a step.

        Args:
            h: State. Shape ``(B, n_units)``.
            x: Input. Shape ``(B, n_inputs)``.

        Returns:
            New state. Shape ``(B, n_units)``.
        """
        return self._call_mgu(h, x)


class StatefulMGU(StatefulChain, MGUBase):
    """A recurrent layer of minimal gated units that keeps its state from call to call; see :class:`StatelessMGU`.

    Args:
        in_size: Number of inputs.
        out_size: Number of units.

    Attributes:
        h: State, or ``None`` before the first step.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.StatefulMGU(3, 5)(np.zeros((2, 3), np.float32)).shape
        (2, 5)
    """

    h: Variable | None

    def __init__(self, in_size: int, out_size: int) -> None:
        MGUBase.__init__(self, in_size, out_size)
        self._state_size = out_size
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
        h = self.h
        if h is None:
            h = Variable(self.xp.zeros((x.shape[0], self._state_size), x.dtype), requires_grad=False)
        self.h = self._call_mgu(h, x)
        return self.h
