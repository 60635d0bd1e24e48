"""Inverses of matrices."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math.matmul import matmul
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Inv(FunctionNode):
    """Node of :func:`inv`."""

    _ndim = 2

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a",))
        (a,) = in_types
        type_check.expect(a.dtype.kind == "f", a.ndim == self._ndim)
        type_check.expect(a.shape[-1] == a.shape[-2])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_outputs((0,))
        return (_inverse(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        assert gy is not None
        # d(A^-1) = -A^-1 dA A^-1
        return (-matmul(matmul(y, gy, transa=True), y, transb=True),)


class BatchInv(Inv):
    """Node of :func:`batch_inv`."""

    _ndim = 3


def _inverse(a: NdArray) -> NdArray:
    xp = backend.get_array_module(a)
    # LAPACK knows no float16.
    wide = a.astype(numpy.promote_types(a.dtype, numpy.float32), copy=False)
    try:
        y = xp.linalg.inv(wide)
    except numpy.linalg.LinAlgError as error:
        raise ValueError(f"Input has singular matrices: a of shape {a.shape} cannot be inverted") from error
    return y.astype(a.dtype, copy=False)


def inv(a: VariableLike) -> Variable:
    """Inverse of a matrix.

    Args:
        a: Variable or array of a float dtype. Shape ``(N, N)``.

    Returns:
        Variable of that shape and dtype.

    Raises:
        ValueError: The matrix is singular.
        chainer.utils.type_check.InvalidType: It is not a square matrix of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.inv(np.array([[2, 0], [0, 4]], np.float32))
        variable([[0.5 , 0.  ],
                  [0.  , 0.25]])
    """
    return Inv().apply((a,))[0]


def batch_inv(a: VariableLike) -> Variable:
    """Inverses of the matrices of a batch.

    Args:
        a: Variable or array of a float dtype. Shape ``(B, N, N)``.

    Returns:
        Variable of that shape and dtype.

    Raises:
        ValueError: A matrix is singular.
        chainer.utils.type_check.InvalidType: They are not square matrices of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.batch_inv(np.array([[[2]], [[4]]], np.float32))
        variable([[[0.5 ]],
        <BLANKLINE>
                  [[0.25]]])
    """
    return BatchInv().apply((a,))[0]
