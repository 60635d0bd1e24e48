"""Maxout layers."""

from __future__ import annotations

from typing import Any

from chainer.functions.activation.maxout import maxout
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Variable


class Maxout(Chain):
    r"""The largest of several affine maps, :math:`y_i = \max_j (W_{i j} \cdot x + b_{ij})`.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of outputs.
        pool_size: Number of affine maps of each output.
        initialW: Initial value of the weight. An array has shape ``(out_size, pool_size, in_size)``.
            :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of the bias; ``None`` for no bias. An array has shape ``(out_size, pool_size)``.

    Attributes:
        linear: The :class:`Linear` that computes all affine maps.

    References:
        Goodfellow et al., *Maxout Networks*, ICML 2013.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Maxout(3, 4, pool_size=2)(np.zeros((5, 3), np.float32)).shape
        (5, 4)
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        pool_size: int,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = 0,
    ) -> None:
        super().__init__()
        n_maps = out_size * pool_size
        self.out_size = out_size
        self.pool_size = pool_size
        initialW = _flatten_maps(initialW, n_maps)
        initial_bias = _flatten_maps(initial_bias, n_maps)
        with self.init_scope():
            self.linear = Linear(in_size, n_maps, initial_bias is None, initialW, initial_bias)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the layer.

        Args:
            x: Batch of inputs. Shape ``(B, in_size)``.

        Returns:
            Shape ``(B, out_size)``.
        """
        return maxout(self.linear(x), self.pool_size)


def _flatten_maps(initial: Any, n_maps: int) -> Any:
    """An initial value with the axes of outputs and of their maps made one, if it is an array of both."""
    if getattr(initial, "ndim", 0) >= 2:
        return initial.reshape(n_maps, *initial.shape[2:])
    return initial
