"""Cross-covariance penalty."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class CrossCovariance(FunctionNode):
    """Node of :func:`cross_covariance`."""

    def __init__(self, reduce: str = "half_squared_sum") -> None:
        expect_reduce(reduce, ("half_squared_sum", "no"))
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("y", "z"))
        y_type, z_type = in_types
        type_check.expect(
            y_type.dtype.kind == "f",
            y_type.dtype == z_type.dtype,
            y_type.ndim == 2,
            z_type.ndim == 2,
            y_type.shape[:1] == z_type.shape[:1],
        )

    def forward(self, inputs: Arrays) -> Arrays:
        y, z = inputs
        self.retain_inputs((0, 1))
        covariance = (y - y.mean(axis=0)).T.dot(z - z.mean(axis=0))
        covariance *= 1 / len(y)
        if self.reduce == "no":
            return (covariance,)
        covariance *= covariance
        return (scaled_sum(covariance, 0.5),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        y, z = [centred(x) for x in self.get_retained_inputs()]
        gcov: Any = grad_outputs[0]
        if self.reduce != "no":
            gcov = gcov * matmul(y, z, transa=True) * (1 / len(y))
        gcov = gcov * (1 / len(y))
        # The mean over the batch of these is zero already, so that centring has no gradient of its own.
        gy = matmul(z, gcov, transb=True) if 0 in indexes else None
        gz = matmul(y, gcov) if 1 in indexes else None
        return gy, gz


def centred(x: Variable) -> Variable:
    """Array minus its mean over the batch."""
    return x - _sum(x, axis=0, keepdims=True) * (1 / len(x))


def cross_covariance(y: VariableLike, z: VariableLike, reduce: str = "half_squared_sum") -> Variable:
    r"""Penalty on what two groups of units have in common: the covariances between the one and the other.

    With the means :math:`\bar y` and :math:`\bar z` over the batch, the covariances are
    :math:`C_{ij} = \frac1B \sum_n (y_{ni} - \bar y_i)(z_{nj} - \bar z_j)`, and the penalty is
    :math:`\frac12 \sum_{ij} C_{ij}^2`.

    Args:
        y: First group. Shape ``(B, M)``, float.
        z: Second group. Shape ``(B, N)``, the dtype of ``y``.
        reduce: ``'half_squared_sum'``, or ``'no'`` for the covariances themselves.

    Returns:
        Variable of the dtype of ``y``: 0-d, or of shape ``(M, N)`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Cheung et al., *Discovering Hidden Factors of Variation in Deep Networks*, arXiv:1412.6583.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cross_covariance(np.float32([[1], [3]]), np.float32([[0], [4]]))
        variable(2.)
    """
    return CrossCovariance(reduce).apply((y, z))[0]
