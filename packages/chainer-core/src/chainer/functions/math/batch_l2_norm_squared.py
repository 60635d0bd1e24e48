"""Squared L2 norms of the samples of a batch."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._axes import keep_axes
from chainer.functions.math._elementwise import WithGradientNode
from chainer.functions.math.sum import sum as sum_axes
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class BatchL2NormSquared(WithGradientNode):
    """Node of :func:`batch_l2_norm_squared`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim >= 2)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        return (backend.get_array_module(x).square(x).sum(axis=tuple(range(1, x.ndim))),)

    def gradient_node(self) -> FunctionNode:
        return BatchL2NormSquaredGrad()


class BatchL2NormSquaredGrad(FunctionNode):
    """Gradient of :func:`batch_l2_norm_squared`: ``2 * x``, each sample times its element of ``gy``."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        return (x * (2 * gy).reshape(-1, *[1] * (x.ndim - 1)),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        assert ggx is not None
        axes = tuple(range(1, x.ndim))
        return tuple(
            [2 * keep_axes(gy, x.shape, axes) * ggx if i == 0 else 2 * sum_axes(x * ggx, axes) for i in indexes]
        )


def batch_l2_norm_squared(x: VariableLike) -> Variable:
    r"""Squared L2 norm of each sample, :math:`y_b = \sum_i x_{b,i}^2`.

    Args:
        x: Variable or array of a float dtype. Shape ``(B, ...)``, of two axes or more.

    Returns:
        Variable of shape ``(B,)``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.batch_l2_norm_squared(np.array([[3, 4], [1, 1]], np.float32))
        variable([25.,  2.])
    """
    return BatchL2NormSquared().apply((x,))[0]
