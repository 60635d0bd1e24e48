"""Decorrelating penalty."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.functions.loss.cross_covariance import centred
from chainer.functions.math.matmul import matmul
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class DeCov(FunctionNode):
    """Node of :func:`decov`."""

    def __init__(self, reduce: str = "half_squared_sum") -> None:
        expect_reduce(reduce, ("half_squared_sum", "no"))
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("h",))
        (h_type,) = in_types
        type_check.expect(h_type.dtype.kind == "f", h_type.ndim == 2)

    def forward(self, inputs: Arrays) -> Arrays:
        (h,) = inputs
        self.retain_inputs((0,))
        h = h - h.mean(axis=0)
        covariance = h.T.dot(h)
        covariance *= 1 / len(h)
        backend.get_array_module(h).fill_diagonal(covariance, 0)
        if self.reduce == "no":
            return (covariance,)
        covariance *= covariance
        return (scaled_sum(covariance, 0.5),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        xp = backend.get_array_module(x.array)
        h = centred(x)
        is_off_diagonal = 1 - xp.eye(x.shape[1], dtype=x.dtype)
        gcov: Any = grad_outputs[0] * is_off_diagonal
        if self.reduce == "no":
            gcov = gcov + gcov.T
        else:
            gcov = 2 * gcov * matmul(h, h, transa=True) * (1 / len(x))
        return (matmul(h, gcov) * (1 / len(x)),)


def decov(h: VariableLike, reduce: str = "half_squared_sum") -> Variable:
    r"""Penalty on units that say the same: the covariances between different ones.

    With the mean :math:`\bar h` over the batch, the covariances are
    :math:`C_{ij} = \frac1B \sum_n (h_{ni} - \bar h_i)(h_{nj} - \bar h_j)` off the diagonal, which is zero,
    and the penalty is :math:`\frac12 \sum_{ij} C_{ij}^2`.

    Args:
        h: Hidden units. Shape ``(B, N)``, float.
        reduce: ``'half_squared_sum'``, or ``'no'`` for the covariances themselves.

    Returns:
        Variable of the dtype of ``h``: 0-d, or of shape ``(N, N)`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: ``h`` is not a matrix of a float dtype.

    References:
        Cogswell et al., *Reducing Overfitting in Deep Networks by Decorrelating Representations*, arXiv:1511.06068.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.decov(np.float32([[1, 0], [3, 4]]), reduce="no")
        variable([[0., 2.],
                  [2., 0.]])
    """
    return DeCov(reduce).apply((h,))[0]
