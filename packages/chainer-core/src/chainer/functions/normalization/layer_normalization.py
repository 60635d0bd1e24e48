"""Layer normalization."""

from __future__ import annotations

from typing import Any

from chainer.functions.normalization.group_normalization import GroupNormalization
from chainer.types import VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class LayerNormalization(GroupNormalization):
    """Node of :func:`layer_normalization`: :class:`GroupNormalization` with one group, of all units."""

    _kernel = "layer_norm"

    def __init__(self, eps: float = 1e-5) -> None:
        super().__init__(1, eps)

    def check_type_forward(self, in_types: Any) -> None:
        super().check_type_forward(in_types)
        type_check.expect(in_types[0].ndim == 2)


def layer_normalization(x: VariableLike, gamma: VariableLike, beta: VariableLike, eps: float = 1e-5) -> Variable:
    r"""Normalizes each element of a batch by the mean and variance of its units.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Args:
        x: Batch of vectors. Shape ``(B, N)``.
        gamma: Scale of each unit. Shape ``(N,)``.
        beta: Shift, of the shape and dtype of ``gamma``.
        eps: Added to the variance.

    Returns:
        Variable of the shape and dtype of ``x``. Statistics are computed in float32 at least.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.

    References:
        Ba, Kiros and Hinton, *Layer Normalization*, arXiv:1607.06450.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 3], [10, 30]], np.float32)
        >>> F.layer_normalization(x, np.ones(2, np.float32), np.zeros(2, np.float32)).array.round(3)
        array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)
    """
    return LayerNormalization(eps).apply((x, gamma, beta))[0]
