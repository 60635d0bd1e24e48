"""Layer normalisation."""

from __future__ import annotations

from chainer import initializers
from chainer.functions.normalization.layer_normalization import layer_normalization
from chainer.link import Link
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Parameter, Variable


class LayerNormalization(Link):
    """Normalises each element of a batch over its units, then scales and shifts each unit.

    See :func:`chainer.functions.layer_normalization` for the maths.

    Args:
        size: Number of units, or ``None`` to learn it from the first batch.
        eps: Added to the variance, for stability.
        initial_gamma: Initial scale; one by default.
        initial_beta: Initial shift; zero by default.

    Attributes:
        gamma: Scale. Shape ``(size,)``.
        beta: Shift. Shape ``(size,)``.

    References:
        Ba et al., *Layer Normalization*, arXiv:1607.06450.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.LayerNormalization()(np.array([[1, 2, 3]], np.float32)).array.round(2)
        array([[-1.22,  0.  ,  1.22]], dtype=float32)
    """

    gamma: Parameter
    beta: Parameter

    def __init__(
        self,
        size: int | None = None,
        eps: float = 1e-6,
        initial_gamma: InitializerLike = None,
        initial_beta: InitializerLike = None,
    ) -> None:
        super().__init__()
        self.eps = eps
        with self.init_scope():
            self.gamma = Parameter(initializers.get_initializer(initial_gamma, 1))
            self.beta = Parameter(initializers.get_initializer(initial_beta, 0))
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, size: int) -> None:
        self.gamma.initialize((size,))
        self.beta.initialize((size,))

    def forward(self, x: VariableLike) -> Variable:
        """Normalises a batch.

        Args:
            x: Batch. Shape ``(B, size)``.

        Returns:
            Shape and dtype of ``x``.
        """
        if self.gamma.array is None:
            self._initialize_params(x.shape[1])
        return layer_normalization(x, self.gamma, self.beta, self.eps)
