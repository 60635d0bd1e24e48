"""Cholesky decomposition."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.transpose import transpose
from chainer.functions.math.inv import inv
from chainer.functions.math.matmul import matmul
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Cholesky(FunctionNode):
    """Node of :func:`cholesky`."""

    label = "cholesky"

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a",))
        (a,) = in_types
        type_check.expect(a.dtype.kind == "f", a.ndim == 2)
        type_check.expect(a.shape[0] == a.shape[1])

    def forward(self, inputs: Arrays) -> Arrays:
        (a,) = inputs
        self.retain_outputs((0,))
        # LAPACK knows no float16.
        wide = a.astype(numpy.promote_types(a.dtype, numpy.float32), copy=False)
        return (backend.get_array_module(a).linalg.cholesky(wide).astype(a.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        assert gy is not None
        # Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527, equation 10: with phi the lower
        # triangle and half of the diagonal, L^-T phi(L^T gL) L^-1, made symmetric
        xp = backend.get_array_module(y.array)
        phi = xp.tri(len(y), dtype=y.dtype)
        phi[xp.arange(len(y)), xp.arange(len(y))] = 0.5
        y_inv = inv(y)
        gx = matmul(matmul(y_inv, matmul(y, gy, transa=True) * phi, transa=True), y_inv)
        return ((gx + transpose(gx)) * 0.5,)


def cholesky(a: VariableLike) -> Variable:
    r"""Cholesky decomposition of a symmetric positive definite matrix, :math:`A = L L^\top`.

    Args:
        a: Variable or array of a float dtype. Shape ``(N, N)``; only its lower triangle is read.

    Returns:
        Variable: the lower triangular matrix :math:`L`. The gradient that it hands back is symmetric.

    Raises:
        numpy.linalg.LinAlgError: The matrix is not positive definite.
        chainer.utils.type_check.InvalidType: It is not a square matrix of a float dtype.

    References:
        Murray, *Differentiation of the Cholesky decomposition*, arXiv:1602.07527.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cholesky(np.array([[4, 2], [2, 5]], np.float32))
        variable([[2., 0.],
                  [1., 2.]])
    """
    return Cholesky().apply((a,))[0]
