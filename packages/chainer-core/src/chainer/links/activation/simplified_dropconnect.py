"""Affine maps that drop weights."""

from __future__ import annotations

import math

from chainer import initializers
from chainer.functions.noise.simplified_dropconnect import simplified_dropconnect
from chainer.initializers.normal import HeNormal
from chainer.link import Link
from chainer.types import InitializerLike, NdArray, VariableLike
from chainer.variable import Parameter, Variable


class SimplifiedDropconnect(Link):
    """Affine map that drops weights at random; see :func:`chainer.functions.simplified_dropconnect`.

    Unlike dropout, it does not look at ``chainer.config.train``: whether to drop is an argument of the call.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of outputs.
        ratio: Share of weights dropped.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.HeNormal` of scale :math:`1 / \\sqrt 2` by
            default.
        initial_bias: Initial value of ``b``; zero by default.

    Attributes:
        W: Weight. Shape ``(out_size, in_size)``.
        b: Bias, or ``None``. Shape ``(out_size,)``.

    References:
        Wan et al., *Regularization of Neural Networks using DropConnect*, ICML 2013.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.SimplifiedDropconnect(3, 4)(np.zeros((5, 3), np.float32)).shape
        (5, 4)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        ratio: float = 0.5,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        self.out_size = out_size
        self.ratio = ratio
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW, HeNormal(1 / math.sqrt(2))))
            if in_size is not None:
                self._initialize_params(in_size)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_size)

    def _initialize_params(self, in_size: int) -> None:
        self.W.initialize((self.out_size, in_size))

    def forward(
        self, x: VariableLike, train: bool = True, mask: NdArray | None = None, use_batchwise_mask: bool = True
    ) -> Variable:
        """Applies the map.

        Args:
            x: Batch of inputs; all axes but the first are flattened. Shape ``(B, in_size)``.
            train: Whether to drop weights.
            mask: Which weights to keep, instead of a draw. Shape ``(B, out_size, in_size)``, or without the batch axis
                if ``use_batchwise_mask`` is false.
            use_batchwise_mask: Whether to draw anew for each element of the batch.

        Returns:
            Shape ``(B, out_size)``.
        """
        if self.W.array is None:
            self._initialize_params(math.prod(x.shape[1:]))
        return simplified_dropconnect(x, self.W, self.b, self.ratio, train, mask, use_batchwise_mask)
