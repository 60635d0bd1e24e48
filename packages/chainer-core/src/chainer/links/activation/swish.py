"""Swish with a learnt slope."""

from __future__ import annotations

from chainer import initializers
from chainer.functions.activation.swish import swish
from chainer.link import Link
from chainer.types import InitializerLike, Shape, VariableLike
from chainer.variable import Parameter, Variable


class Swish(Link):
    r"""Smooth rectifier :math:`x \, \sigma(\beta x)` with a learnt :math:`\beta`.

    Args:
        beta_shape: Shape of ``beta``, which spans the first axes after the batch; ``None`` is one an element, learnt
            from the first batch.
        beta_init: Initial value of ``beta``.

    Attributes:
        beta: Shape ``beta_shape``.

    References:
        Ramachandran et al., *Searching for Activation Functions*, arXiv:1710.05941.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Swish(())(np.array([[0, 100]], np.float32))
        variable([[  0., 100.]])
    """

    beta: Parameter

    def __init__(self, beta_shape: Shape | int | None, beta_init: InitializerLike = 1.0) -> None:
        super().__init__()
        with self.init_scope():
            self.beta = Parameter(initializers.get_initializer(beta_init), beta_shape)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the rectifier.

        Args:
            x: Batch of inputs. Shape ``(B, *beta.shape, ...)``.

        Returns:
            Shape of ``x``.
        """
        if self.beta.array is None:
            self.beta.initialize(x.shape[1:])
        return swish(x, self.beta)
