"""Group normalisation."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import initializers
from chainer._mixed16 import get_dtype
from chainer.functions.normalization.group_normalization import group_normalization
from chainer.link import Link
from chainer.links.normalization._initializer import with_dtype
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Parameter, Variable


class GroupNormalization(Link):
    """Normalises each element of a batch over groups of channels, then scales and shifts each channel.

    See :func:`chainer.functions.group_normalization` for the maths.

    Args:
        groups: Number of groups.
        size: Number of channels, or ``None`` to learn it from the first batch.
        eps: Added to the variance, for stability.
        initial_gamma: Initial scale; one by default.
        initial_beta: Initial shift; zero by default.

    Attributes:
        gamma: Scale. Shape ``(size,)``.
        beta: Shift. Shape ``(size,)``.

    References:
        Wu and He, *Group Normalization*, ECCV 2018.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.GroupNormalization(groups=2)(np.ones((1, 4, 3, 3), np.float32)).shape
        (1, 4, 3, 3)
    """

    gamma: Parameter
    beta: Parameter

    def __init__(
        self,
        groups: int,
        size: int | None = None,
        eps: float = 1e-5,
        initial_gamma: InitializerLike = None,
        initial_beta: InitializerLike = None,
    ) -> None:
        super().__init__()
        self.groups = groups
        self.eps = eps
        dtype: Any = get_dtype(None, map_mixed16=numpy.float32)
        with self.init_scope():
            self.gamma = Parameter(with_dtype(initializers.get_initializer(initial_gamma, 1), dtype))
            self.beta = Parameter(with_dtype(initializers.get_initializer(initial_beta, 0), dtype))
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, size: int) -> None:
        self.gamma.initialize((size,))
        self.beta.initialize((size,))

    def forward(self, x: VariableLike) -> Variable:
        """Normalises a batch.

        Args:
            x: Batch. Shape ``(B, C, ...)``.

        Returns:
            Shape and dtype of ``x``.
        """
        if self.gamma.array is None:
            self._initialize_params(x.shape[1])
        return group_normalization(x, self.groups, self.gamma, self.beta, self.eps)
