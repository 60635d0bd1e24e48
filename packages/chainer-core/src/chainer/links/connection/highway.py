"""Highway layers."""

from __future__ import annotations

from collections.abc import Callable

from chainer.functions.activation.relu import relu
from chainer.functions.activation.sigmoid import sigmoid
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Variable


class Highway(Chain):
    r"""A layer that learns how much of its input to carry over, :math:`y = t \odot h + (1 - t) \odot x`.

    Here :math:`h = f(W_h x + b_h)` is a plain layer, and the gate :math:`t = \sigma(W_t x + b_t)`.

    Args:
        in_out_size: Number of inputs, and of outputs.
        nobias: Whether to do without biases.
        activate: Activation :math:`f` of the plain layer.
        init_Wh: Initial value of its weight; :class:`~chainer.initializers.LeCunNormal` by default.
        init_Wt: Initial value of the gate's weight; ``LeCunNormal`` by default.
        init_bh: Initial bias of the plain layer; zero by default.
        init_bt: Initial bias of the gate; at -1, most of the input is carried over.

    Attributes:
        plain: The :class:`Linear` of the plain layer.
        transform: The :class:`Linear` of the gate.

    References:
        Srivastava et al., *Highway Networks*, arXiv:1505.00387.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Highway(3)(np.zeros((2, 3), np.float32)).shape
        (2, 3)
    """

    def __init__(
        self,
        in_out_size: int,
        nobias: bool = False,
        activate: Callable[[Variable], Variable] = relu,
        init_Wh: InitializerLike = None,
        init_Wt: InitializerLike = None,
        init_bh: InitializerLike = None,
        init_bt: InitializerLike = -1,
    ) -> None:
        super().__init__()
        self.activate = activate
        with self.init_scope():
            self.plain = Linear(in_out_size, in_out_size, nobias, init_Wh, init_bh)
            self.transform = Linear(in_out_size, in_out_size, nobias, init_Wt, init_bt)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the layer.

        Args:
            x: Batch of inputs. Shape ``(B, in_out_size)``.

        Returns:
            Shape ``(B, in_out_size)``.
        """
        plain = self.activate(self.plain(x))
        gate = sigmoid(self.transform(x))
        return plain * gate + x * (1 - gate)
