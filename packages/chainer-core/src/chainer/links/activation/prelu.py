"""Parametric rectified linear units."""

from __future__ import annotations

from chainer import initializers
from chainer.functions.activation.prelu import prelu
from chainer.link import Link
from chainer.types import InitializerLike, Shape, VariableLike
from chainer.variable import Parameter, Variable


class PReLU(Link):
    r"""Rectifier with a learnt slope below zero, :math:`\max(0, x) + W \min(0, x)`.

    Args:
        shape: Shape of the slope, which spans the first axes after the batch: ``()`` for one slope, ``(C,)`` for one a
            channel.
        init: Initial slope.

    Attributes:
        W: The slope. Shape ``shape``.

    References:
        He et al., *Delving Deep into Rectifiers*, ICCV 2015.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.PReLU()(np.array([[-2, 2]], np.float32))
        variable([[-0.5,  2. ]])
    """

    W: Parameter

    def __init__(self, shape: Shape | int = (), init: InitializerLike = 0.25) -> None:
        super().__init__()
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(init), shape)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the rectifier.

        Args:
            x: Batch of inputs. Shape ``(B, *W.shape, ...)``.

        Returns:
            Shape of ``x``.
        """
        return prelu(x, self.W)
